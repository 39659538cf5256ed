import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../lib/config/errors.js';
import { loadConfig } from '../../lib/config/load.js';
import { resolveOptions } from '../../lib/config/validate.js';
import { withTemp } from '../support/temporary.js';

async function problemsOf(text: string | undefined, overrides = {}, cache?: boolean): Promise<string[]> {
  return withTemp(async (cwd) => {
    await mkdir(path.join(cwd, 'cache'));
    const file = path.join(cwd, 'conf.yaml');
    if (text !== undefined) await writeFile(file, text);
    try {
      await loadConfig(file, overrides, { cwd, defaultFiles: [], cache });
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
      return error.problems.map((one) =>
        `${one.line ?? '-'} ${one.key}: ${one.message}`.replaceAll(cwd, '.'),
      );
    }
  });
}

describe('the configuration file', () => {
  it('is read, with paths relative to itself', async () => {
    await withTemp(async (cwd) => {
      await mkdir(path.join(cwd, 'etc/cache'), { recursive: true });
      await writeFile(
        path.join(cwd, 'etc/conf.yaml'),
        'backup:\n  cache_directory: cache\n  target_url: root://h//b\n',
      );
      const { config, file } = await loadConfig('etc/conf.yaml', {}, { cwd });
      assert.equal(config.cacheDirectory, path.join(cwd, 'etc/cache'));
      assert.equal(file, path.join(cwd, 'etc/conf.yaml'));
    });
  });

  it('is found, overruled, and not needed', async () => {
    await withTemp(async (cwd) => {
      await mkdir(path.join(cwd, 'cache'));
      await writeFile(
        path.join(cwd, 'second.yaml'),
        'backup: {cache_directory: gone, target_url: "root://h//b", settle_seconds: 5}\n',
      );
      const where = { cwd, defaultFiles: ['first.yaml', './second.yaml'] };
      const { config } = await loadConfig(undefined, { cacheDirectory: 'cache', autoRemove: 'never' }, where);
      assert.equal(config.cacheDirectory, path.join(cwd, 'cache'));
      assert.equal(config.settleSeconds, 5);
      assert.equal(config.autoRemove, 'never');
      const bare = await loadConfig(
        undefined,
        { cacheDirectory: 'cache', targetUrl: 'root://h//c' },
        { cwd, defaultFiles: [] },
      );
      assert.equal(bare.file, undefined);
      assert.equal(bare.config.targetUrl, 'root://h//c');
      await assert.rejects(
        loadConfig(undefined, { cacheDirectory: 'cache' }, { cwd, defaultFiles: ['none.yaml'] }),
        /--config.*the target by --target; config init writes one \(.*none\.yaml/,
      );
    });
  });

  it('is not needed with a target alone, unless a cache is', async () => {
    await withTemp(async (cwd) => {
      const where = { cwd, defaultFiles: ['none.yaml'] };
      for (const cache of [undefined, false]) {
        const { config } = await loadConfig(undefined, { targetUrl: 'root://h//c' }, { ...where, cache });
        assert.equal(config.cacheDirectory, undefined);
      }
      await assert.rejects(
        loadConfig(undefined, { targetUrl: 'root://h//c' }, { ...where, cache: true }),
        /--config, or cache and target by --cache and --target; config init writes one \(/,
      );
    });
  });

  it('must name a cache, or one that is there, only where it is used', async () => {
    const bare = 'x: {}\nbackup:\n  target_url: root://h//b\n';
    const gone = `${bare}  cache_directory: nowhere\n`;
    assert.deepEqual(await problemsOf(bare), []);
    assert.deepEqual(await problemsOf(bare, {}, false), []);
    assert.deepEqual(await problemsOf(bare, {}, true), [
      '2 backup.cache_directory: is missing: it must be the path of the cache directory',
    ]);
    assert.deepEqual(await problemsOf(bare, { cacheDirectory: 'cache' }, true), []);
    for (const cache of [undefined, true])
      assert.deepEqual(await problemsOf(gone, {}, cache), [
        '4 backup.cache_directory: ./nowhere does not exist',
      ]);
    assert.deepEqual(await problemsOf(gone, {}, false), []);
    assert.match((await problemsOf(`${bare}  cache_directory: "a?b"\n`, {}, false)).join(), /"\?"/);
    const keytab = await problemsOf(`${gone}  keytab_file_path: none\n`, {}, false);
    assert.deepEqual(keytab, ['5 backup.keytab_file_path: ./none does not exist']);
  });

  it('may hold blocks of other programs', async () => {
    const text = 'app:\n  url: x\nusers: [a]\nbackup:\n  cache_directory: cache\n  target_url: root://h//b\n';
    assert.deepEqual(await problemsOf(text), []);
  });

  const bad: [string, string | undefined, string[]][] = [
    [
      'several, each with its line',
      'backup:\n  cache_directory: nowhere\n  target_url: http://h//b\n  settle_second: 3\n  mail:\n    host: h\n    from_adr: a@b\n    to_addrs: [a@b, c]\n',
      [
        '2 backup.cache_directory: ./nowhere does not exist',
        '3 backup.target_url: has the protocol http://, but only root, roots, xroot, xroots reach an XRootD server',
        '4 backup.settle_second: is not known; did you mean settle_seconds?',
        '5 backup.mail.from_addr: is missing: it must be a mail address',
        '7 backup.mail.from_adr: is not known; did you mean from_addr?',
        '8 backup.mail.to_addrs.1: "c" is not a mail address',
      ],
    ],
    [
      'a missing key',
      'x: {}\nbackup:\n  cache_directory: cache\n',
      ['2 backup.target_url: is missing: it must be a URL like root://server.example//base/path'],
    ],
    ['no block', 'other: {}\n', ['- backup: the file has no block "backup:"']],
    ['an empty file', '', ['- backup: the file must hold a block "backup:"']],
    [
      'a misspelt block',
      'bakup:\n  cache_directory: cache\n',
      ['1 bakup: is not known; did you mean backup?'],
    ],
    [
      'a key beside the block',
      'target_url: root://h//b\nbackup:\n  cache_directory: cache\n  target_url: root://h//b\n',
      ['1 target_url: belongs inside the block "backup:"'],
    ],
    ['a stray value', 'colour: red\nbackup:\n  cache_directory: cache\n  target_url: root://h//b\n', []],
    ['a missing file', undefined, ['- : the configuration file ./conf.yaml does not exist']],
  ];
  for (const [name, text, expected] of bad)
    it(`tells ${name}`, async () => {
      const found = await problemsOf(text);
      if (expected.length === 0) assert.deepEqual(found, ['1 colour: is not known']);
      else
        for (const line of expected)
          assert.ok(found.includes(line), `${line}\n  not in\n${found.join('\n')}`);
    });

  it('tells what is no YAML, and a key that stands twice', async () => {
    assert.match(
      (await problemsOf('backup:\n  cache_directory: "cache\n'))[0] ?? '',
      /^\d+ : not valid YAML: /,
    );
    assert.match(
      (await problemsOf('backup:\n  fsync: true\n  fsync: false\n'))[0] ?? '',
      /^3 : not valid YAML: .*unique/,
    );
  });

  it('names an overruled key as the command line does', async () => {
    const text = 'backup:\n  cache_directory: cache\n  target_url: root://h//b\n';
    assert.deepEqual(await problemsOf(text, { targetUrl: 'x' }), [
      '- target_url: must be a URL like root://server.example//base/path',
    ]);
  });
});

describe('a configuration that was checked', () => {
  it('is taken as it is, and can’t be changed; a copy is checked', async () => {
    await withTemp(async (cwd) => {
      const targetUrl = 'root://server//base';
      const { config } = await loadConfig(
        undefined,
        { targetUrl, http: { port: 0 } },
        { cwd, defaultFiles: [] },
      );
      assert.equal(resolveOptions(config), config);
      assert.equal(resolveOptions(resolveOptions({ targetUrl })).targetUrl, config.targetUrl);
      assert.throws(() => Object.assign(config, { settleSeconds: -1 }), TypeError);
      assert.throws(() => Object.assign(config.http ?? {}, { port: -1 }), TypeError);
      assert.throws(() => resolveOptions({ ...config, settleSeconds: -1 }), ConfigError);
    });
  });
});
