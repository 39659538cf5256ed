/** Findings of the doctor that need no server. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { resolveOptions, type ArchiveOptions } from '../../lib/config/index.js';
import { parseKeytab } from '../../lib/config/keytab.js';
import { checkCache } from '../../lib/doctor/cache.js';
import { checkCredentials } from '../../lib/doctor/credentials.js';
import type { Finding } from '../../lib/doctor/finding.js';
import { clock } from '../../lib/doctor/probe.js';
import { checkLibrary, checkNode } from '../../lib/doctor/program.js';
import { checkTimeZone } from '../../lib/doctor/schedule.js';
import { checkUnit } from '../../lib/doctor/unit.js';
import { TemporaryDirectory } from '../support/temporary.js';

const now = Date.parse('2026-11-26T20:00:00Z');
const key = '0 u:anybody g:usrgroup n:archive N:7712566481023664129 c:1795721818 e:0 f:0 k:0123456789abcdef';
const configOf = (options: Partial<ArchiveOptions>) =>
  resolveOptions({ targetUrl: 'root://h//a', ...options });
const results = (findings: readonly Finding[]) => findings.map(({ check, result }) => `${check}: ${result}`);

describe('a keytab', () => {
  const told = (text: string) => {
    const parsed = parseKeytab(text, now);
    return typeof parsed === 'string' ? parsed : parsed.keys.join();
  };

  it('has keys, some of which may have ended', () => {
    const ended = key.replace('e:0', 'e:1000').replace('n:archive', 'n:old');
    assert.equal(told(`${key}\n\n${ended}\n`), 'archive');
    assert.equal(told(ended), 'has only keys that have ended');
    assert.deepEqual(parseKeytab(key.replace('e:0', 'e:2000000000'), now), { keys: ['archive'], ends: 2e12 });
  });

  it('is not just any text, and no message repeats what stands in it', () => {
    assert.equal(told('\n'), 'has no key');
    assert.equal(told('my secret'), 'line 1 is no key of an SSS keytab');
    assert.equal(told(`${key}\n0 n:archive`), 'line 2 has no "u:", which each key of an SSS keytab has');
    assert.equal(told(key.replace(/k:.*/, 'k:secret')), 'line 1 has a key that is not hexadecimal');
  });
});

describe('the doctor', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.remove();
  });

  it('tells an old Node.js, and another generation of libXrdCl', () => {
    assert.equal(checkNode('20.20.2', undefined).result, 'ok');
    assert.match(checkNode('18.0.0', 'it is too old').advice ?? '', /nodejs\.org/);
    const library = (version: string | undefined) => checkLibrary('v5.5.3', { file: '/l.so', version });
    assert.deepEqual([library('v5.8.1').result, library(undefined).result], ['ok', 'ok']);
    assert.equal(checkLibrary('v5.5.3', undefined).result, 'ok');
    assert.match(library('v6.2.0').advice ?? '', /--build-from-source/);
  });

  it('looks at the cache', async () => {
    const cacheDirectory = directory.file('cache');
    assert.deepEqual(results(await checkCache(configOf({}))), ['cache: warning']);
    assert.deepEqual(results(await checkCache(configOf({ cacheDirectory }))), ['cache: failed']);
    mkdirSync(cacheDirectory, { mode: 0o755 });
    const config = configOf({ cacheDirectory, warningMarkPercent: 100 });
    const good = ['cache: owner: ok', 'cache: file system: ok', 'cache: links: ok'];
    // Of a memory file system it warns.
    const results3 = (findings: readonly Finding[]) =>
      results(
        findings.map((each) => ({
          ...each,
          ...(each.message.startsWith('tmpfs') && { result: 'ok' as const }),
        })),
      );
    assert.deepEqual(results3(await checkCache(config)), good);
    symlinkSync('/etc', join(cacheDirectory, 'link'));
    chmodSync(cacheDirectory, 0o777);
    const [owner, , links] = await checkCache(config);
    assert.match(owner?.message ?? '', /everybody may write to it$/);
    assert.match(links?.message ?? '', /^1 links or devices .*: "link"$/);
    const link = directory.file('cache-link');
    symlinkSync(cacheDirectory, link);
    const [named] = await checkCache(configOf({ cacheDirectory: link }));
    assert.ok(named?.message.includes(`${link} (a link to ${cacheDirectory})`));
    const mark = (await checkCache(configOf({ cacheDirectory, warningMarkPercent: 1 })))[1];
    assert.equal(mark?.result, 'warning');
  });

  it('looks into the keytab', async () => {
    const keytabFilePath = directory.write('keytab', key);
    chmodSync(keytabFilePath, 0o600);
    const look = async () => (await checkCredentials(configOf({ keytabFilePath }), now))[0];
    assert.deepEqual(await look(), { check: 'keytab', result: 'ok', message: `${keytabFilePath}: archive` });
    writeFileSync(keytabFilePath, key.replace('e:0', `e:${now / 1000 + 3600}`));
    assert.match((await look())?.message ?? '', /archive, until 2026-11-26T21:00:00/);
    writeFileSync(keytabFilePath, 'junk');
    assert.equal((await look())?.result, 'failed');
    chmodSync(keytabFilePath, 0o644);
    assert.match((await look())?.message ?? '', /chmod 600/);
    assert.match((await checkCredentials(configOf({}), now))[0]?.message ?? '', /^none are configured/);
  });

  it('tells the time of the zone and of the next pass', () => {
    const zone = (options: Partial<ArchiveOptions>) => checkTimeZone(configOf(options), now).message;
    assert.match(
      zone({ timezoneStr: 'Asia/Tokyo' }),
      /^Asia\/Tokyo, where it is 2026-11-27 05:00; no copy_cron_string/,
    );
    assert.match(
      zone({ copyCronString: '0 3 * * *' }),
      /"0 3 \* \* \*" begins the next pass at 2026-11-27 03:00$/,
    );
  });

  it("compares the server's clock with ours", () => {
    const at = (mtime: number) => clock({ mtime: new Date(mtime) }, now, now + 1500);
    for (const same of [now - 999, now, now + 1500])
      assert.equal(at(same).message, "the server's clock agrees with ours");
    assert.deepEqual([at(now + 5000).result, at(now - 5000).result], ['ok', 'ok']);
    assert.match(at(now + 61_500).message, /60 s ahead of ours/);
    assert.match(at(now - 60_999).message, /60 s behind ours/);
    assert.equal(at(now - 60_999).result, 'warning');
  });

  describe('on the systemd unit', () => {
    const us = userInfo().username;
    const unit = (lines: string[]) =>
      directory.write('xrootd-archive.service', ['[Service]', ...lines, ''].join('\n'));
    const look = async (options: Partial<ArchiveOptions>, file = '/etc/xrootd-archive/config.yaml') => {
      const found = await checkUnit({ config: configOf(options), file }, [directory.path]);
      return found.filter(({ check }) => check === 'systemd unit');
    };
    const good = [
      `ExecStart=${process.execPath} run --config /etc/xrootd-archive/config.yaml`,
      ...[`User=${us}`, 'ProtectSystem=strict', 'ReadWritePaths=/data/cache -/data/catalogue'],
      'RuntimeDirectory=xrootd-archive',
    ];

    it('says that there is none', async () => {
      assert.match((await look({}))[0]?.message ?? '', /is not installed; only the service needs it$/);
    });

    it('takes one that fits', async () => {
      const file = unit(good);
      const config = {
        ...{ cacheDirectory: '/data/cache/ingest', cataloguePath: '/data/catalogue/c.db' },
        workerFilePath: '/run/xrootd-archive/pass.lock',
      };
      assert.deepEqual(await look(config), [{ check: 'systemd unit', result: 'ok', message: file }]);
    });

    it('names a command that is not there, another file, and places that it may not write to', async () => {
      unit([
        'ExecStart=/nowhere/xrootd-archive run -c /etc/other.yaml',
        `User=${us}`,
        'ProtectSystem=strict',
      ]);
      const found = await look({ cacheDirectory: '/data/cache' });
      assert.deepEqual(
        found.map(({ message }) => message),
        [
          'ExecStart names /nowhere/xrootd-archive, which is not there',
          'the service reads /etc/other.yaml, and this looked at /etc/xrootd-archive/config.yaml',
          'the service may not write to /data/cache (cache_directory)',
        ],
      );
    });

    it('heeds drop-ins, a missing user, and whose the keytab is', async () => {
      unit(good);
      mkdirSync(directory.file('xrootd-archive.service.d'));
      directory.write(
        'xrootd-archive.service.d/cache.conf',
        '[Service]\nReadWritePaths=\nReadWritePaths=/other\n',
      );
      assert.match(
        (await look({ cacheDirectory: '/data/cache' }))[0]?.message ?? '',
        /may not write to \/data\/cache/,
      );
      unit([...good.slice(0, 1), 'User=nobody-of-this-name']);
      assert.match((await look({}))[0]?.message ?? '', /not in \/etc\/passwd/);
      unit([...good.slice(0, 1), 'User=daemon']);
      const keytabFilePath = directory.write('keytab', key);
      assert.match((await look({ keytabFilePath }))[0]?.message ?? '', /and the service runs as daemon$/);
      unit(good.slice(0, 1));
      assert.match((await look({}))[0]?.message ?? '', /runs as root$/);
    });
  });
});
