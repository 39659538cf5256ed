import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XRootDError } from '../../lib/index.js';
import { counts, recordsIn, withArchive } from '../support/archive.js';
import {
  archived,
  bytesOf,
  cut,
  holdsRecord,
  listing,
  of,
  pass,
  setAge,
  writeRecord,
} from '../support/retention.js';
import { scaled } from '../support/tier.js';

// 50 of each kind, or more.
const count = scaled('files', 600, 5000);

describe(`retention: ${count} files of mixed age, tape state, holds and conflicts`, () => {
  type Files = (readonly [name: string, size: number])[];
  const kinds = [
    ...['goes', 'goes-empty', 'goes-offline', 'held', 'held-glob', 'young', 'not-on-tape'],
    ...['absent', 'other-bytes', 'shorter', 'partial', 'goes-deep'],
  ] as const;
  const files: Files = Array.from({ length: count }, (_, i) => {
    const kind = kinds[i % kinds.length] ?? 'goes';
    const name = kind === 'goes-deep' ? `${kind}/${i % 40}/${i % 7}/f${i}` : `${kind}/f${i}`;
    return [kind === 'held-glob' ? `${name}.keep` : name, kind === 'goes-empty' ? 0 : 100 + (i % 500)];
  });
  const named = (kind: string) => files.filter(([name]) => name.startsWith(kind));
  const only = (kind: string) => files.filter(([name]) => name.startsWith(`${kind}/`));
  const going = named('goes');

  it('exactly the right ones go, after somebody has confirmed it', async () => {
    const failMigration = /^(not-on-tape|partial)\//;
    await withArchive({ migrationDelay: 'never', failMigration }, async (bench) => {
      const { cache, sandbox } = bench;
      await archived(
        bench,
        files.filter(([name]) => !name.startsWith('absent/')),
      );
      const offline = only('goes-offline').filter((_, i) => i % 4 === 0);
      await sandbox.evict(offline.map(([name]) => name));
      for (const [name, size] of only('absent')) await writeRecord(cache, name, size);
      for (const [name, size] of only('other-bytes'))
        await writeFile(join(cache, name), Buffer.alloc(size, 'x'));
      for (const [name, size] of only('shorter'))
        await writeFile(join(cache, name), bytesOf(name, size).subarray(1));
      for (const [name] of only('partial')) appendFileSync(join(cache, name), 'more');
      for (const [name] of files) await setAge(bench, name, name.startsWith('young/') ? cut : cut - 1);

      const hold = ['held', '**/*.keep'];
      // Some are offline, on a tape that knows nothing but adler32.
      const trusting = (options: Parameters<typeof pass>[2]) =>
        pass(bench, { hold }, options, undefined, { trustAdler32: true });
      const told = await trusting({});
      assert.equal(told.unconfirmed, true);
      assert.equal(told.dryRun, true);
      assert.deepEqual(listing(bench), going.map(([name, size]) => `${name} ${size}`).sort());
      assert.equal((await recordsIn(cache)).length, count);

      const report = await trusting({ confirm: true });
      const conflicts = [...only('other-bytes'), ...only('shorter')];
      assert.deepEqual(counts(report), {
        scanned: count,
        removed: going.length,
        kept: count - going.length - conflicts.length,
        conflicts: conflicts.length,
      });
      assert.deepEqual(report.keptReasons, {
        'on hold': named('held').length,
        'not past retention': only('young').length,
        'not on tape yet': only('not-on-tape').length,
        'not on the server': only('absent').length,
        'not whole on the server': only('partial').length,
      });
      assert.deepEqual(
        report.failures.map(({ path }) => path).sort(),
        conflicts.map(([name]) => name).sort(),
      );
      assert.equal(
        report.bytesRemoved,
        going.reduce((sum, [, size]) => sum + size, 0),
      );
      assert.equal(report.unconfirmed, undefined);
      const gone = new Set(going.map(([name]) => name));
      const staying = files.filter(([name]) => !gone.has(name)).map(([name]) => name);
      assert.deepEqual(await recordsIn(cache), staying.sort());
      for (const [name, size] of going)
        assert.ok(await holdsRecord(sandbox.tapePath(name), name, size), name);
      // What it emptied is gone.
      assert.equal(existsSync(join(cache, 'goes-deep')), false);

      // A confirmed configuration needs no word more.
      const again = await trusting({});
      assert.deepEqual(counts(again), {
        scanned: staying.length,
        kept: report.kept,
        conflicts: conflicts.length,
      });
    });
  }).timeout(400_000);

  it('a server that is killed in the middle loses nothing, and the next pass goes on', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      const { cache, sandbox } = bench;
      // More than are worked on at once, so that some come after the server's end.
      const sorts = ['goes', 'goes-empty', 'goes-deep'] as const;
      const records: Files = Array.from({ length: scaled('files', 450, 800) }, (_, i) => {
        const kind = sorts[i % sorts.length] ?? 'goes';
        return [`${kind}/${i % 40}/f${i}`, kind === 'goes-empty' ? 0 : 100 + (i % 500)];
      });
      const early = Math.floor(records.length / 8);
      await archived(bench, [...records, ...only('held').slice(0, 50)]);
      for (const name of await recordsIn(cache)) await setAge(bench, name, cut - 1);

      let killed: Promise<void> | undefined;
      const dying = pass(bench, { hold: 'held' }, { confirm: true }, (store) => ({
        readChecksum: async (...query) => {
          if (of(bench, 'file:removed').length >= early) await (killed ??= sandbox.kill());
          return await store.readChecksum(...query);
        },
      }));
      await assert.rejects(dying, XRootDError);
      await killed;
      assert.ok(killed !== undefined);
      const removed = of(bench, 'file:removed').map(({ path }) => path);
      const left = new Set(await recordsIn(cache));
      assert.ok(removed.length >= early && removed.length < records.length, String(removed.length));
      assert.deepEqual(
        removed.filter((name) => left.has(name)),
        [],
      );
      assert.equal(left.size, records.length + 50 - removed.length);
      assert.deepEqual(captures(cache), []);
      for (const [name, size] of records)
        assert.ok(
          await holdsRecord(left.has(name) ? join(cache, name) : sandbox.tapePath(name), name, size),
          name,
        );
      const [finished] = of(bench, 'pass:finished');
      assert.equal(finished?.report.removed, removed.length);
      assert.ok(finished.report.error);

      await sandbox.restart();
      const next = await pass(bench, { hold: 'held' }, {});
      assert.deepEqual(counts(next), {
        scanned: left.size,
        removed: records.length - removed.length,
        kept: 50,
      });
      assert.equal((await recordsIn(cache)).length, 50);
      for (const [name, size] of records)
        assert.ok(await holdsRecord(sandbox.tapePath(name), name, size), name);
    });
  });
});

function captures(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.includes('.xrootd-archive.removing.'));
}
