/**
 * Two restores that are kept apart by no lock, since one works into a directory below the other's: a file never gets a name with what
 * the other one fetched, or has begun to fetch, for the same place.
 */
import assert from 'node:assert/strict';
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { receivingName } from '../../lib/cache/own_files.js';
import { parseTarget } from '../../lib/config/index.js';
import { LocalReceiver } from '../../lib/jobs/restore/local_receiver.js';
import type { Incoming } from '../../lib/jobs/restore/receiver.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { PlainServer } from '../support/plain_server.js';
import { withTemp } from '../support/temporary.js';

const timeouts = { request: 20, checksum: 20 };

describe('restores into a directory and into one below it', () => {
  let server: PlainServer;
  before(async () => {
    server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
  });
  after(() => server.stop());

  const storeOf = (base: string) => new XRootDStore(parseTarget(server.urlOf(base)), timeouts);
  const options = { onProgress: () => undefined, signal: undefined };

  for (const [title, size] of [
    ['a small file', 10],
    ['a large file', 3 * 2 ** 20],
  ] as const)
    for (const verify of ['checksum', 'size'] as const) {
      const place = async (
        use: (first: Incoming, second: Incoming, directory: string) => Promise<void>,
      ): Promise<void> => {
        server.write('/one/d/r', Buffer.alloc(size, '1'));
        server.write('/two/r', Buffer.alloc(size, '2'));
        await withTemp(async (to) => {
          const directory = join(to, 'd');
          mkdirSync(directory);
          const above = new LocalReceiver(await CacheDirectory.openRoot(to), true);
          const below = new LocalReceiver(await CacheDirectory.openRoot(directory), true);
          const expected = {
            size,
            mtime: new Date(),
            replaces: undefined,
            checksumTypes: ['adler32'] as const,
          };
          await use(await above.begin('d/r', expected), await below.begin('r', expected), directory);
          await above.close();
          await below.close();
        });
      };

      it(`${title}, verify ${verify}: nor is it removed by one whose copy has failed`, async () => {
        await place(async (first, second, directory) => {
          await first.download(storeOf('/one'), options);
          await assert.rejects(second.download(storeOf('/nowhere'), options), { code: 'NotFound' });
          await second.end();
          await first.inspect(undefined);
          await first.publish();
          await first.end();
          assert.equal(readFileSync(join(directory, 'r'), 'utf8'), '1'.repeat(size));
        });
      });

      it(`${title}, verify ${verify}: what was fetched by another doesn’t get the name`, async () => {
        await place(async (first, second, directory) => {
          await first.download(storeOf('/one'), options);
          assert.equal((await first.inspect(undefined)).size, size);
          await second.download(storeOf('/two'), options);
          await assert.rejects(first.publish(), { name: 'CacheError', code: 'Superseded' });
          await first.end();
          await second.publish();
          await second.end();
          assert.deepEqual(readdirSync(directory), ['r']);
          assert.ok(readFileSync(join(directory, 'r')).equals(Buffer.alloc(size, '2')));
        });
      });

      it(`${title}, verify ${verify}: nor is it removed by one that gives up`, async () => {
        await place(async (first, second, directory) => {
          await first.download(storeOf('/one'), options);
          await second.download(storeOf('/two'), options);
          await first.end();
          await second.publish();
          await second.end();
          assert.deepEqual(readdirSync(directory), ['r']);
          assert.ok(readFileSync(join(directory, 'r')).equals(Buffer.alloc(size, '2')));
        });
      });
    }

  it('what a killed restore has left keeps its bytes where it has another name, too', async () => {
    server.write('/one/r', 'the record');
    await withTemp(async (to) => {
      const left = join(to, receivingName('r'));
      writeFileSync(left, 'of somebody');
      linkSync(left, join(to, 'named'));
      const receiver = new LocalReceiver(await CacheDirectory.openRoot(to), true);
      const incoming = await receiver.begin('r', {
        size: 10,
        mtime: new Date(),
        replaces: undefined,
        checksumTypes: ['adler32'] as const,
      });
      await incoming.download(storeOf('/one'), options);
      await incoming.publish();
      await incoming.end();
      await receiver.close();
      assert.deepEqual(readdirSync(to).sort(), ['named', 'r']);
      assert.equal(readFileSync(join(to, 'named'), 'utf8'), 'of somebody');
      assert.equal(readFileSync(join(to, 'r'), 'utf8'), 'the record');
    });
  });
});
