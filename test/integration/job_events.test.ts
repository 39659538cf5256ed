/** What tells the events of jobs apart that run side by side, and what `progress` says. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock } from '../../lib/cache/lock.js';
import { LockedError, type ArchiveEvent } from '../../lib/index.js';
import { withArchive, withSharedArchive } from '../support/archive.js';
import { holdsRecord, writeRecord } from '../support/records.js';

const quick = { stagePollMinSeconds: 0.2, stagePollMaxSeconds: 0.5 };

function pathsOf(events: readonly ArchiveEvent[]): string[] {
  const paths = events.flatMap((event) => ('path' in event ? [event.path] : []));
  return [...new Set(paths)].sort();
}

function ofJob(events: readonly ArchiveEvent[], jobId: string): ArchiveEvent[] {
  return events.filter((event) => event.jobId === jobId);
}

/** Index of the first progress event that says the same as the one before it of its job; -1 without one. */
function repeated(events: readonly ArchiveEvent[]): number {
  const last = new Map<string, string>();
  return events.findIndex((event) => {
    if (event.type !== 'progress') return false;
    const text = JSON.stringify(event);
    const same = last.get(event.jobId) === text;
    last.set(event.jobId, text);
    return same;
  });
}

describe('events of jobs', () => {
  it('two restores and a backup at once are told apart by the ids of their jobs; progress never repeats itself', async () => {
    await withArchive(
      { migrationDelay: 'never', stageDelay: 2 },
      async ({ sandbox, cache, pass, archive }) => {
        const names = ['a/1', 'a/2', 'b/1', 'b/2'];
        for (const name of names) await writeRecord(cache, name, 3000);
        await pass({ autoRemove: 'cached' });
        await sandbox.migrateAll();
        await sandbox.evict(names);
        await writeRecord(cache, 'c/1', 3000);
        const [one, two] = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), 'xa-restore-'))));
        assert.ok(one !== undefined && two !== undefined);
        try {
          const events: ArchiveEvent[] = [];
          const it = archive(quick);
          it.onAny((event) => events.push(event));
          await Promise.all([
            it.restore(['a'], { to: one, jobId: 'first' }),
            it.restore(['b'], { to: two }),
            it.backup(),
          ]);
          const ids = [...new Set(events.map(({ jobId }) => jobId))];
          assert.equal(ids.length, 3, ids.join());
          assert.deepEqual(pathsOf(ofJob(events, 'first')), ['a/1', 'a/2']);
          const places = new Map(
            events.flatMap((event) =>
              event.type === 'pass:started' ? [[event.cache, event.jobId] as const] : [],
            ),
          );
          const second = places.get(two);
          assert.ok(second !== undefined && /^[0-9a-f-]{36}$/.test(second), second);
          assert.deepEqual(pathsOf(ofJob(events, second)), ['b/1', 'b/2']);
          assert.deepEqual(pathsOf(ofJob(events, places.get(cache) ?? '')), ['c/1']);
          for (const id of ids) {
            const types = ofJob(events, id).map(({ type }) => type);
            assert.deepEqual([types[0], types.at(-1)], ['pass:started', 'pass:finished']);
          }
          assert.equal(repeated(events), -1);
          assert.ok(await holdsRecord(join(one, 'a/1'), 'a/1', 3000));
        } finally {
          for (const to of [one, two]) await rm(to, { recursive: true, force: true });
        }
      },
    );
  });

  it('progress names the files in flight, and how far each has come', async () => {
    await withArchive({ migrationDelay: 'never' }, async ({ cache, archive }) => {
      const size = 4 * 2 ** 20;
      for (const name of ['a', 'b', 'c']) await writeRecord(cache, name, size);
      const seen = new Set<string>();
      const it = archive({ maxRate: size, parallelCopies: 2 });
      it.on('progress', ({ inFlight, copying }) => {
        assert.ok(inFlight.length <= copying, `${inFlight.length} of ${copying}`);
        for (const { path, bytes, size: all } of inFlight) {
          assert.ok(bytes >= 0 && bytes < all && all === size, `${path}: ${bytes} of ${all}`);
          seen.add(path);
        }
      });
      const { copied } = await it.backup();
      assert.equal(copied, 3);
      assert.deepEqual([...seen].sort(), ['a', 'b', 'c']);
    });
  });
});

describe('two restores into one directory', () => {
  it('the second is refused, waits for the first if that is asked for, or is aborted while it waits', async () => {
    await withSharedArchive(async ({ cache, pass, archive, lines }) => {
      for (const name of ['a', 'b']) await writeRecord(cache, name, 3000);
      await pass({ autoRemove: 'cached' });
      const to = await mkdtemp(join(tmpdir(), 'xa-restore-'));
      try {
        // As a restore of this process holds it.
        const first = await acquireLock(to);
        const it = archive();
        await assert.rejects(it.restore(['a'], { to }), (error) => {
          assert.ok(error instanceof LockedError, String(error));
          assert.match(error.message, / holds .* \(this process itself\)$/);
          return true;
        });
        const stop = new AbortController();
        const aborted = it.restore(['a'], { to, wait: true, signal: stop.signal });
        const waiting = it.restore(['b'], { to, wait: true });
        const waits = () => lines.filter(({ message }) => message.startsWith('waiting for its end: '));
        while (waits().length < 2) await sleep(10);
        stop.abort();
        await assert.rejects(aborted, { name: 'AbortError' });
        await first.release();
        assert.equal((await waiting).copied, 1);
        assert.ok(await holdsRecord(join(to, 'b'), 'b', 3000));
        assert.deepEqual(await readdir(to), ['b']);
      } finally {
        await rm(to, { recursive: true, force: true });
      }
    });
  });
});
