/** A redirector tells checksum types that not all of its data servers have: these refuse the query, and the file is read again. */
import assert from 'node:assert/strict';
import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTarget, resolveOptions } from '../../lib/config/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { remoteChecksum } from '../../lib/jobs/record/remote_checksum.js';
import { RemoteReceiver } from '../../lib/jobs/restore/remote_receiver.js';
import { restore } from '../../lib/jobs/restore/restore.js';
import { verify } from '../../lib/jobs/verify/verify.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { checksumFile } from '../../lib/posix/index.js';
import { XRootDError } from '../../lib/xrdcl/index.js';
import { counts, keepingLogger, recordsIn, withArchive, type Bench } from '../support/archive.js';
import { passUnder } from '../support/passes.js';
import { PlainServer } from '../support/plain_server.js';
import type { ServerTypes } from '../../lib/rules/comparison.js';
import { withTemp } from '../support/temporary.js';

const adlerOnly = 'xrootd.chksum max 4 adler32';
const SIZE = 3 * 2 ** 20;

/** Tells more types than the server has, and what that made of it. */
class Told {
  /** Queries that were refused, and what was read. */
  readonly asked: string[] = [];

  readonly around = (store: LimitedStore): Partial<LimitedStore> => ({
    checksumTypes: () => Promise.resolve({ named: ['adler32', 'crc32c'], refused: [] }),
    checksum: async (name, type, ...query) => {
      try {
        return await store.checksum(name, type, ...query);
      } catch (error) {
        assert.ok(error instanceof XRootDError && !error.isConnectionFailure, String(error));
        this.asked.push(`${type} of ${name} refused`);
        throw error;
      }
    },
    readChecksum: async (name, ...query) => {
      this.asked.push(`${name} read`);
      return await store.readChecksum(name, ...query);
    },
  });
}

/** Larger than what is read back in any case, and old enough to be asked for. */
async function withOld(use: (bench: Bench) => Promise<void>): Promise<void> {
  await withArchive({ migrationDelay: 'never', extraConfig: [adlerOnly] }, async (bench) => {
    await writeFile(join(bench.cache, 'r'), Buffer.alloc(SIZE, 'bytes '));
    await bench.pass({ autoRemove: 'never' });
    await utimes(bench.sandbox.diskPath('r'), 1e9, 1e9);
    await use(bench);
  });
}

describe('a data server that lacks a checksum type', () => {
  it('backup: its file is read again, and the record goes', async () => {
    await withOld(async (bench) => {
      // Not what an earlier pass remembers.
      await utimes(join(bench.cache, 'r'), 1e9, 1e9);
      const told = new Told();
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around: told.around });
      assert.deepEqual(counts(report), { scanned: 1, removed: 1 }, JSON.stringify(report.failures));
      assert.deepEqual(told.asked, ['crc32c of r refused', 'r read']);
    });
  });

  it('backup: of other bytes it is a conflict', async () => {
    await withOld(async (bench) => {
      await writeFile(join(bench.cache, 'r'), Buffer.alloc(SIZE, 'BYTES '));
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around: new Told().around });
      assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
    });
  });

  it('verify, of the cache and of a list; restore, where the file is already', async () => {
    await withOld(async (bench) => {
      const config = resolveOptions({ cacheDirectory: bench.cache, targetUrl: bench.sandbox.url });
      const { logger } = keepingLogger();
      const told = new Told();
      const store = openStore(config);
      const dependencies = {
        ...{ config, logger, events: new EventBus(logger) },
        open: () => ({ ...store, ...told.around(store) }),
      };
      const once = ['crc32c of r refused', 'r read'];
      assert.deepEqual(counts(await verify(dependencies)), { scanned: 1, verified: 1 });
      assert.deepEqual(told.asked.splice(0), once);
      const checksums = new Map([['r', await checksumFile(join(bench.cache, 'r'), { type: 'crc32c' })]]);
      const against = await verify(dependencies, [], { against: { checksums } });
      assert.deepEqual(counts(against), { scanned: 1, verified: 1 });
      assert.deepEqual(told.asked.splice(0), once);
      await withTemp(async (to) => {
        writeFileSync(join(to, 'r'), await readFile(join(bench.cache, 'r')));
        const report = await restore(dependencies, ['r'], { to });
        assert.deepEqual(counts(report), { scanned: 1, kept: 1 }, JSON.stringify(report.failures));
        assert.deepEqual(told.asked.splice(0), once);
      });
    });
  });

  it('where a restore is compared with: another server', async () => {
    const server = await PlainServer.start({ config: [adlerOnly] });
    try {
      server.write('/to/r', Buffer.alloc(SIZE, 'bytes '));
      const target = parseTarget(server.urlOf('/to'));
      class Redirected extends XRootDStore {
        override checksumTypes(): Promise<ServerTypes> {
          return Promise.resolve({ named: ['adler32', 'crc32c'], refused: [] });
        }
      }
      const store = new Redirected(target, { request: 20, checksum: 20 });
      const receiver = new RemoteReceiver(target, store, { verify: 'checksum', checksumType: 'adler32' });
      const expected = await checksumFile(server.file('/to/r'), { type: 'crc32c' });
      assert.equal((await receiver.checksum('r', 'crc32c', undefined)).value, expected.value);
    } finally {
      await server.stop();
    }
  });

  it('what was changed meanwhile isn’t read, nor what was asked for its configured type', async () => {
    await withOld(async (bench) => {
      const store = openStore(resolveOptions({ targetUrl: bench.sandbox.url }));
      const told = await store.stat('r');
      assert.ok(told);
      const sum = (type: string, configured: string) =>
        remoteChecksum('r', told, { by: 'query', type }, { store, verify: 'checksum', configured });
      assert.equal((await sum('crc32c', 'adler32')).type, 'crc32c');
      await assert.rejects(sum('crc32c', 'crc32c'), XRootDError);
      assert.equal((await sum('md5', 'adler32')).type, 'md5');
      await assert.rejects(sum('sha1', 'adler32'), XRootDError);
      const path = bench.sandbox.diskPath('r');
      utimesSync(path, 1e9 + 1, 1e9 + 1);
      await assert.rejects(sum('crc32c', 'adler32'), { operation: 'query checksum' });
      utimesSync(path, 1e9, 1e9);
      appendFileSync(path, '!');
      await assert.rejects(sum('crc32c', 'adler32'), { operation: 'query checksum' });
    });
  });
});
