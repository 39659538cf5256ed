/** What a catalogue has learned goes to the server, so that it outlives the machine. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  SEGMENT_DIRECTORY,
  segmentName,
  type SegmentHeader,
  type SegmentLine,
} from '../../lib/catalogue/segment.js';
import { hashOfFile, readHeader, readSegment } from '../../lib/catalogue/segment_file.js';
import { failedSegments, segmentState } from '../../lib/catalogue/segment_state.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { collect, withArchive } from '../support/archive.js';
import { NOON, rowOf } from '../support/catalogue.js';
import { writeRecord } from '../support/records.js';
import { add, fileOf, opened, segmentNames, withOpened, write } from '../support/segments.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

async function contentOf(file: string): Promise<{ header: SegmentHeader; lines: SegmentLine[] }> {
  return { header: await readHeader(file), lines: (await collect(readSegment(file))).flat() };
}

const paths = (lines: readonly SegmentLine[]) =>
  lines.map((line) => ('row' in line ? line.row.path : `forgotten ${line.forgotten.path}`));

describe('segments of the catalogue', () => {
  it('have what has changed, once, each with the hash of the one before; nothing changed: none', async () => {
    await withOpened(async (bench, catalogue) => {
      assert.deepEqual(await write(bench, catalogue), { warnings: [], lines: [] });
      await add(
        catalogue,
        rowOf('a/1', { mtime: -5, loss: null }),
        rowOf('b/2', { onTape: NOON, removing: NOON }),
      );
      assert.deepEqual((await write(bench, catalogue)).warnings, []);
      const first = await contentOf(fileOf(bench, catalogue, 1));
      const { made, ...header } = first.header;
      assert.ok(Math.abs(Date.parse(made) - Date.now()) < 60_000);
      assert.deepEqual(header, {
        ...{ format: 'xrootd-archive catalogue segment', version: 1, archive: catalogue.id },
        ...{
          target: header.target,
          sequence: 1,
          kind: 'full',
          full: 1,
          rows: 2,
          forgotten: 0,
          previous: null,
        },
      });
      assert.deepEqual(first.lines, [
        { row: rowOf('a/1', { mtime: -5 }) },
        { row: rowOf('b/2', { onTape: NOON, removing: NOON }) },
      ]);

      assert.deepEqual((await write(bench, catalogue)).lines, []);
      // An audit alone is no change.
      await catalogue.durable({ kind: 'audited', path: 'a/1', at: NOON, result: 'ok' });
      await write(bench, catalogue);
      assert.deepEqual(await segmentNames(bench, catalogue), ['00000001.jsonl.gz']);

      await catalogue.durable({ kind: 'removed', path: 'b/2', at: NOON + 1 });
      await catalogue.durable({ kind: 'forgotten', path: 'a/1', at: NOON + 2, reason: 'a “test”\n' });
      await write(bench, catalogue);
      const second = await contentOf(fileOf(bench, catalogue, 2));
      assert.equal(second.header.kind, 'changes');
      assert.equal(second.header.full, 1);
      assert.equal(second.header.previous, await hashOfFile(fileOf(bench, catalogue, 1)));
      assert.deepEqual(paths(second.lines), ['forgotten a/1', 'b/2']);
      assert.equal((await catalogue.summary()).lastSegment, 2);
      assert.equal((await segmentState(catalogue)).hash, await hashOfFile(fileOf(bench, catalogue, 2)));
      await write(bench, catalogue);
      assert.equal((await segmentNames(bench, catalogue)).length, 2);
    });
  });

  it('are no records: no listing, no pass and no job sees them, not even by name', async () => {
    await withOpened(async (bench, catalogue) => {
      await writeRecord(bench.cache, 'r', 100);
      await bench.pass({ autoRemove: 'never' });
      await add(catalogue, rowOf('r'));
      await write(bench, catalogue);
      await bench.sandbox.migrateAll();
      const archive = bench.archive();
      const listed = await collect(archive.ls(['.'], { recursive: true }));
      assert.deepEqual(
        listed.map(({ path }) => path),
        ['r'],
      );
      const inside = `${SEGMENT_DIRECTORY}/${catalogue.id}`;
      assert.deepEqual(await collect(archive.ls([inside, SEGMENT_DIRECTORY], { recursive: true })), []);
      assert.equal((await archive.drill([], { evictFirst: true, dryRun: true })).scanned, 1);
      assert.equal((await archive.stage(['.'])).scanned, 1);
      const evicted = await archive.evict([`${inside}/00000001.jsonl.gz`]);
      assert.deepEqual([evicted.evicted, evicted.failures[0]?.code], [0, 'NotFound']);
      assert.equal((await archive.verify()).scanned, 1);
      assert.equal((await bench.pass({ autoRemove: 'never' })).scanned, 1);
      await withTemp(async (to) => {
        assert.equal((await archive.restore(['.'], { to })).scanned, 1);
        assert.deepEqual(await readdir(to), ['r']);
      });
    });
  });

  it('are written by one process at a time: what another one learns meanwhile waits, and nothing is lost', async () => {
    await withOpened(async (bench, catalogue) => {
      await using other = await opened(bench);
      await add(catalogue, rowOf('a'));
      const { warnings } = await write(bench, catalogue, {
        around: (store) => ({
          upload: async (...given) => {
            await add(other, rowOf('b'));
            assert.deepEqual((await write(bench, other)).warnings, []);
            return await store.upload(...given);
          },
        }),
      });
      assert.deepEqual(warnings, []);
      assert.deepEqual((await write(bench, other)).warnings, []);
      assert.equal((await segmentNames(bench, catalogue)).length, 2);
      const all = [1, 2].map(async (sequence) =>
        paths((await contentOf(fileOf(bench, catalogue, sequence))).lines),
      );
      assert.deepEqual(await Promise.all(all), [['a'], ['b']]);
      assert.deepEqual(
        (await readdir(bench.cache)).filter((name) => name.includes('segment')),
        [],
      );
    });
  });

  it('carry any name of a record', async () => {
    await withOpened(async (bench, catalogue) => {
      const odd = ['ä/ö ü', 'a\u2028b\u2029c', '#%&"\'\\', '😀/…', ' lead', 'x'.repeat(254)];
      await add(catalogue, ...odd.map((path) => rowOf(path, { loss: 'line\nfeed', lost: NOON })));
      await write(bench, catalogue);
      const { lines } = await contentOf(fileOf(bench, catalogue, 1));
      assert.deepEqual(paths(lines).sort(), odd.sort());
    });
  });

  it('a change that comes while one is written waits for the next', async () => {
    await withOpened(async (bench, catalogue) => {
      await add(catalogue, rowOf('a'), rowOf('b'));
      const around = (store: LimitedStore): Partial<LimitedStore> => ({
        upload: async (...args) => {
          await catalogue.durable({ kind: 'on_tape', path: 'a', at: NOON + 5 });
          return store.upload(...args);
        },
      });
      await write(bench, catalogue, { around });
      await write(bench, catalogue);
      const { lines } = await contentOf(fileOf(bench, catalogue, 2));
      assert.deepEqual(lines, [{ row: { ...rowOf('a', { onTape: NOON + 5 }), followed: NOON + 5 } }]);
    });
  });

  for (const when of ['after', 'before'] as const)
    it(`a crash ${when} the upload: the next pass sends the same file, and none twice`, async () => {
      await withOpened(async (bench, catalogue) => {
        await add(catalogue, rowOf('a'), rowOf('b'));
        const around = (store: LimitedStore): Partial<LimitedStore> => ({
          upload: async (...args) => {
            if (when === 'after') await store.upload(...args);
            throw new Error('killed here');
          },
        });
        const { warnings } = await write(bench, catalogue, { around });
        assert.match(warnings.join(), /killed here/);
        assert.ok((await failedSegments(catalogue))?.message.includes('killed here'));
        assert.equal((await segmentState(catalogue)).sequence, 0);
        await add(catalogue, rowOf('c'));
        assert.deepEqual((await write(bench, catalogue)).warnings, []);
        assert.equal(await failedSegments(catalogue), undefined);
        assert.deepEqual(paths((await contentOf(fileOf(bench, catalogue, 1))).lines), ['a', 'b']);
        const second = await contentOf(fileOf(bench, catalogue, 2));
        assert.deepEqual(paths(second.lines), ['c']);
        assert.equal(second.header.previous, await hashOfFile(fileOf(bench, catalogue, 1)));
        assert.deepEqual(
          (await readdir(bench.cache)).filter((name) => name.includes('segment')),
          [],
        );
      });
    });

  it('a crash that left a part of it on the server: that part is replaced by the same file', async () => {
    await withOpened(async (bench, catalogue) => {
      await add(catalogue, rowOf('a'));
      const around = (): Partial<LimitedStore> => ({
        upload: () => Promise.reject(new Error('killed here')),
      });
      await write(bench, catalogue, { around });
      const part = (await readFile(`${catalogue.file}.segment`)).subarray(0, 40);
      const file = fileOf(bench, catalogue, 1);
      await mkdir(dirname(file), { recursive: true });
      for (const directory of [dirname(file), dirname(dirname(file))]) await chmod(directory, 0o777);
      await writeFile(file, part);
      const options = { unfinishedAfterSeconds: 0 };
      assert.deepEqual((await write(bench, catalogue, { options })).warnings, []);
      assert.deepEqual(paths((await contentOf(file)).lines), ['a']);
      assert.deepEqual(await segmentNames(bench, catalogue), ['00000001.jsonl.gz']);
    });
  });

  it('the local file is lost too: what is there stays, and the next number has its hash and all rows', async () => {
    await withOpened(async (bench, catalogue) => {
      await add(catalogue, rowOf('a'));
      const around = (store: LimitedStore): Partial<LimitedStore> => ({
        upload: async (...args) => {
          await store.upload(...args);
          throw new Error('killed here');
        },
      });
      await write(bench, catalogue, { around });
      await truncate(`${catalogue.file}.segment`, 10);
      await add(catalogue, rowOf('b'));
      const before = await hashOfFile(fileOf(bench, catalogue, 1));
      const { warnings, lines } = await write(bench, catalogue);
      assert.deepEqual(warnings, []);
      assert.match(lines.map(({ message }) => message).join('\n'), /are there already/);
      assert.equal(await hashOfFile(fileOf(bench, catalogue, 1)), before);
      const second = await contentOf(fileOf(bench, catalogue, 2));
      assert.equal(second.header.previous, before);
      assert.deepEqual(paths(second.lines), ['a', 'b']);
    });
  });

  it('somebody else’s file has its name: it stays, and the next number is a full one', async () => {
    await withOpened(async (bench, catalogue) => {
      const file = fileOf(bench, catalogue, 1);
      await mkdir(dirname(file), { recursive: true });
      for (const directory of [dirname(file), dirname(dirname(file))]) await chmod(directory, 0o777);
      await writeFile(file, 'x'.repeat(10_000));
      await add(catalogue, rowOf('a'));
      const { warnings, lines } = await write(bench, catalogue);
      assert.deepEqual(warnings, []);
      assert.match(lines.map(({ message }) => message).join('\n'), /look who wrote it/);
      assert.equal(await readFile(file, 'utf8'), 'x'.repeat(10_000));
      const second = await contentOf(fileOf(bench, catalogue, 2));
      assert.deepEqual(
        [second.header.kind, second.header.full, second.header.previous],
        ['full', 2, await hashOfFile(file)],
      );
      assert.deepEqual(paths(second.lines), ['a']);
    });
  });

  it('what has its name is on tape only: it is asked for, and a later pass goes on', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      const catalogue = await opened(bench);
      const { file, id } = catalogue;
      await add(catalogue, rowOf('a'));
      await write(bench, catalogue);
      await catalogue.close();
      await bench.sandbox.migrateAll();
      const name = segmentName(id, 1);
      await bench.sandbox.evict([name]);
      // The catalogue is lost, and its id isn't.
      for (const suffix of ['', '-wal', '-shm']) await rm(file + suffix, { force: true });
      const first = await opened(bench);
      await first.durable({ kind: 'meta', key: 'id', value: id });
      await first.close();
      await using second = await opened(bench);
      await add(second, rowOf('b'));
      assert.match((await write(bench, second)).warnings.join(), /is on tape: it was asked for/);
      await until(async () => (await bench.sandbox.stateOf(name))?.offline === false);
      assert.deepEqual((await write(bench, second)).warnings, []);
      assert.deepEqual(paths((await contentOf(fileOf(bench, second, 2))).lines), ['b']);
    });
  });

  it('many rows go into several; a full one has all rows, is gone on with after an error, and comes when it is shorter', async () => {
    await withOpened(async (bench, catalogue) => {
      const limits = { mostLines: 1000, leastSegments: 3 };
      const rows = Array.from({ length: 2500 }, (_, i) => rowOf(`r${String(i).padStart(5, '0')}`));
      await add(catalogue, ...rows);
      let uploads = 0;
      const around = (store: LimitedStore): Partial<LimitedStore> => ({
        upload: (...args) => {
          uploads += 1;
          return uploads === 2 ? Promise.reject(new Error('killed here')) : store.upload(...args);
        },
      });
      assert.match((await write(bench, catalogue, { ...limits, around })).warnings.join(), /killed here/);
      // Its place was passed already: it must come after the full one.
      await catalogue.durable({ kind: 'on_tape', path: 'r00003', at: NOON + 1 });
      assert.deepEqual((await write(bench, catalogue, limits)).warnings, []);
      const headers = async () =>
        Promise.all(
          (await segmentNames(bench, catalogue)).map((_, i) => readHeader(fileOf(bench, catalogue, i + 1))),
        );
      assert.deepEqual(
        (await headers()).map(({ kind, full, rows }) => [kind, full, rows]),
        [
          ...[
            ['full', 0, 1000],
            ['full', 0, 1000],
            ['full', 1, 500],
          ],
          ['changes', 1, 1],
        ],
      );
      for (let i = 1; i < 4; i += 1) {
        await catalogue.durable({ kind: 'on_tape', path: 'r00004', at: NOON + i });
        for (const row of rows.slice(0, 1200))
          catalogue.note({ kind: 'on_tape', path: row.path, at: NOON + i });
        await catalogue.flush();
        await write(bench, catalogue, { ...limits, mostLines: 10_000 });
      }
      const last = (await headers()).slice(4);
      assert.deepEqual(
        last.map(({ kind, full, rows }) => [kind, full, rows]),
        [
          ...[
            ['changes', 1, 1200],
            ['changes', 1, 1200],
          ],
          ['changes', 1, 1200],
        ],
      );
      await catalogue.durable({ kind: 'on_tape', path: 'r00004', at: NOON });
      await write(bench, catalogue, { ...limits, mostLines: 10_000 });
      const [full] = (await headers()).slice(-1);
      assert.deepEqual([full?.kind, full?.full, full?.rows], ['full', 8, 2500]);
    });
  });

  it('none in a dry run, or if they are turned off; elsewhere if told so', async () => {
    await withOpened(async (bench, catalogue) => {
      await add(catalogue, rowOf('a'));
      const run = { signal: new AbortController().signal, dryRun: true, extra: {} };
      await write(bench, catalogue, { run });
      await write(bench, catalogue, { options: { catalogueSegments: false } });
      assert.equal((await segmentState(catalogue)).sequence, 0);
      const other = `${bench.sandbox.url}/elsewhere`;
      assert.deepEqual(
        (await write(bench, catalogue, { options: { catalogueSegmentsUrl: other } })).warnings,
        [],
      );
      assert.equal((await segmentState(catalogue)).sequence, 1);
      const there = join('elsewhere', SEGMENT_DIRECTORY, catalogue.id);
      assert.deepEqual(await readdir(bench.sandbox.diskPath(there)), ['00000001.jsonl.gz']);
    });
  });

  it('a target that refuses the directory: a warning that says since when, and the next pass tries again', async () => {
    await withOpened(async (bench, catalogue) => {
      await add(catalogue, rowOf('a'));
      await chmod(bench.sandbox.diskPath(''), 0o555);
      try {
        const first = await write(bench, catalogue, { now: () => NOON });
        assert.match(
          first.warnings.join(),
          /^the catalogue's changes since 2025-11-24T16:00:00.000Z are not on the server: /,
        );
        await write(bench, catalogue, { now: () => NOON + 1000 });
        const failed = await failedSegments(catalogue);
        assert.deepEqual(
          [failed?.since, failed?.at],
          ['2025-11-24T16:00:00.000Z', '2025-11-24T16:00:01.000Z'],
        );
      } finally {
        await chmod(bench.sandbox.diskPath(''), 0o777);
      }
      assert.deepEqual((await write(bench, catalogue)).warnings, []);
      assert.equal(await failedSegments(catalogue), undefined);
      assert.deepEqual(paths((await contentOf(fileOf(bench, catalogue, 1))).lines), ['a']);
    });
  });
});
