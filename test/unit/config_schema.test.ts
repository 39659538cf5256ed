import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { camelCase, renameKeys, snakeCase } from '../../lib/config/case.js';
import { ConfigError } from '../../lib/config/errors.js';
import { redact } from '../../lib/config/redact.js';
import { backupSchema, BACKUP_KEYS, INNER_KEYS, type ArchiveOptions } from '../../lib/config/schema.js';
import { nearestKeys } from '../../lib/config/nearest.js';
import { absolutePaths, requireCache, resolveOptions, validateBlock } from '../../lib/config/validate.js';

const innerKeys = Object.values(INNER_KEYS).flat();
const minimal = { target_url: 'root://host//base' };

function problem(more: Record<string, unknown>): string {
  const { problems } = validateBlock({ ...minimal, ...more });
  return problems.map(({ path: keys, message }) => `${keys.join('.')}: ${message}`).join(' | ');
}

describe('the options', () => {
  it('have defaults', () => {
    const { config } = validateBlock(minimal);
    assert.ok(config);
    assert.equal(config.autoRemove, 'backed_up');
    assert.equal(config.warningMarkPercent, 50);
    assert.equal(config.timezoneStr, 'Europe/London');
    assert.equal(config.verify, 'auto');
    assert.equal(config.keytabFilePath, undefined);
    assert.equal(config.cacheDirectory, undefined);
    assert.equal(config.stageDeadlineSeconds, 48 * 3600);
  });

  it('need a cache only where one is used', () => {
    assert.deepEqual(validateBlock(minimal).problems, []);
    const missing = 'is missing: it must be the path of the cache directory';
    const problem = { path: ['cache_directory'], message: missing };
    assert.deepEqual(validateBlock(minimal, true).problems, [problem]);
    assert.deepEqual(validateBlock({ ...minimal, cache_directory: null }, true).problems, [problem]);
    assert.deepEqual(
      validateBlock({}, true).problems.map((one) => one.path.join()),
      ['cache_directory', 'target_url'],
    );
    assert.deepEqual(validateBlock({ ...minimal, cache_directory: '/c' }, true).problems, []);
    assert.equal(requireCache(resolveOptions({ cacheDirectory: '/c', targetUrl: 'root://h//b' })), '/c');
    assert.throws(() => requireCache(resolveOptions({ targetUrl: 'root://h//b' })), {
      name: 'ConfigError',
      exitCode: 2,
      message: `cacheDirectory: ${missing} (cache_directory in a file)`,
    });
  });

  it('take a facility’s block as it is', () => {
    const { config, problems } = validateBlock({
      ...minimal,
      warning_mark_percent: 75.5,
      copy_cron_string: '0 3 * * *',
      timezone_str: 'Europe/London',
      worker_file_path: '/run/worker.pid',
      auto_remove: 'never',
      keytab_file_path: '/etc/sss.keytab',
      mail: {
        host: 'smtp.example',
        from_addr: 'Archive <archive@example.org>',
        to_addrs: ['a@example.org', 'b@example.org'],
      },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(config?.mail, {
      host: 'smtp.example',
      port: 25,
      fromAddr: 'Archive <archive@example.org>',
      toAddrs: ['a@example.org', 'b@example.org'],
      repeatAfter: '20h',
    });
  });

  it('take one mail address for a list, and a key without a value for none', () => {
    const mail = { host: 'smtp', from_addr: 'a@b', to_addrs: 'c@d' };
    assert.deepEqual(validateBlock({ ...minimal, mail }).config?.mail?.toAddrs, ['c@d']);
    assert.equal(validateBlock({ ...minimal, mail: null, keytab_file_path: null }).config?.mail, undefined);
  });

  it('have a schedule for audits and for drills', () => {
    const cron_string = '0 5 * * *';
    const { config } = validateBlock({ ...minimal, audit: { cron_string }, drill: { cron_string } });
    assert.deepEqual(config?.audit, { cronString: cron_string, samplePercent: 1 });
    assert.deepEqual(config.drill, { cronString: cron_string, files: 3 });
  });

  it('take one hold for a list, and a directory from where the file is', () => {
    const block = { ...minimal, retention: { online_directory: 'online', period: 'P3Y', hold: '2021' } };
    const { config } = validateBlock(absolutePaths(block, '/etc'));
    assert.deepEqual(config?.retention, {
      onlineDirectory: '/etc/online',
      period: 'P3Y',
      hold: ['2021'],
      confirmed: false,
    });
  });

  it('are the same once more: what was checked passes the check again', () => {
    const inner = {
      mail: { host: 'smtp', from_addr: 'a@b', to_addrs: 'c@d' },
      http: { port: 0 },
      retention: { online_directory: '/online', period: 'P3Y' },
    };
    for (const more of [
      {},
      inner,
      { ...inner, retention: { ...inner.retention, hold: [] } },
      everyDefault(),
    ]) {
      const once = resolveOptions(
        renameKeys({ ...minimal, cache_directory: '/c', ...more }, camelCase) as ArchiveOptions,
      );
      assert.deepEqual(resolveOptions(once), once);
      assert.deepEqual(validateBlock(renameKeys(once, snakeCase)).config, once);
    }
  });

  it('listen on loopback alone unless they say otherwise', () => {
    assert.equal(validateBlock(minimal).config?.http, undefined);
    const http = validateBlock({ ...minimal, http: { port: 9750 } }).config?.http;
    assert.deepEqual(http, { host: '127.0.0.1', port: 9750 });
  });

  it('take time zones by the names of places, and UTC', () => {
    for (const zone of ['Europe/London', 'America/Argentina/Buenos_Aires', 'UTC', 'GMT', 'Etc/GMT+3'])
      assert.equal(validateBlock({ ...minimal, timezone_str: zone }).config?.timezoneStr, zone);
  });

  it('take a rate as a number, or as people write it', () => {
    assert.equal(validateBlock(minimal).config?.maxRate, undefined);
    for (const [given, rate] of [
      [200_000_000, 2e8],
      ['200MB', 2e8],
      ['1.5 GB', 1.5e9],
      ['50MiB', 50 * 2 ** 20],
      ['100k', 1e5],
    ])
      assert.equal(validateBlock({ ...minimal, max_rate: given }).config?.maxRate, rate);
  });

  it('take paths and globs one or many, and durations as they are written', () => {
    const { config } = validateBlock({
      ...minimal,
      exclude: '**/*.tmp',
      include: ['a', 'b/*'],
      keep_local: ' 7d ',
    });
    assert.deepEqual(
      [config?.exclude, config?.include, config?.keepLocal],
      [['**/*.tmp'], ['a', 'b/*'], '7d'],
    );
    for (const max_age_warning of ['1min', '12h', '3 d', '2w', '6mo', '100y', 'P1Y2M3DT4H'])
      assert.equal(validateBlock({ ...minimal, max_age_warning }).config?.maxAgeWarning, max_age_warning);
  });

  const bad: [Record<string, unknown>, RegExp][] = [
    [{ target_url: undefined }, /^target_url: is missing: it must be a URL like root:/],
    [{ cache_directory: '' }, /empty/],
    [{ cache_directory: '/data/wh?t' }, /"\?"/],
    [{ target_url: 'http://host//base' }, /http:\/\/.*root, roots/],
    [{ auto_remove: 'always' }, /^auto_remove: must be one of never, cached, backed_up, not "always"$/],
    [{ warning_mark_percent: 101 }, /from 1 to 100 \(per cent\)/],
    [{ warning_mark_percent: '50' }, /a number from 1 to 100 \(per cent\), not "50"/],
    [{ parallel_copies: 0 }, /from 1 to 255/],
    [{ parallel_copies: 2.5 }, /whole number/],
    [{ parallel_copies: 256 }, /from 1 to 255/],
    [
      { parallel_copies: 'many' },
      /^parallel_copies: must be a whole number from 1 to 255 \(copies\), or auto, not "many"$/,
    ],
    [
      { copy_memory: 1000 },
      /^copy_memory: must be a number from 4194304 to 1099511627776 \(bytes\), or as 200MB, not 1000$/,
    ],
    [
      { max_rate: 10 },
      /^max_rate: must be a number from 100000 to \d+ \(bytes a second\), or as 200MB, not 10$/,
    ],
    [{ max_rate: '0' }, /from 100000 .*, not "0"$/],
    [{ max_rate: '200 Mbit' }, /as 200MB, not "200 Mbit"$/],
    [{ max_rate: '2TB' }, /from 100000 to 1000000000000 .*, not "2TB"$/],
    [{ max_rate: Number.NaN }, /^max_rate: must be a number .*, not NaN$/],
    [{ max_rate: true }, /^max_rate: must be a number .*, not true$/],
    [{ settle_seconds: -1 }, /from 0/],
    [{ keep_local: 7 }, /^keep_local: must be a duration from 1min to 100y \(12h, .*\), not 7$/],
    [{ keep_local: '7' }, /a duration .*, not "7"$/],
    [{ keep_local: '0d' }, /from 1min/],
    [{ max_age_warning: '101y' }, /to 100y/],
    [{ max_age_warning: '2026-03-01' }, /^max_age_warning: must be a duration/],
    [{ high_water_percent: 101, low_water_percent: 5 }, /^high_water_percent: .*from 0 to 100 \(per cent\)$/],
    [
      { high_water_percent: 80 },
      /^low_water_percent: is missing: it must be given beside high_water_percent$/,
    ],
    [
      { low_water_percent: 80 },
      /^high_water_percent: is missing: it must be given beside low_water_percent$/,
    ],
    [
      { high_water_percent: 80, low_water_percent: 80 },
      /^low_water_percent: must be lower than high_water_percent$/,
    ],
    [{ include: [] }, /^include: must name at least one path or glob$/],
    [{ include: 5 }, /^include: must be a path or a glob, or a list of them$/],
    [
      { exclude: '/data' },
      /^exclude: the path "\/data" is absolute; paths are relative to the target's base$/,
    ],
    [
      { exclude: ['a', 'b/../c'] },
      /^exclude\.1: the path "b\/\.\.\/c" has the component "\.\.": paths are relative to .* base, and stay in it$/,
    ],
    [
      { cache_directory: '/cache', metrics_textfile: '/cache/m/archive.prom' },
      /^metrics_textfile: lies in the cache, where it would be archived: name another directory$/,
    ],
    [{ stage_batch_files: 0 }, /^stage_batch_files: must be a whole number from 1 to 10000 \(files\)$/],
    [{ stage_max_bytes: -1 }, /from 0 to 1000000000000000 \(bytes\)/],
    [{ stage_poll_min_seconds: 0 }, /from 0\.1 to 3600 \(seconds\)/],
    [{ stage_deadline_seconds: 0 }, /from 1 to 2592000 \(seconds\)/],
    [{ stage_priority: 4 }, /^stage_priority: must be a whole number from 0 to 3 \(lowest to highest\)$/],
    [{ settle_seconds: Number.NaN }, /number/],
    [{ fsync: 'yes' }, /true or false, not "yes"/],
    [{ timezone_str: 'Europe/Lodon' }, /"Europe\/Lodon" is not a time zone/],
    // Of Bangladesh, of Arizona, of whichever: abbreviations are no names.
    ...['BST', 'bst', 'MST', 'IST', 'CET', '+01:00'].map((zone): [Record<string, unknown>, RegExp] => [
      { timezone_str: zone },
      /^timezone_str: ".*" is not a time zone like Europe\/London: abbreviations and offsets mean different zones/,
    ]),
    [{ copy_cron_string: '' }, /cron/],
    [{ copy_cron_string: 'nightly' }, /must be a cron schedule like "0 3 \* \* \*", not "nightly"/],
    [{ copy_cron_string: '0 25 * * *' }, /cron schedule/],
    [{ copy_cron_string: '0 0 30 2 *' }, /cron schedule/],
    [
      { mail: 'smtp.example' },
      /^mail: must be a block of keys \(host, port, from_addr, to_addrs, repeat_after\)$/,
    ],
    [{ http: true }, /^http: must be a block of keys \(host, port\)$/],
    [{ http: {} }, /^http\.port: is missing: it must be a whole number from 0 to 65535 \(port\)$/],
    [{ http: { port: 65536 } }, /^http\.port: must be a whole number from 0 to 65535/],
    [{ http: { prot: 1, port: 1 } }, /^http\.prot: is not known; did you mean port\?$/],
    [
      { mail: { host: 'h', from_addr: 'a@b', to_addrs: 'c@d', repeat_after: 'often' } },
      /^mail\.repeat_after: must be a duration from 1min to 100y .*, not "often"$/,
    ],
    [
      { mail: { host: 'h', from_addr: 'nobody', to_addrs: ['a@b'] } },
      /^mail\.from_addr: "nobody" is not a mail address$/,
    ],
    [
      { mail: { host: 'h', from_addr: 'a@b', to_addrs: ['a@b', 'c'] } },
      /^mail\.to_addrs\.1: "c" is not a mail address$/,
    ],
    [{ mail: { host: 'h', from_addr: 'a@b', to_addrs: [] } }, /mail\.to_addrs: must name at least one/],
    [
      { mail: { host: 'h', from_addr: 'a@b', to_addrs: 5 } },
      /mail\.to_addrs: must be a mail address or a list/,
    ],
    [{ mail: { host: 'h', from_addr: 'a@b' } }, /mail\.to_addrs: is missing/],
    [
      { mail: { host: 'h', from_adr: 'a@b', to_addrs: ['a@b'] } },
      /mail\.from_adr: is not known; did you mean from_addr\?/,
    ],
    [{ retention: 'P3Y' }, /^retention: must be a block of keys \(online_directory, online_url, period, /],
    [{ retention: { period: 'P3Y' } }, /^retention: must name either online_directory or online_url$/],
    [
      { retention: { period: 'P3Y', online_directory: '/o', online_url: 'root://h//o' } },
      /^retention: must name either/,
    ],
    [
      { retention: { online_directory: '/o' } },
      /^retention\.period: is missing: it must be a duration from 1d to 100y/,
    ],
    [{ retention: { online_directory: '/o', period: '3 years' } }, /^retention\.period: .*not "3 years"$/],
    [{ retention: { online_directory: '/o', period: 'PT23H' } }, /^retention\.period: .*from 1d to 100y/],
    [{ retention: { online_directory: '/o', period: 'P0D' } }, /^retention\.period: .*from 1d to 100y/],
    [{ retention: { online_directory: '/o', period: '2023-01-01' } }, /^retention\.period: /],
    [{ retention: { online_directory: '/o', period: 'P99999Y' } }, /^retention\.period: .*not "P99999Y"$/],
    [
      { retention: { online_directory: '/o', period: 'P3Y', holds: [] } },
      /^retention\.holds: is not known; did you mean hold\?$/,
    ],
    [
      { retention: { online_directory: '/o', period: 'P3Y', hold: [''] } },
      /^retention\.hold\.0: must be a path or a glob, not an empty text$/,
    ],
    [
      { retention: { online_directory: '/o', period: 'P3Y', hold: { a: 1 } } },
      /^retention\.hold: must be a path or a glob, or a list of them$/,
    ],
    [{ audit: {} }, /^audit\.cron_string: is missing: it must be a cron schedule/],
    [{ audit: '0 5 * * *' }, /^audit: must be a block of keys \(cron_string, sample_percent\)$/],
    [
      { audit: { cron_string: '0 5 * * *', sample_percent: 0 } },
      /^audit\.sample_percent: must be a number from 0\.01 to 100 \(per cent\)$/,
    ],
    [
      { catalogue: false, audit: { cron_string: '0 5 * * *' } },
      /^audit: compares with the catalogue, which "catalogue: false" turns off$/,
    ],
    [{ drill: { cron_string: 'sundays' } }, /^drill\.cron_string: must be a cron schedule/],
    [
      { drill: { cron_string: '0 6 * * 0', files: 0 } },
      /^drill\.files: must be a whole number from 1 to 10000 \(files\)$/,
    ],
    [{ auto_remvoe: 'never' }, /^auto_remvoe: is not known; did you mean auto_remove\?$/],
    [{ checksum_type: 'sha1' }, /adler32, crc32c, md5, crc32/],
    [{ target_opaque: '' }, /^target_opaque: is empty/],
    [{ target_opaque: '?eos.app=x' }, /contains "\?": give only what stands behind/],
    [{ target_opaque: 'a=b c' }, /contains a blank/],
    [{ target_opaque: 'a=b\nc=d' }, /a control character/],
    [{ target_opaque: 'a=\u00e9' }, /a letter beyond ASCII/],
    [{ target_opaque: 'a=b&&c=d' }, /must be name=value/],
    [{ target_opaque: 'flag' }, /must be name=value/],
    [{ target_opaque: 'a=b&a=c' }, /has a twice/],
    [{ target_opaque: 'xrd.gsiusrpxy=/p' }, /use gsi_proxy_path/],
    [{ target_opaque: 'a=b&xrdcl.intent=x' }, /has xrdcl\.intent: libXrdCl takes/],
    [{ target_opaque: 'cks.type=md5' }, /has cks\.type/],
    [{ target_opaque: 'tpc.key=1' }, /has tpc\.key/],
    [{ target_opaque: 'x'.repeat(20_000) }, /longer than 16384/],
    [{ target_opaque: 5 }, /^target_opaque: must be opaque information/],
    [{ keytab_file_path: '/k', gsi_proxy_path: '/p' }, /^gsi_proxy_path: can't be given beside keytab/],
    [{ gsi_proxy_path: '/p', token_file_path: '/t' }, /^token_file_path: can't be given beside gsi_proxy/],
    [{ gsi_proxy_path: '/p&q' }, /contains "&" or a blank/],
    [
      { token_file_path: '/t', token_use: 'both', target_opaque: 'a=b&authz=c' },
      /authz, which token_file_path/,
    ],
    [
      { retention: { period: 'P1Y', online_directory: '/o', online_opaque: 'a=b' } },
      /retention\.online_opaque: must be given beside online_url/,
    ],
    [{ token_use: 'often' }, /login, requests, both/],
  ];
  for (const [more, message] of bad)
    it(`refuses ${JSON.stringify(more)}`, () => {
      assert.match(problem(more), message);
    });

  it('never repeats opaque information', () => {
    for (const value of [
      'authz=hunter2&',
      'authz=hunter2 ',
      '?authz=hunter2',
      'hunter2',
      'authz=hunter2&xrd.x=hunter2',
    ])
      assert.doesNotMatch(problem({ target_opaque: value }), /hunter2/);
    for (const [value, told] of [
      ['eos.app=a&authz=Bearer%20ey.J-_~=/:,+', 'eos.app=***&authz=***'],
      ['a=', 'a=***'],
    ] as const) {
      const { config } = validateBlock({ ...minimal, target_opaque: value });
      assert.equal(config?.targetOpaque, value);
      assert.equal((redact(config) as { targetOpaque: string }).targetOpaque, told);
    }
  });

  it('take a token for requests beside another login', () => {
    const { config } = validateBlock({
      ...{ ...minimal, keytab_file_path: '/k', token_file_path: '/t', token_use: 'requests' },
    });
    assert.equal(config?.tokenUse, 'requests');
  });

  it('tells everything that is wrong at once', () => {
    const { problems } = validateBlock({ target_url: 'x', auto_remove: 1, fsnyc: true, mail: { hots: 'h' } });
    const keys = problems.map((one) => one.path.join('.')).sort();
    assert.deepEqual(keys, [
      'auto_remove',
      'fsnyc',
      'mail.from_addr',
      'mail.host',
      'mail.hots',
      'mail.to_addrs',
      'target_url',
    ]);
  });

  it('are the same in TypeScript, in camelCase', () => {
    const config = resolveOptions({ cacheDirectory: 'cache', targetUrl: 'ROOT://host/base/' });
    assert.equal(config.cacheDirectory, path.resolve('cache'));
    assert.equal(config.targetUrl, 'root://host//base');
    assert.throws(
      () =>
        resolveOptions({
          cacheDirectory: '/c',
          targetUrl: 'root://h//b',
          settleSecond: 1,
          auto_remove: 'never',
        } as ArchiveOptions),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.exitCode, 2);
        const texts = error.problems.map((one) => `${one.key}: ${one.message}`);
        assert.ok(texts.includes('settleSecond: is not known; did you mean settleSeconds?'), texts.join());
        assert.ok(texts.includes('auto_remove: is not known; did you mean autoRemove?'), texts.join());
        return true;
      },
    );
  });

  it('name the nearest key, or those that have the word, and none that is far away', () => {
    const near: [string, string[]][] = [
      ['cachedirectory', ['cache_directory']],
      ['Target_URL', ['target_url']],
      ['setle_secnds', ['settle_seconds']],
      ['cachedir', ['cache_directory']],
      ['cache', ['cache_directory', 'cache_mount_point']],
      ['keytab', ['keytab_file_path']],
      ['cron', ['copy_cron_string']],
      ['log', ['log_level', 'log_format']],
      ['mial', ['mail']],
      ['colour', []],
      ['username', []],
      ['x', []],
    ];
    for (const [key, expected] of near) assert.deepEqual(nearestKeys(key, BACKUP_KEYS), expected, key);
    assert.deepEqual(nearestKeys('log', ['logLevel', 'logFormat', 'maxRate']), ['logLevel', 'logFormat']);
    assert.equal(problem({ log: 'info' }), 'log: is not known; did you mean log_level or log_format?');
  });

  it('change between the two cases without loss', () => {
    for (const key of [...BACKUP_KEYS, ...innerKeys]) {
      assert.equal(snakeCase(camelCase(key)), key);
      assert.match(key, /^[a-z0-9]+(_[a-z0-9]+)*$/);
    }
  });

  it('stand in docs/configuration.md, each with its default and its range', () => {
    const docs = readFileSync(path.join(repository(), 'docs/configuration.md'), 'utf8');
    const row = (key: string): string => new RegExp(`^\\| \`${key}\` +\\|.*$`, 'm').exec(docs)?.[0] ?? '';
    for (const key of innerKeys) assert.notEqual(row(key), '', key);
    const defaults = validateBlock(minimal).config as unknown as Record<string, unknown>;
    for (const key of BACKUP_KEYS) {
      const line = row(key);
      assert.notEqual(line, '', `${key} is missing`);
      const value = defaults[camelCase(key)];
      const required = key in minimal;
      const expected = required
        ? 'required'
        : value === undefined
          ? 'none'
          : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
      assert.equal(line.split('|')[3]?.trim(), expected, key);
      const range = /from (\S+) to (\S+)/.exec(rangeMessage(key));
      if (range !== null) assert.ok(line.includes(`${range[1]} to ${range[2]}.`), `${key}: ${range[0]}`);
      const choice = /must be one of ([^"]*), not/.exec(rangeMessage(key));
      for (const word of choice?.[1]?.split(', ') ?? [])
        assert.ok(line.includes(`\`${word}\``), `${key}: ${word}`);
    }
    const documented = [...docs.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1] ?? '');
    for (const key of documented)
      assert.ok([...BACKUP_KEYS, ...innerKeys].includes(key), `${key} is only in the docs`);
  });
});

/** All that docs/configuration.md calls a default, written out; `none` for a list is the empty one. */
function everyDefault(): Record<string, unknown> {
  const docs = readFileSync(path.join(repository(), 'docs/configuration.md'), 'utf8');
  const defaults = (part: string): Record<string, unknown> =>
    Object.fromEntries(
      [...part.matchAll(/^\| `(\w+)` +\| [^|]*\| `([^`|]*)` +\|/gm)].map(([, key = '', text = '']) => [
        key,
        parse(text) as unknown,
      ]),
    );
  const part = (block: string): string => {
    const [, rest = ''] = docs.split(new RegExp(`^In \`${block}:\`$`, 'm'));
    assert.notEqual(rest, '', block);
    return rest.split(/^(?:In `|## )/m)[0] ?? '';
  };
  const outer = defaults(docs.split(/^In `/m)[0] ?? '');
  assert.ok(Object.keys(outer).length > 20);
  return {
    ...outer,
    mail: { host: 'h', from_addr: 'a@b', to_addrs: 'c@d', ...defaults(part('mail')) },
    http: { port: 0, ...defaults(part('http')) },
    retention: { online_directory: '/o', period: 'P3Y', hold: [], ...defaults(part('retention')) },
    audit: { cron_string: '0 5 * * *', ...defaults(part('audit')) },
    drill: { cron_string: '0 6 * * 0', ...defaults(part('drill')) },
  };
}

/** What the schema itself says about a value that can't be right. */
function rangeMessage(key: string): string {
  const field = (
    backupSchema.shape as Record<string, { safeParse(value: unknown): { error?: { message: string } } }>
  )[key];
  return field?.safeParse([]).error?.message ?? '';
}

function repository(): string {
  let directory = import.meta.dirname;
  while (!existsSync(path.join(directory, 'docs/configuration.md'))) {
    const parent = path.dirname(directory);
    assert.notEqual(parent, directory, 'docs/configuration.md is not above the test');
    directory = parent;
  }
  return directory;
}
