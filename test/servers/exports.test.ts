/** What a plain server exports, and how its URL may be written. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type ArchiveOptions } from '../../lib/index.js';
import { counts, recordsIn } from '../support/archive.js';
import { cli } from '../support/cli.js';
import { PlainServer, type PlainServerOptions } from '../support/plain_server.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { archiveOf } from '../support/server_on.js';
import { withTemp } from '../support/temporary.js';

const size = 1000;
const names = ['a', 'd/b', 'd/c'];
const checksums = 'xrootd.chksum max 4 adler32 crc32c';

/** Runs with a plain server and a cache of three records. */
async function withServer(
  options: PlainServerOptions,
  use: (server: PlainServer, cacheDirectory: string) => Promise<void>,
): Promise<void> {
  const server = await PlainServer.start({ config: [checksums], ...options });
  try {
    await withTemp(async (cacheDirectory) => {
      for (const name of names) await writeRecord(cacheDirectory, name, size);
      await use(server, cacheDirectory);
    });
  } finally {
    await server.stop();
  }
}

/** Copies, removes, and brings all back. */
async function roundTrip(options: ArchiveOptions & { cacheDirectory: string }): Promise<void> {
  const { archive } = archiveOf({ autoRemove: 'cached', ...options });
  const report = await archive.backup();
  assert.deepEqual(counts(report), { scanned: 3, copied: 3, removedAfterCopy: 3 }, JSON.stringify(report));
  assert.deepEqual(await recordsIn(options.cacheDirectory), []);
  await withTemp(async (to) => {
    assert.deepEqual(counts(await archive.restore(['.'], { to })), { scanned: 3, copied: 3 });
    for (const name of names) assert.ok(await holdsRecord(join(to, name), name, size));
  });
}

describe('an export that is read-only', () => {
  it('one error before the pass; nothing is tried, nothing goes', async () => {
    await withServer({ exports: ['/ readonly'] }, async (server, cacheDirectory) => {
      const { archive, events } = archiveOf({ cacheDirectory, targetUrl: server.urlOf('/base') });
      await assert.rejects(archive.backup(), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(
          error.message,
          /^targetUrl: the server exports it read-only \(file path marked read\/only\): nothing can be copied to it/,
        );
        return true;
      });
      assert.deepEqual(
        events.filter(({ type }) => type.startsWith('file:')),
        [],
      );
      const ended = await cli([
        'backup',
        '--cache',
        cacheDirectory,
        '--target',
        server.urlOf('/base'),
        '--auto-remove',
        'cached',
      ]);
      assert.equal(ended.code, 2, ended.stderr);
      assert.equal(ended.stderr.match(/^xrootd-archive: .*read-only/gm)?.length, 1, ended.stderr);
      assert.deepEqual(await recordsIn(cacheDirectory), names);
    });
  });

  it('in part: below what is writable all is right', async () => {
    await withServer({ exports: ['/w', '/r readonly'] }, async (server, cacheDirectory) => {
      const { archive } = archiveOf({ cacheDirectory, targetUrl: server.urlOf('/r/base') });
      await assert.rejects(archive.backup(), ConfigError);
      await roundTrip({ cacheDirectory, targetUrl: server.urlOf('/w/base') });
    });
  });
});

describe('all.export with several paths', () => {
  it('each of them, and one below it', async () => {
    await withServer({ exports: ['/x', '/y'] }, async (server, cacheDirectory) => {
      await roundTrip({ cacheDirectory, targetUrl: server.urlOf('/x') });
      for (const name of names) await writeRecord(cacheDirectory, name, size);
      await roundTrip({ cacheDirectory, targetUrl: server.urlOf('/y/deep/er'), catalogue: false });
      assert.ok(existsSync(server.file('/x/a')) && existsSync(server.file('/y/deep/er/a')));
    });
  });

  const unserved = /the server doesn't serve \/z \(.*disallowed.*\): give a path that it exports/;

  it('a path that is none of them: one error before the pass, and every record stays', async () => {
    await withServer({ exports: ['/x'] }, async (server, cacheDirectory) => {
      const targetUrl = server.urlOf('/z');
      const { archive, events } = archiveOf({ cacheDirectory, targetUrl, autoRemove: 'cached' });
      await assert.rejects(
        archive.backup(),
        (error) => error instanceof ConfigError && unserved.test(error.message),
      );
      await assert.rejects(archive.verify(), ConfigError);
      assert.deepEqual(
        events.filter(({ type }) => type.startsWith('file:')),
        [],
      );
      assert.deepEqual(await recordsIn(cacheDirectory), names);
      for (const command of ['backup', 'status']) {
        const ended = await cli([command, '--cache', cacheDirectory, '--target', targetUrl]);
        assert.equal(ended.code, 2, ended.stderr);
        const [told = '', ...more] = ended.stderr.match(/^xrootd-archive: .*/gm) ?? [];
        assert.match(told, /^xrootd-archive: --target: the server doesn't serve/);
        assert.deepEqual(more, []);
      }
    });
  });

  it('a base that is none of them, with directories below it that are: what may go there goes', async () => {
    await withServer({ exports: ['/z/d'] }, async (server, cacheDirectory) => {
      const { archive } = archiveOf({ cacheDirectory, targetUrl: server.urlOf('/z'), autoRemove: 'cached' });
      const report = await archive.backup();
      assert.deepEqual(counts(report), { scanned: 3, copied: 2, removedAfterCopy: 2, failed: 1 });
      assert.match(report.failures[0]?.message ?? '', /disallowed. \[NotAuthorized/);
      assert.deepEqual(await recordsIn(cacheDirectory), ['a']);
    });
  });

  it('a base that is a file: one error', async () => {
    await withServer({}, async (server, cacheDirectory) => {
      await roundTrip({ cacheDirectory, targetUrl: server.urlOf('/u') });
      await writeRecord(cacheDirectory, 'b', size);
      const { archive } = archiveOf({ cacheDirectory, targetUrl: server.urlOf('/u/a'), catalogue: false });
      await assert.rejects(archive.backup(), /targetUrl: \/u\/a is a file on the server/);
    });
  });
});

describe('a URL', () => {
  it('with a user', async () => {
    await withServer({}, async (server, cacheDirectory) => {
      await roundTrip({ cacheDirectory, targetUrl: `${server.url.replace('//', '//alice@')}//u` });
    });
  });

  it('with an IPv6 address', async () => {
    await withServer({ host: '::1' }, async (server, cacheDirectory) => {
      assert.match(server.url, /^root:\/\/\[::1\]:/);
      await roundTrip({ cacheDirectory, targetUrl: server.urlOf('/v6') });
    });
  });
});
