import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArchiveOptions } from '../../lib/index.js';
import { environment } from '../../lib/xrdcl/index.js';
import { Authority, proxyOf } from '../support/certificates.js';
import { cli, jsonLines } from '../support/cli.js';
import { withoutKeys } from '../support/keytab.js';
import { PlainServer } from '../support/plain_server.js';

const nobody = 65_534;
const passes = fileURLToPath(new URL('./children/passes_of.js', import.meta.url));
/** Since then libXrdCl keeps proxies of several connections apart, whatever threads make them. */
const apart = !/^v?5\.([0-6]\.|7\.[0-2]\b)/.test(environment.clientVersion);

describe('GSI proxies by gsi_proxy_path', function () {
  let directory: string;
  let authority: Authority;
  let server: PlainServer;
  const file = (name: string) => join(directory, name);

  before(async function () {
    if (!has('xrdgsiproxy') || !has('openssl')) this.skip();
    directory = mkdtempSync(join(tmpdir(), 'gsi-'));
    chmodSync(directory, 0o755);
    authority = new Authority(directory);
    const host = authority.host();
    if (process.getuid?.() === 0) chownSync(host.key, nobody, nobody);
    for (const name of ['alice', 'bob']) proxyOf(authority.person(name), authority, file(`${name}.proxy`));
    const rights = ['alice', 'bob'].map((name) => `u /O=test/CN=${name} /${name} a`);
    writeFileSync(file('authdb'), `${rights.join('\n')}\n`);
    server = await PlainServer.start({
      config: [
        ...['xrootd.seclib libXrdSec.so', 'xrootd.chksum max 2 adler32'],
        `sec.protocol gsi -certdir:${authority.directory} -cert:${host.certificate} -key:${host.key} -crl:0 -gmapopt:10 -dlgpxy:0`,
        ...['sec.protbind * only gsi', 'ofs.authorize 1', `acc.authdb ${file('authdb')}`],
      ],
    });
    for (const name of ['alice', 'bob']) server.mkdir(`/${name}`);
  });
  after(async () => {
    await (server as PlainServer | undefined)?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  let caches = 0;

  /** An archive of a new cache with a small and a large record. */
  function archiveOf(user: string, more: Partial<ArchiveOptions> = {}): ArchiveOptions {
    caches += 1;
    const cache = file(`cache${caches}`);
    mkdirSync(cache);
    writeFileSync(join(cache, `small${caches}`), 'small');
    writeFileSync(join(cache, `large${caches}`), Buffer.alloc(2_000_000, 'large'));
    // Certificates are for names.
    const target = server.url.replace('127.0.0.1', 'localhost');
    return { cacheDirectory: cache, targetUrl: `${target}//${user}`, ...more };
  }

  /** Passes in one process, in turn. */
  async function inOneProcess(list: ArchiveOptions[], more: Record<string, string> = {}) {
    const env = {
      ...withoutKeys(directory),
      X509_CERT_DIR: authority.directory,
      X509_USER_PROXY: undefined,
      ...more,
    };
    const { code, stdout, stderr } = await cli([JSON.stringify(list)], { file: passes, env });
    assert.equal(code, 0, stderr);
    return jsonLines(stdout);
  }

  const proxy = (name: string) => ({ gsiProxyPath: file(`${name}.proxy`) });
  const done = { copied: 2, kept: 0, failed: 0, codes: [] };
  const refused = { copied: 0, kept: 0, failed: 2, codes: ['NotAuthorized', 'NotAuthorized'] };

  it('logs in with this proxy; another is refused what is not its own', async () => {
    const [own, others] = [
      await inOneProcess([archiveOf('alice', proxy('alice'))]),
      await inOneProcess([archiveOf('alice', proxy('bob'))]),
    ];
    assert.deepEqual(own, [done]);
    assert.deepEqual(others, [refused]);
  });

  it('by the command --proxy, with no variable', async () => {
    const { cacheDirectory = '', targetUrl } = archiveOf('bob');
    const args = [
      'backup',
      '--cache',
      cacheDirectory,
      '--target',
      targetUrl,
      '--settle-seconds',
      '0',
      '--json',
    ];
    const env = { ...withoutKeys(directory), X509_CERT_DIR: authority.directory, X509_USER_PROXY: undefined };
    const { code, stderr } = await cli([...args, '--proxy', file('bob.proxy')], { env });
    assert.equal(code, 0, stderr);
    const without = await cli(args, { env });
    assert.equal(without.code, 3, without.stderr);
  });

  it('two archives with two proxies in one process: each is known as its own', async () => {
    const list = ['alice', 'bob', 'alice', 'bob'].map((name) => archiveOf(name, proxy(name)));
    const ended = await inOneProcess(list);
    assert.deepEqual(ended, [done, done, done, done]);
    assert.match(server.log, /login as \/O=test\/CN=alice/);
    assert.match(server.log, /login as \/O=test\/CN=bob/);
  });

  it('with several threads that log in it depends on the version: works, or is refused', async () => {
    const list = ['alice', 'bob'].map((name) => archiveOf(name, proxy(name)));
    const [first, second] = await inOneProcess(list, { XRD_PARALLELEVTLOOP: '3' });
    assert.deepEqual(first, done);
    if (apart) {
      assert.deepEqual(second, done);
      return;
    }
    assert.equal(second?.['name'], 'ConfigError');
    assert.match(String(second['message']), /gsiProxyPath: .*alice\.proxy.*XRD_PARALLELEVTLOOP=1/);
  });

  it('an archive without one is not let in by the proxy of another', async () => {
    const list = [archiveOf('alice', proxy('alice')), archiveOf('alice'), archiveOf('alice', proxy('alice'))];
    const [first, second, third] = await inOneProcess(list);
    assert.deepEqual([first, third], [done, done]);
    assert.deepEqual([second?.['name'], second?.['code']], ['XRootDError', 'AuthFailed']);
  });

  it('nor is one that was there before, whose connection was made by the variable', async () => {
    const list = [archiveOf('bob'), archiveOf('alice', proxy('alice')), archiveOf('alice')];
    const [first, second, third] = await inOneProcess(list, { X509_USER_PROXY: file('bob.proxy') });
    assert.deepEqual([first, second], [done, done]);
    if (apart) assert.deepEqual(third, refused);
    else assert.deepEqual([third?.['name'], third?.['code']], ['XRootDError', 'AuthFailed']);
  });

  it('a proxy that others can read, or none: ConfigError before anything is asked', async () => {
    const open = file('open.proxy');
    writeFileSync(open, 'x');
    chmodSync(open, 0o644);
    const list = [open, file('gone')].map((gsiProxyPath) => archiveOf('alice', { gsiProxyPath }));
    const ended = await inOneProcess(list);
    assert.deepEqual(
      ended.map(({ name }) => name),
      ['ConfigError', 'ConfigError'],
    );
    assert.match(String(ended[0]?.['message']), /gsiProxyPath: .*mode 0644/);
    assert.match(String(ended[1]?.['message']), /gsiProxyPath: .*gone does not exist/);
  });
});

function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
