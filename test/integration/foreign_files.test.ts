/** S4: what somebody else has put on the server is never removed or overwritten. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { copyFile, FileSystem, pathOf, RateLimit } from '../../lib/xrdcl/index.js';
import { counts, recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { passUnder } from '../support/passes.js';
import { writeRecord } from '../support/records.js';
import { until } from '../support/tape.js';

const WRITTEN = 'its remote file is being written, or was until a moment ago';
const THEIRS = Buffer.from('the corrected record, which somebody has put in place');

/** On the server, beside the base's records; as old as given. */
async function plant(bench: Bench, name: string, bytes: Buffer, secondsOld = 3600): Promise<void> {
  const onDisk = bench.sandbox.diskPath(name);
  await mkdir(dirname(onDisk), { recursive: true });
  await writeFile(onDisk, bytes);
  await chmod(onDisk, 0o666);
  const time = Date.now() / 1000 - secondsOld;
  await utimes(onDisk, time, time);
}

/** As `xrdfs mv` does it. */
async function moveOnto(bench: Bench, name: string): Promise<void> {
  await plant(bench, 'theirs', THEIRS);
  const { url } = bench.sandbox;
  await new FileSystem(url).mv(`${pathOf(url)}/theirs`, `${pathOf(url)}/${name}`);
}

async function theirsIsWhole(bench: Bench, name: string): Promise<void> {
  assert.deepEqual(await readFile(bench.sandbox.diskPath(name)), THEIRS);
}

const SIZES = [
  ['small', 20_000],
  ['large', 5 * 2 ** 20],
] as const;

describe('a file that somebody renames onto the path of our copy', () => {
  for (const [size, bytes] of SIZES) {
    it(`${size}: before it is verified: theirs stays, and it is told`, async () => {
      await withSharedArchive(async (bench) => {
        await writeRecord(bench.cache, 'r', bytes);
        const around = (store: LimitedStore): Partial<LimitedStore> => ({
          upload: async (...args) => {
            const uploaded = await store.upload(...args);
            await moveOnto(bench, 'r');
            return uploaded;
          },
        });
        const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
        assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
        assert.match(report.failures[0]?.message ?? '', /not the file that this copy made: it is left there/);
        await theirsIsWhole(bench, 'r');
        assert.deepEqual(await recordsIn(bench.cache), ['r']);
      });
    });

    it(`${size}: when the record has changed while it was copied`, async () => {
      await withSharedArchive(async (bench) => {
        await writeRecord(bench.cache, 'r', bytes);
        const around = (store: LimitedStore): Partial<LimitedStore> => ({
          upload: async (...args) => {
            const uploaded = await store.upload(...args);
            await moveOnto(bench, 'r');
            await utimes(join(bench.cache, 'r'), 1, 1);
            return uploaded;
          },
        });
        const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
        assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
        await theirsIsWhole(bench, 'r');
        assert.deepEqual(await recordsIn(bench.cache), ['r']);
      });
    });
  }

  it('when the pass is interrupted in the middle of the copy', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 30 * 2 ** 20);
      const stop = new AbortController();
      let moving: Promise<void> | undefined;
      const archive = bench.archive({ autoRemove: 'cached', maxRate: 5 * 2 ** 20 });
      archive.on('file:progress', () => {
        moving ??= moveOnto(bench, 'r').finally(() => {
          stop.abort();
        });
      });
      const report = await archive.backup({ signal: stop.signal });
      await moving;
      assert.ok(report.interrupted);
      await theirsIsWhole(bench, 'r');
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
    });
  });

  it('of the same size and adler32, right after the upload: a conflict, and the record stays', async () => {
    await withSharedArchive(async (bench) => {
      await writeFile(join(bench.cache, 'r'), 'run 121');
      const onDisk = bench.sandbox.diskPath('r');
      const around = (store: LimitedStore): Partial<LimitedStore> => ({
        upload: async (...args) => {
          const uploaded = await store.upload(...args);
          const { ino } = await stat(onDisk);
          await plant(bench, 'theirs', Buffer.from('run 202'), 0);
          await rename(bench.sandbox.diskPath('theirs'), onDisk);
          assert.notEqual((await stat(onDisk)).ino, ino, 'another file of the server');
          return uploaded;
        },
      });
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.equal(await readFile(onDisk, 'utf8'), 'run 202');
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
      const { report: next } = await passUnder(bench, { autoRemove: 'cached' });
      assert.deepEqual(counts(next), { scanned: 1, conflicts: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
    });
  });

  it('a copy with damaged bytes could be anybody’s: it is told, left there, and not copied over', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 20_000);
      let uploads = 0;
      const around = (store: LimitedStore): Partial<LimitedStore> => ({
        upload: async (...args) => {
          const uploaded = await store.upload(...args);
          uploads += 1;
          await bench.sandbox.corrupt('r', { copy: 'disk', keepChecksums: true });
          return uploaded;
        },
      });
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.match(report.failures[0]?.message ?? '', /not what was sent.*it is left there/);
      assert.equal(uploads, 1);
      assert.equal((await stat(bench.sandbox.diskPath('r'))).size, 20_000);
      assert.deepEqual(await recordsIn(bench.cache), ['r']);
    });
  });
});

/** Of a rate limit: while it is held, no more bytes go. */
class HeldClock {
  #held: (() => void)[] | undefined;

  now(): number {
    return performance.now() / 1000;
  }

  after(seconds: number, go: () => void): () => void {
    if (this.#held !== undefined) {
      this.#held.push(go);
      return () => undefined;
    }
    const timer = setTimeout(go, Math.ceil(seconds * 1000));
    return () => {
      clearTimeout(timer);
    };
  }

  hold(): void {
    this.#held ??= [];
  }

  goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }
}

describe('an upload of somebody else', () => {
  it('that has just been opened, without bytes, is none of ours', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 5000);
      await writeFile(join(bench.cache, 'empty'), '');
      await plant(bench, 'r', Buffer.alloc(0), 1);
      await plant(bench, 'empty', Buffer.alloc(0), 1);
      const { report } = await passUnder(bench, { autoRemove: 'cached' });
      assert.deepEqual(report.keptReasons, { [WRITTEN]: 2 });
      // Nobody has written it for ten minutes: left behind by a pass that was killed.
      const later = await passUnder(bench, { autoRemove: 'cached' }, { ahead: 600_000 });
      assert.deepEqual(counts(later.report), { scanned: 2, copied: 1, removed: 1, removedAfterCopy: 1 });
    });
  });

  it('that is under way, of the same bytes, is left to end, whole', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'r', 12 * 2 ** 20);
      const source = join(bench.cache, 'r');
      const stopped = new AbortController();
      const clock = new HeldClock();
      const theirs = copyFile(
        { source, target: `${bench.sandbox.url}/r` },
        { rateLimit: new RateLimit(6 * 2 ** 20, clock), signal: stopped.signal },
      );
      await until(async () => (await stat(bench.sandbox.diskPath('r')).catch(() => null)) !== null);
      clock.hold();
      const { report } = await passUnder(bench, { autoRemove: 'cached' });
      clock.goOn();
      assert.deepEqual(counts(report), { scanned: 1, kept: 1 });
      assert.equal((await theirs).error, undefined);
      assert.equal((await stat(bench.sandbox.diskPath('r'))).size, 12 * 2 ** 20);
      const done = await passUnder(bench, { autoRemove: 'cached' });
      assert.deepEqual(counts(done.report), { scanned: 1, removed: 1 });
    });
  });

  it('with other bytes at its end is a conflict, however old and short it is', async () => {
    await withSharedArchive(async (bench) => {
      await writeFile(join(bench.cache, 'r'), 'run 202, and more');
      // The first bytes have another text, but the same adler32.
      await plant(bench, 'r', Buffer.from('run 121'));
      const { report } = await passUnder(bench, { autoRemove: 'cached' });
      assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
      assert.equal((await readFile(bench.sandbox.diskPath('r'))).toString(), 'run 121');
    });
  });
});

describe('verify and status beside a backup', () => {
  it('ask for no checksum of what is being written, so that no wrong one is ever stored', async () => {
    await withSharedArchive(async (bench) => {
      for (let i = 0; i < 12; i += 1) await writeRecord(bench.cache, `r${i}`, 2 * 2 ** 20 + i);
      const archive = bench.archive({ autoRemove: 'never', maxRate: 12 * 2 ** 20 });
      const backup = archive.backup();
      const ended = new AbortController();
      const done = backup.finally(() => {
        ended.abort();
      });
      const beside = bench.archive();
      while (!ended.signal.aborted) {
        const report = await beside.verify();
        for (const { code, path } of report.failures) assert.equal(code, 'NotFound', path);
        for await (const { state, reason } of beside.status([], { verify: true }))
          assert.notEqual(state, 'conflict', reason);
      }
      assert.deepEqual(counts(await done), { scanned: 12, copied: 12 });
      assert.equal((await bench.archive().verify()).verified, 12);
      await rm(join(bench.cache, '.xrootd-archive.verified'));
      assert.deepEqual(counts(await bench.pass({ autoRemove: 'cached' })), { scanned: 12, removed: 12 });
    });
  });
});
