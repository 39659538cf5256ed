/** S4: a complete copy is only taken back when the bytes that stand there are those that were sent. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveOptions } from '../../lib/index.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import type { Uploaded } from '../../lib/remote/store.js';
import { counts, recordsIn, withArchive, withSharedArchive, type Bench } from '../support/archive.js';
import { expired, passUnder } from '../support/passes.js';
import { bytesOf } from '../support/records.js';

const LEFT = /it is left there/;

/** Something happens once an upload is complete: the first one, or each. */
function uploaded(task: (store: LimitedStore) => Promise<void> | void, each = false) {
  const seen = { uploads: 0, read: 0 };
  const around = (store: LimitedStore): Partial<LimitedStore> => ({
    upload: async (...query): Promise<Uploaded> => {
      const done = await store.upload(...query);
      seen.uploads += 1;
      if (each || seen.uploads === 1) await task(store);
      return done;
    },
    readChecksum: (...query) => {
      seen.read += 1;
      return store.readChecksum(...query);
    },
  });
  return { seen, around };
}

/** As when somebody asks for the checksum while bytes are still missing. */
async function askTooEarly(store: LimitedStore, onDisk: string, bytes: Buffer): Promise<void> {
  const { mtime } = await stat(onDisk);
  const second = Math.floor(mtime.getTime() / 1000);
  await overwrite(onDisk, Buffer.alloc(bytes.length));
  await utimes(onDisk, second, second);
  await store.checksum('r', 'adler32', bytes.length);
  await overwrite(onDisk, bytes);
  await utimes(onDisk, second, second);
}

/** Another process has made a file sooner, and has the number of the inode. */
let isNumberTaken = false;

/**
 * Ours goes, and a file of theirs comes that has the number of its inode: file systems give it to one that is made next. At once, so
 * that no other process is quicker; see withNumber().
 */
function makeAnew(onDisk: string, bytes: Buffer): void {
  const { ino } = statSync(onDisk);
  rmSync(onDisk);
  for (let count = 0; count < 1000; count += 1) {
    const made = `${onDisk}.${count}`;
    writeFileSync(made, bytes);
    if (statSync(made).ino !== ino) continue;
    chmodSync(made, 0o666);
    renameSync(made, onDisk);
    return;
  }
  isNumberTaken = true;
  throw new Error('this file system gives the number of a removed file to no other');
}

/** Begins anew if another process was quicker. */
async function withNumber(use: (bench: Bench) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1)
    try {
      isNumberTaken = false;
      await withSharedArchive(use);
      return;
    } catch (error) {
      if (!isNumberTaken || attempt === 10) throw error;
    }
}

async function overwrite(onDisk: string, bytes: Buffer): Promise<void> {
  const file = await open(onDisk, 'r+');
  await file.write(bytes, 0, bytes.length, 0);
  await file.close();
}

const SIZES = [
  ['small', 20_000],
  ['large', 5 * 2 ** 20],
] as const;

const WAYS = [
  ['made anew in its place, with its inode', makeAnew],
  ['overwritten in place', overwrite],
] as const;

async function staysAs(bench: Bench, theirs: Buffer): Promise<void> {
  assert.ok(theirs.equals(await readFile(bench.sandbox.diskPath('r'))));
  assert.deepEqual(await recordsIn(bench.cache), ['r']);
}

describe('a complete copy with other bytes than were sent', () => {
  for (const [size, length] of SIZES)
    for (const [way, put] of WAYS)
      it(`${size}, ${way}: it stays, and so does the record, and it is told`, async () => {
        await withNumber(async (bench) => {
          await writeFile(join(bench.cache, 'r'), bytesOf('r', length));
          const theirs = bytesOf('theirs', length);
          const { seen, around } = uploaded(() => put(bench.sandbox.diskPath('r'), theirs));
          const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
          assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
          const { code, message = '' } = report.failures[0] ?? {};
          assert.equal(code, 'CheckSumError');
          assert.match(message, LEFT);
          assert.ok(message.includes(`${bench.sandbox.url}/r`) && message.includes(join(bench.cache, 'r')));
          assert.equal(seen.uploads, 1);
          await staysAs(bench, theirs);
          assert.deepEqual(counts(await bench.pass({ autoRemove: 'cached' })), { scanned: 1, conflicts: 1 });
          await staysAs(bench, theirs);
        });
      });

  for (const verify of ['checksum', 'size'] as const)
    for (const [way, put] of WAYS)
      it(`of a record that changed meanwhile, ${way}, verify ${verify}: it stays, and it is told`, async () => {
        await withNumber(async (bench) => {
          await writeFile(join(bench.cache, 'r'), bytesOf('r', 20_000));
          const theirs = bytesOf('theirs', 20_000);
          const { around } = uploaded(async () => {
            await put(bench.sandbox.diskPath('r'), theirs);
            await writeFile(join(bench.cache, 'r'), bytesOf('corrected', 20_000));
          });
          const { report } = await passUnder(bench, { autoRemove: 'cached', verify }, { around });
          assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
          assert.match(report.failures[0]?.message ?? '', LEFT);
          await staysAs(bench, theirs);
        });
      });

  it('that is empty, of a record that was written meanwhile, may be somebody’s who has just begun', async () => {
    await withNumber(async (bench) => {
      await writeFile(join(bench.cache, 'r'), '');
      const { around } = uploaded(async () => {
        makeAnew(bench.sandbox.diskPath('r'), Buffer.alloc(0));
        await writeFile(join(bench.cache, 'r'), 'first bytes');
      });
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.deepEqual(report.keptReasons, { 'changed while it was worked on': 1 });
      await staysAs(bench, Buffer.alloc(0));
      // Nobody has written it for ten minutes.
      const later = await passUnder(bench, { autoRemove: 'cached' }, { ahead: 3_600_000 });
      assert.deepEqual(counts(later.report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
    });
  });
});

describe('a complete copy with the bytes that were sent', () => {
  for (const [size, length] of SIZES) {
    for (const options of [{}, { checksumType: 'crc32c' }, { verify: 'size' }] as Partial<ArchiveOptions>[])
      it(`${size}, of a record that changed meanwhile, ${JSON.stringify(options)}: it is taken back`, async () => {
        await withSharedArchive(async (bench) => {
          await writeFile(join(bench.cache, 'r'), bytesOf('r', length));
          const now = bytesOf('corrected', length);
          const { seen, around } = uploaded(() => writeFile(join(bench.cache, 'r'), now));
          const { report } = await passUnder(bench, { autoRemove: 'cached', ...options }, { around });
          assert.deepEqual(report.keptReasons, { 'changed while it was worked on': 1 });
          assert.equal(seen.read, 1);
          assert.ok(!existsSync(bench.sandbox.diskPath('r')));
          const next = await passUnder(bench, { autoRemove: 'cached', ...options });
          assert.deepEqual(counts(next.report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
          assert.ok(now.equals(await readFile(bench.sandbox.diskPath('r'))));
        });
      });

    it(`${size}, for which the server holds the checksum of others: it is taken back, and copied once more`, async () => {
      await withSharedArchive(async (bench) => {
        const bytes = bytesOf('r', length);
        await writeFile(join(bench.cache, 'r'), bytes);
        const onDisk = bench.sandbox.diskPath('r');
        const { seen, around } = uploaded((store) => askTooEarly(store, onDisk, bytes));
        const { report } = await passUnder(bench, { autoRemove: 'cached', verify: 'checksum' }, { around });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
        assert.deepEqual([seen.uploads, seen.read], [2, 1]);
        assert.ok(bytes.equals(await readFile(onDisk)));
      });
    });
  }

  it('for which the server holds the checksum of others each time: it is taken back, and told', async () => {
    await withSharedArchive(async (bench) => {
      const bytes = bytesOf('r', 20_000);
      await writeFile(join(bench.cache, 'r'), bytes);
      const onDisk = bench.sandbox.diskPath('r');
      const { seen, around } = uploaded((store) => askTooEarly(store, onDisk, bytes), true);
      const { report } = await passUnder(bench, { autoRemove: 'cached', verify: 'checksum' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.match(report.failures[0]?.message ?? '', /gives a checksum of others .* was taken back/);
      assert.deepEqual([seen.uploads, existsSync(onDisk)], [2, false]);
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
    });
  });

  it('of a record that changed when the pass was stopped: it is taken back all the same', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await writeFile(join(bench.cache, 'r'), 'old bytes');
      const stop = new AbortController();
      const { around } = uploaded(async () => {
        await writeFile(join(bench.cache, 'r'), 'newer bytes, longer');
        stop.abort();
      });
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around, signal: stop.signal });
      assert.equal(report.interrupted, true);
      assert.ok(!existsSync(bench.sandbox.diskPath('r')));
    });
  });

  for (const what of ['stat', 'readChecksum'] as const)
    it(`of a record that changed, where ${what} once has no answer: it is taken back in the next attempt`, async () => {
      await withArchive({ migrationDelay: 'never' }, async (bench) => {
        await writeFile(join(bench.cache, 'r'), 'old bytes');
        let armed = false;
        const { around } = uploaded(async () => {
          await writeFile(join(bench.cache, 'r'), 'newer bytes, longer');
          armed = true;
        });
        const once = (store: LimitedStore): Partial<LimitedStore> => {
          const unlessArmed = <T>(ask: () => Promise<T>): Promise<T> => {
            if (!armed) return ask();
            armed = false;
            return Promise.reject(expired('r'));
          };
          return {
            ...around(store),
            ...(what === 'stat'
              ? { stat: (...query) => unlessArmed(() => store.stat(...query)) }
              : { readChecksum: (...query) => unlessArmed(() => store.readChecksum(...query)) }),
          };
        };
        const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around: once });
        assert.deepEqual(report.keptReasons, { 'changed while it was worked on': 1 });
        assert.ok(!existsSync(bench.sandbox.diskPath('r')));
      });
    });

  it('that somebody writes into once it was read back: it stays, and it is told', async () => {
    await withSharedArchive(async (bench) => {
      await writeFile(join(bench.cache, 'r'), bytesOf('r', 20_000));
      const onDisk = bench.sandbox.diskPath('r');
      const { around } = uploaded(() => writeFile(join(bench.cache, 'r'), 'corrected'));
      const written = (store: LimitedStore): Partial<LimitedStore> => ({
        ...around(store),
        readChecksum: async (...query) => {
          const sum = await store.readChecksum(...query);
          await overwrite(onDisk, bytesOf('theirs', 20_000));
          const later = Date.now() / 1000 + 2;
          await utimes(onDisk, later, later);
          return sum;
        },
      });
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around: written });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.match(report.failures[0]?.message ?? '', /changed while it was read back: it is left there/);
      await staysAs(bench, bytesOf('theirs', 20_000));
    });
  });
});

describe('a server that gives no identity of what a copy made', () => {
  it('whatever stands there is compared as another’s', async () => {
    await withSharedArchive(async (bench) => {
      await writeFile(join(bench.cache, 'same'), 'run 121');
      await writeFile(join(bench.cache, 'other'), 'run 121');
      const around = (store: LimitedStore): Partial<LimitedStore> => ({
        upload: async (source, name, options) => {
          const done = await store.upload(source, name, options);
          // The same size and adler32.
          if (name === 'other') await overwrite(bench.sandbox.diskPath('other'), Buffer.from('run 202'));
          return { ...done, made: undefined };
        },
      });
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.deepEqual(counts(report), { scanned: 2, copied: 1, failed: 1, removedAfterCopy: 1 });
      assert.match(report.failures[0]?.message ?? '', /no identity .* it is left there/);
      assert.deepEqual(await recordsIn(bench.cache), ['other']);
      assert.equal(await readFile(bench.sandbox.diskPath('other'), 'utf8'), 'run 202');
    });
  });
});
