/** roots://, with certificates of an authority of our own. The command's processes take it from X509_CERT_DIR. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { recordsIn } from '../support/archive.js';
import { Authority } from '../support/certificates.js';
import { cli, type Ended } from '../support/cli.js';
import { giveToDaemon } from '../support/daemon.js';
import { PlainServer } from '../support/plain_server.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { TemporaryDirectory, withTemp } from '../support/temporary.js';

const size = 1000;
const names = ['a', 'd/b'];

describe('roots:// with an authority of our own', () => {
  const [own, other] = [new TemporaryDirectory(), new TemporaryDirectory()];
  let server: PlainServer;
  let certificates: Record<'own' | 'other', string>;

  before(async () => {
    const authority = new Authority(own.path);
    const host = authority.host();
    certificates = { own: authority.directory, other: new Authority(other.path).directory };
    // The server runs as another user.
    for (const { path } of [own, other]) chmodSync(path, 0o755);
    giveToDaemon(host.key);
    server = await PlainServer.start({
      config: [
        'xrootd.chksum max 4 adler32 crc32c',
        ...[`xrd.tls ${host.certificate} ${host.key}`, `xrd.tlsca certdir ${authority.directory}`],
        'xrootd.tls all',
      ],
    });
  });
  after(async () => {
    await server.stop();
    for (const directory of [own, other]) directory.remove();
  });

  const targetUrl = () => `${server.url.replace('root:', 'roots:')}//base`;
  const command = (cache: string, directory: string | undefined, ...args: string[]): Promise<Ended> =>
    cli(
      [
        ...args,
        '--cache',
        cache,
        '--target',
        targetUrl(),
        ...(args[0] === 'backup' ? ['--settle-seconds', '0'] : []),
      ],
      {
        env: { X509_CERT_DIR: directory },
      },
    );

  async function withCache(use: (cache: string) => Promise<void>): Promise<void> {
    await withTemp(async (cache) => {
      for (const name of names) await writeRecord(cache, name, size);
      await use(cache);
    });
  }

  it('backup, ls and restore', async () => {
    await withCache(async (cache) => {
      const backup = await command(cache, certificates.own, 'backup', '--auto-remove', 'cached');
      assert.equal(backup.code, 0, backup.stderr);
      assert.deepEqual(await recordsIn(cache), []);
      const listed = await command(cache, certificates.own, 'ls', '--recursive');
      assert.match(listed.stdout, /d\/b/);
      await withTemp(async (to) => {
        const restored = await command(cache, certificates.own, 'restore', '.', '--to', to);
        assert.equal(restored.code, 0, restored.stderr);
        for (const name of names) assert.ok(await holdsRecord(join(to, name), name, size));
      });
    });
  });

  const wrong: [title: string, directory: () => string | undefined, named: () => string][] = [
    ['another authority', () => certificates.other, () => `${certificates.other} (X509_CERT_DIR)`],
    [
      'a directory that is missing',
      () => '/nowhere/certificates',
      () => '/nowhere/certificates (X509_CERT_DIR)',
    ],
    ['none given', () => undefined, () => '/etc/grid-security/certificates (X509_CERT_DIR is not set)'],
  ];
  for (const [title, directory, named] of wrong) {
    it(`${title}: exit 3, and the message says where certificates were looked for`, async () => {
      await withCache(async (cache) => {
        const { code, stderr } = await command(cache, directory(), 'backup', '--auto-remove', 'cached');
        assert.equal(code, 3, stderr);
        assert.ok(stderr.includes(`certificates of authorities are taken from ${named()}`), stderr);
        assert.match(stderr, /\[TlsError, XrdCl 110\]/);
        assert.match(stderr, /openssl rehash/);
        assert.doesNotMatch(stderr, /check target_url, the network/);
        assert.deepEqual(await recordsIn(cache), names);
      });
    });
  }
});
