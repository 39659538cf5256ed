/** `doctor` and `config check --online`, at real servers. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { Finding } from '../../lib/doctor/finding.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { cli, jsonLines } from '../support/cli.js';
import { forgeKeytab, withoutKeys } from '../support/keytab.js';
import { PlainServer, type PlainServerOptions } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

describe('doctor', () => {
  let directory: TemporaryDirectory;

  before(() => {
    directory = new TemporaryDirectory();
    mkdirSync(directory.file('cache'));
  });
  after(() => {
    directory.remove();
  });

  interface Told {
    code: number | null;
    /** Of the target, by what was looked at. */
    target: Record<string, Finding>;
    /** Those that are failed or a warning, of everything. */
    bad: Record<string, string>;
  }

  /** `more` comes after the options for cache and target. */
  async function doctor(url: string, more: string[] = []): Promise<Told> {
    const given = ['--cache', directory.file('cache'), '--target', url, '--json', ...more];
    const env = withoutKeys(directory.path);
    const { code, stdout, stderr } = await cli(['doctor', ...given], { env, cwd: directory.path });
    assert.equal(stderr, '');
    const [only] = jsonLines(stdout) as { findings: Finding[] }[];
    const findings = only?.findings ?? [];
    const target = findings.filter(({ check }) => check.startsWith('target: '));
    for (const { result, advice } of findings) assert.equal(advice === undefined, result === 'ok');
    return {
      code,
      target: Object.fromEntries(target.map((each) => [each.check.slice('target: '.length), each])),
      bad: Object.fromEntries(
        target.flatMap(({ check, result }) => (result === 'ok' ? [] : [[check, result]])),
      ),
    };
  }

  async function plain(
    options: PlainServerOptions,
    use: (server: PlainServer) => Promise<void>,
  ): Promise<void> {
    const server = await PlainServer.start(options);
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  }

  it('finds a sandbox well, says a line each, and leaves nothing there', async () => {
    await using sandbox = await TapeSandbox.start({ evictAfterMigration: true });
    const { code, stdout } = await cli(
      ['doctor', '--cache', directory.file('cache'), '--target', sandbox.url],
      { env: withoutKeys(directory.path), cwd: directory.path },
    );
    assert.equal(code, 0, stdout);
    const checks = [
      ...['Node.js', 'addon', 'libXrdCl', 'configuration', 'credentials', 'time zone', 'systemd unit'],
      ...['owner', 'file system', 'links'].map((check) => `cache: ${check}`),
      ...['login', 'server', 'base path', 'checksums', 'kind', 'tape'].map((check) => `target: ${check}`),
      ...['write', 'clock', 'checksum', 'remove'].map((check) => `target: ${check}`),
    ];
    for (const check of checks) assert.match(stdout, new RegExp(`^(ok|warning) +${check}: +\\S`, 'm'));
    assert.match(stdout, /\n\d+ ok, \d+ warnings, 0 failed\n$/);
    assert.deepEqual(readdirSync(sandbox.diskPath('')), []);
  });

  it('counts what is on tape', async () => {
    await using sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
    mkdirSync(sandbox.diskPath('2026'));
    for (const name of ['2026/a', '2026/b', 'c']) writeFileSync(sandbox.diskPath(name), name);
    const before = await doctor(sandbox.url);
    assert.deepEqual([before.code, before.bad], [0, { 'target: tape': 'warning' }]);
    assert.match(before.target['tape']?.message ?? '', /^of 3 files that were looked at, 0 are on tape/);
    await sandbox.migrateAll();
    await sandbox.evict(['c']);
    const { bad, target } = await doctor(sandbox.url);
    assert.deepEqual(bad, {});
    assert.equal(target['tape']?.message, 'of 3 files that were looked at, 3 are on tape, 1 of them offline');
  });

  it('writes nothing with --no-probe, and asks nobody with --offline', async () => {
    await using sandbox = await TapeSandbox.start({});
    const { target } = await doctor(sandbox.url, ['--no-probe']);
    assert.deepEqual(Object.keys(target), ['login', 'server', 'base path', 'checksums', 'kind', 'tape']);
    assert.deepEqual(readdirSync(sandbox.diskPath('')), []);
    assert.deepEqual((await doctor('root://127.0.0.1:1//a', ['--offline'])).target, {});
  });

  it('says that nobody answers', async () => {
    const { code, bad, target } = await doctor('root://127.0.0.1:1//archive');
    assert.deepEqual([code, bad], [1, { 'target: login': 'failed' }]);
    assert.match(target['login']?.advice ?? '', /host and port in target_url/);
  });

  it('says that the keytab is of another server', async () => {
    await using sandbox = await TapeSandbox.start({ sss: true });
    const keytab = sandbox.keytab ?? '';
    assert.deepEqual((await doctor(sandbox.url, ['--keytab', keytab])).bad, {});
    const forged = forgeKeytab(keytab, directory.file('forged'));
    const { code, bad, target } = await doctor(sandbox.url, ['--keytab', forged]);
    assert.deepEqual([code, bad], [1, { 'target: login': 'failed' }]);
    assert.match(target['login']?.advice ?? '', /keytab_file_path.*both clocks/);
  });

  it('knows a base path that is not there, is a file, or is not exported', async () => {
    await plain({ exports: ['/data'], config: ['xrootd.chksum adler32'] }, async (server) => {
      server.mkdir('/data');
      server.write('/data/file', 'x');
      const missing = await doctor(server.urlOf('/data/missing'));
      assert.deepEqual([missing.code, missing.bad], [0, { 'target: base path': 'warning' }]);
      assert.ok(!existsSync(server.file('/data/missing')), 'the probe makes no base path');
      const file = await doctor(server.urlOf('/data/file'));
      assert.deepEqual([file.code, file.bad['target: base path']], [1, 'failed']);
      const other = await doctor(server.urlOf('/elsewhere'));
      assert.deepEqual([other.code, other.bad['target: base path']], [1, 'failed']);
      assert.match(other.target['base path']?.advice ?? '', /correct the path in target_url/);
    });
  });

  it('knows a server without checksums, whose files never come to tape', async () => {
    await plain({}, async (server) => {
      server.mkdir('/data');
      server.write('/data/file', 'x');
      const { code, bad } = await doctor(server.urlOf('/data'));
      const expected = {
        'target: checksums': 'warning',
        'target: tape': 'warning',
        'target: checksum': 'warning',
      };
      assert.deepEqual([code, bad], [0, expected]);
      assert.deepEqual(readdirSync(server.file('/data')), ['file']);
    });
  });

  it('knows a read-only export, and a directory in which it may not write', async () => {
    await plain({ exports: ['/ r/o'], config: ['xrootd.chksum adler32'] }, async (server) => {
      server.mkdir('/data');
      const { code, bad } = await doctor(server.urlOf('/data'));
      assert.deepEqual([code, bad], [1, { 'target: kind': 'failed', 'target: write': 'failed' }]);
    });
    await plain({ config: ['xrootd.chksum adler32'] }, async (server) => {
      server.mkdir('/data');
      chmodSync(server.file('/data'), 0o555);
      const { code, bad, target } = await doctor(server.urlOf('/data'));
      assert.deepEqual([code, bad], [1, { 'target: write': 'failed' }]);
      assert.match(target['write']?.advice ?? '', /ask the operators/);
    });
  });

  it('names the test file that it may not remove', async () => {
    await using sandbox = await TapeSandbox.start({ writeOnce: ['once'] });
    mkdirSync(sandbox.diskPath('once'));
    // The server runs as another user.
    chmodSync(sandbox.diskPath('once'), 0o777);
    const { code, bad, target } = await doctor(`${sandbox.url}/once`);
    assert.deepEqual([code, bad], [0, { 'target: remove': 'warning' }]);
    const [left = ''] = readdirSync(sandbox.diskPath('once'));
    assert.ok(target['remove']?.message.endsWith(`the test file stays: ${sandbox.url}/once/${left}`));
  });

  it('fails on a configuration with mistakes, and only warns without one', async () => {
    const cwd = directory.path;
    const file = directory.write(
      'config.yaml',
      'backup:\n  target_url: http://h/a\n  chache_directory: /x\n',
    );
    const wrong = await cli(['doctor', '--config', file], { cwd });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /^failed +configuration: .*config\.yaml:2: backup\.target_url: .*\n +→ /m);
    const none = await cli(['doctor'], { cwd });
    assert.equal(none.code, existsSync('/etc/xrootd-archive/config.yaml') ? none.code : 0);
    assert.equal((await cli(['doctor', '--prope'], { cwd })).code, 2);
  });

  it('config check --online does its part of the target', async () => {
    await using sandbox = await TapeSandbox.start({});
    const check = (url: string, ...more: string[]) =>
      cli(['config', 'check', '--online', '--target', url, ...more], { cwd: directory.path });
    const good = await check(sandbox.url);
    assert.equal(good.code, 0);
    assert.match(good.stdout, /^backup:\n[^]*\n# the target\nok +target: login: [^]*\nok +target: remove: /m);
    const [object] = jsonLines((await check(sandbox.url, '--json', '--no-probe')).stdout);
    assert.equal((object?.['findings'] as Finding[]).at(-1)?.check, 'target: tape');
    const bad = await check('root://127.0.0.1:1//a');
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /\nfailed +target: login: /);
  });
});
