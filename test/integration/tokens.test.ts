import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Archive, type ArchiveOptions } from '../../lib/index.js';
import { collect, counts, keepingLogger } from '../support/archive.js';
import { Authority } from '../support/certificates.js';
import { cli, jsonLines } from '../support/cli.js';
import { withoutKeys } from '../support/keytab.js';
import { PlainServer } from '../support/plain_server.js';
import { writeRecord } from '../support/records.js';
import { Issuer, pluginDirectory } from '../support/sci_tokens.js';

const nobody = 65_534;
const passes = fileURLToPath(new URL('./children/passes_of.js', import.meta.url));
const small = 1000;
const large = 2_000_000;

/** Servers that let nobody do anything without a token: Debian's xrootd with the SciTokens plug-in, over TLS. */
describe('tokens', function () {
  const issuer = new Issuer();
  let directory: string;
  let authority: Authority;
  /** Asks for the token when a connection logs in, and looks at it again at each request. */
  let ztn: PlainServer;
  /** Lets everybody in, and asks for it with each request. */
  let authz: PlainServer;
  let caches = 0;
  const file = (name: string) => join(directory, name);

  before(async function () {
    const plugins = pluginDirectory();
    if (plugins === undefined) this.skip();
    directory = mkdtempSync(join(tmpdir(), 'tokens-'));
    chmodSync(directory, 0o755);
    authority = new Authority(directory);
    const host = authority.host();
    const { config, env } = issuer.server(directory, plugins);
    if (process.getuid?.() === 0) {
      chownSync(host.key, nobody, nobody);
      execFileSync('chown', ['-R', String(nobody), env['XDG_CACHE_HOME'] ?? '']);
    }
    const all = [
      ...[...config, 'xrootd.chksum max 2 adler32', 'xrootd.tls capable all'],
      ...[`xrd.tls ${host.certificate} ${host.key}`, `xrd.tlsca certdir ${authority.directory}`],
    ];
    const login = ['xrootd.seclib libXrdSec.so', 'sec.protocol ztn', 'sec.protbind * only ztn'];
    ztn = await PlainServer.start({ env, config: [...all, ...login] });
    authz = await PlainServer.start({ env, config: all });
    process.env['X509_CERT_DIR'] = authority.directory;
  });
  after(async () => {
    await (ztn as PlainServer | undefined)?.stop();
    await (authz as PlainServer | undefined)?.stop();
    if (caches > 0) rmSync(directory, { recursive: true });
  });

  function target({ url }: PlainServer, base: string): string {
    // Certificates are for names.
    return `${url.replace('127.0.0.1', 'localhost').replace('root:', 'roots:')}//${base}`;
  }

  function put(name: string, token: string): string {
    writeFileSync(file(`${name}.new`), `${token}\n`, { mode: 0o600 });
    renameSync(file(`${name}.new`), file(name));
    return token;
  }

  /** With a cache of its own, with a small and a large record. */
  async function optionsOf(server: PlainServer, more: Partial<ArchiveOptions>): Promise<ArchiveOptions> {
    const number = (caches += 1);
    const cacheDirectory = file(`cache${number}`);
    await writeRecord(cacheDirectory, `small${number}`, small);
    await writeRecord(cacheDirectory, `large${number}`, large);
    const targetUrl = target(server, `base${number}`);
    return { cacheDirectory, targetUrl, settleSeconds: 0, autoRemove: 'never', ...more };
  }

  async function inOneProcess(list: ArchiveOptions[], more: Record<string, string> = {}) {
    const env = {
      ...withoutKeys(directory),
      X509_CERT_DIR: authority.directory,
      XRD_LOGLEVEL: 'Dump',
      ...more,
    };
    const { code, stdout, stderr } = await cli([JSON.stringify(list)], { file: passes, env });
    assert.equal(code, 0, stderr);
    return { ended: jsonLines(stdout), output: stdout + stderr };
  }

  const done = { copied: 2, kept: 0, failed: 0, codes: [] };

  for (const use of ['login', 'requests', 'both'] as const)
    it(`opens a server that needs it: ${use}`, async () => {
      const token = put(`${use}.token`, issuer.token(`of-${use}`, 600));
      const server = use === 'requests' ? authz : ztn;
      const options = await optionsOf(server, { tokenFilePath: file(`${use}.token`), tokenUse: use });
      const { ended, output } = await inOneProcess([options]);
      assert.deepEqual(ended, [done]);
      assert.match(server.log, new RegExp(`subject=of-${use}`));
      if (use !== 'requests') assert.match(server.log, new RegExp(`login as of-${use}`));
      assert.ok(!output.includes(token.slice(0, 40)));
      // Without it nothing is allowed.
      const { ended: without } = await inOneProcess([await optionsOf(server, {})]);
      assert.match(String(without[0]?.['code'] ?? without[0]?.['codes']), /AuthFailed|NotAuthorized/);
    });

  it('is shown with each request of each job', async () => {
    put('jobs.token', issuer.token('jobs', 600));
    const options = await optionsOf(authz, { tokenFilePath: file('jobs.token'), tokenUse: 'requests' });
    const archive = new Archive(options, { logger: keepingLogger().logger });
    assert.deepEqual(counts(await archive.backup()), { scanned: 2, copied: 2 });
    assert.equal((await archive.verify()).failed, 0);
    assert.equal((await collect(archive.status())).length, 2);
    assert.equal((await collect(archive.ls())).length, 2);
    assert.deepEqual(counts(await archive.restore(['.'], { to: file('restored') })), {
      scanned: 2,
      copied: 2,
    });
    assert.deepEqual(counts(await archive.stage(['.'], { wait: true })), { scanned: 2, kept: 2 });
    const removing = new Archive({ ...options, autoRemove: 'cached' }, { logger: keepingLogger().logger });
    assert.deepEqual(counts(await removing.backup()), { scanned: 2, removed: 2 });
    assert.doesNotMatch(authz.log, /permission denied.*base-of-jobs/);
  });

  for (const use of ['login', 'requests'] as const)
    it(`a renewed one counts, also for connections that are there: ${use}`, async () => {
      const server = use === 'requests' ? authz : ztn;
      const name = `renewed-${use}.token`;
      put(name, issuer.token(`first-${use}`, 600));
      const options = await optionsOf(server, { tokenFilePath: file(name), tokenUse: use });
      const archive = new Archive(options, { logger: keepingLogger().logger });
      assert.deepEqual(counts(await archive.backup()), { scanned: 2, copied: 2 });
      const shown = (subject: string) =>
        [...server.log.matchAll(/mapped_username=([\w-]+)/g)].at(-1)?.[1] === `${subject}-${use}`;
      assert.ok(shown('first'));
      put(name, issuer.token(`second-${use}`, 600));
      // The same archive, whose connections are there. The file is looked at every second.
      for (let i = 0; !shown('second'); i += 1) {
        await writeRecord(options.cacheDirectory ?? '', `b${i}`, i % 2 === 0 ? small : large);
        assert.equal((await archive.backup()).copied, 1);
      }
      // An expired one doesn't, as soon as it is seen.
      put(name, issuer.token(`third-${use}`, -60));
      let code: string | undefined;
      for (let i = 0; code === undefined; i += 1) {
        await writeRecord(options.cacheDirectory ?? '', `c${i}`, small);
        code = await archive.backup().then(
          ({ failures }) => failures[0]?.code,
          (error: unknown) => (error as { code: string }).code,
        );
      }
      assert.match(code, /AuthFailed|NotAuthorized/);
    });

  it('the configurations of docs/configuration.md', async () => {
    const text = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    const examples = [...text.matchAll(/```yaml\n(backup:[^]*?)```/g)]
      .map(([, yaml = '']) => yaml)
      .filter((yaml) => yaml.includes('token_file_path'));
    assert.equal(examples.length, 2);
    const token = put('example.token', issuer.token('example', 600));
    for (const example of examples) {
      const { cacheDirectory = '' } = await optionsOf(ztn, {});
      const server = example.includes('token_use: requests') ? authz : ztn;
      const lines = example
        .replace('/data/cache', cacheDirectory)
        .replace(/(?<=target_url: )\S+/, target(server, 'example'))
        .replace('/run/archive/token', file('example.token'));
      writeFileSync(file('example.yaml'), `${lines}  settle_seconds: 0\n`);
      const env = { ...withoutKeys(directory), X509_CERT_DIR: authority.directory };
      const { code, stdout, stderr } = await cli(['backup', '-c', file('example.yaml')], { env });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /2 copied|copied +2/);
      assert.ok(!(stdout + stderr).includes(token.slice(0, 40)));
    }
  });

  it('of several archives in one process: in requests each its own, for the login only one', async () => {
    for (const name of ['one', 'two']) put(`${name}.token`, issuer.token(name, 600, `/${name}`));
    const of = async (name: string, server: PlainServer, tokenUse: 'login' | 'requests') => ({
      ...(await optionsOf(server, { tokenFilePath: file(`${name}.token`), tokenUse })),
      targetUrl: target(server, name),
    });
    const names = ['one', 'two', 'one', 'two'];
    const requests = await inOneProcess(await Promise.all(names.map((name) => of(name, authz, 'requests'))));
    assert.deepEqual(requests.ended, [done, done, done, done]);
    const login = await inOneProcess(await Promise.all(names.map((name) => of(name, ztn, 'login'))));
    assert.deepEqual(
      login.ended.map(({ name, copied }) => name ?? copied),
      [2, 'ConfigError', 2, 'ConfigError'],
    );
    assert.match(
      String(login.ended[1]?.['message']),
      /tokenFilePath: this process already logs in with .*one\.token/,
    );
  });

  it('an archive without one is not let in by the token of another', async () => {
    put('own.token', issuer.token('own', 600));
    const own = { tokenFilePath: file('own.token') };
    const list = [own, {}, own].map((more) => optionsOf(ztn, more));
    const { ended } = await inOneProcess(await Promise.all(list));
    assert.deepEqual([ended[0], ended[2]], [done, done]);
    assert.deepEqual([ended[1]?.['name'], ended[1]?.['code']], ['XRootDError', 'AuthFailed']);
  });

  it('what would win over the option is refused, and so is what is no token', async () => {
    put('good.token', issuer.token('good', 600));
    const good = await optionsOf(ztn, { tokenFilePath: file('good.token') });
    const { ended } = await inOneProcess([good], { BEARER_TOKEN: issuer.token('other', 600) });
    assert.equal(ended[0]?.['name'], 'ConfigError');
    assert.match(String(ended[0]['message']), /tokenFilePath: .*BEARER_TOKEN instead: unset it/);
    put('bad.token', 'two hush-words');
    const bad = await inOneProcess([await optionsOf(ztn, { tokenFilePath: file('bad.token') })]);
    assert.match(String(bad.ended[0]?.['message']), /tokenFilePath: .*bad\.token holds no token/);
    assert.ok(!bad.output.includes('hush-words'));
  });
});
