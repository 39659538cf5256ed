/** The machine is lost: a new one makes the catalogue anew, from what is on the server. */
import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import { openCatalogue } from '../../lib/catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { readHeader } from '../../lib/catalogue/segment_file.js';
import { segmentState } from '../../lib/catalogue/segment_state.js';
import type { ArchiveOptions, RebuildOptions, Report } from '../../lib/index.js';
import {
  assertAddsUp,
  collect,
  counts,
  withArchive,
  withSharedArchive,
  type Bench,
} from '../support/archive.js';
import { allRows, NOON, rowOf } from '../support/catalogue.js';
import { writeRecord } from '../support/records.js';
import { add, fileOf, opened, segmentNames, write } from '../support/segments.js';
import { quick } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';
import { cli } from '../support/cli.js';

interface Rebuilt {
  report: Report;
  /** What the new machine's catalogue has. */
  rows: CatalogueRow[];
  forgotten: string[];
  id: string;
  sequence: number;
  /** Rows that the next pass would send to the server. */
  changed: string[];
}

/** On a machine that has a configuration and nothing else. */
async function rebuilt(
  bench: Bench,
  cache: string,
  { options = {}, ...rebuild }: RebuildOptions & { options?: Partial<ArchiveOptions> } = {},
): Promise<Rebuilt> {
  const archive = bench.archive({ ...quick, ...options, cacheDirectory: cache });
  const report = await archive.rebuild(rebuild);
  assertAddsUp(report);
  const catalogue = await openCatalogue(archive.config, { mode: 'read' });
  assert.ok(catalogue instanceof Catalogue);
  await using _ = catalogue;
  const names = (await readdir(cache)).filter((name) => name.includes('segment'));
  assert.deepEqual(names, [], 'local files are left');
  return {
    report,
    rows: await allRows(catalogue),
    forgotten: (await collect(catalogue.forgotten())).map(({ path, reason }) => `${path}: ${reason}`),
    id: catalogue.id,
    sequence: (await segmentState(catalogue)).sequence,
    changed: (await allRows(catalogue, { changedUpTo: Number.MAX_SAFE_INTEGER })).map(({ path }) => path),
  };
}

const gone = { removing: NOON, removed: NOON + 1, rule: 'cached' } as const;
const failures = ({ failures: all }: Report) =>
  all.map(({ path, code }) => `${code} ${path.split('/').at(-1)?.slice(0, 8) ?? ''}`);

/** Five segments; in the end there are the rows b, c and e. */
async function withFive(
  use: (bench: Bench, catalogue: Catalogue, cache: string) => Promise<void>,
): Promise<void> {
  await withSharedArchive(async (bench) => {
    await using catalogue = await opened(bench);
    await add(catalogue, rowOf('a', gone), rowOf('b', { ...gone, size: 7 }));
    await write(bench, catalogue);
    await catalogue.durable({ kind: 'on_tape', path: 'b', at: NOON + 5 });
    await write(bench, catalogue);
    await add(catalogue, rowOf('c', gone));
    await catalogue.durable({ kind: 'forgotten', path: 'a', at: NOON + 9, reason: 'lost' });
    await write(bench, catalogue);
    await catalogue.durable({ kind: 'on_tape', path: 'c', at: NOON + 6 });
    await write(bench, catalogue);
    await add(catalogue, rowOf('e', gone));
    await write(bench, catalogue);
    assert.equal((await segmentNames(bench, catalogue)).length, 5);
    await withTemp((directory) => use(bench, catalogue, join(directory, 'new', 'cache')));
  });
}

describe('catalogue rebuild: from segments', () => {
  it('an empty machine: all rows are as they were, and the chain goes on where it was', async () => {
    await withFive(async (bench, catalogue, cache) => {
      const found = await rebuilt(bench, cache);
      assert.deepEqual(counts(found.report), { scanned: 5, noted: 5 });
      assert.deepEqual(found.report.rebuilt, {
        ...{ segments: 5, rows: 6, forgotten: 1, listed: 0, unsummed: 0, serverOnly: 0 },
      });
      assert.deepEqual(found.rows, await allRows(catalogue));
      assert.deepEqual(found.forgotten, ['a: lost']);
      assert.deepEqual([found.id, found.sequence, found.changed], [catalogue.id, 5, []]);

      const again = await rebuilt(bench, cache);
      assert.deepEqual([again.rows, again.forgotten], [found.rows, found.forgotten]);
      await using next = await opened(bench, { cacheDirectory: cache });
      await next.durable({ kind: 'on_tape', path: 'e', at: NOON + 7 });
      assert.deepEqual((await write(bench, next)).warnings, []);
      const sixth = await readHeader(fileOf(bench, catalogue, 6));
      assert.deepEqual([sixth.sequence, sixth.kind, sixth.rows], [6, 'changes', 1]);
    });
  });

  it('segments that are on tape only are staged, and given up again', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await using catalogue = await opened(bench);
      await add(catalogue, rowOf('a', gone));
      await write(bench, catalogue);
      await add(catalogue, rowOf('b', gone));
      await write(bench, catalogue);
      await bench.sandbox.migrateAll();
      const names = (await segmentNames(bench, catalogue)).map(
        (name) => `.xrootd-archive.catalogue/${catalogue.id}/${name}`,
      );
      await bench.sandbox.evict(names);
      await withTemp(async (directory) => {
        const found = await rebuilt(bench, join(directory, 'cache'));
        assert.deepEqual(counts(found.report), { scanned: 2, noted: 2, evicted: 2 });
        assert.deepEqual(found.rows, await allRows(catalogue));
      });
    });
  });

  it('a record whose local file was there when the machine was lost is asked about by passes from now on', async () => {
    await withSharedArchive(async (bench) => {
      await using catalogue = await opened(bench);
      await add(catalogue, rowOf('a'), rowOf('b'));
      await write(bench, catalogue);
      await withTemp(async (cache) => {
        await writeRecord(cache, 'b', 1000);
        const { rows, changed } = await rebuilt(bench, cache, { from: 'segments' });
        assert.deepEqual(
          rows.map(({ path, removing, removed, rule }) => [path, removing !== null, removed, rule]),
          [
            ['a', true, null, null],
            ['b', false, null, null],
          ],
        );
        assert.deepEqual(changed, ['a']);
      });
    });
  });

  const replaced: [
    title: string,
    damage: (file: (n: number) => string) => Promise<void>,
    expected: object,
  ][] = [
    [
      'one is missing',
      async (file) => rm(file(2)),
      { failed: ['MissingSegment 00000002'], paths: ['b', 'c', 'e'], noted: 4 },
    ],
    [
      'the first ones are missing',
      async (file) => {
        await rm(file(1));
        await rm(file(2));
      },
      { failed: ['MissingSegment 00000001'], paths: ['c', 'e'], noted: 3 },
    ],
    [
      'one has other rows, and is whole in itself',
      async (file) => {
        const text = gunzipSync(await readFile(file(3))).toString();
        await writeFile(file(3), gzipSync(text.replace('"path":"c"', '"path":"X"')));
      },
      { failed: ['DamagedSegment 00000003'], paths: ['a', 'b', 'c', 'e'], noted: 4 },
    ],
    [
      'the last but one was changed and says so of the one before',
      async (file) => {
        const text = gunzipSync(await readFile(file(4))).toString();
        await writeFile(file(4), gzipSync(text.replace(/"previous":"./, '"previous":"0')));
      },
      { failed: ['DamagedSegment 00000004'], paths: ['b', 'c', 'e'], noted: 4 },
    ],
    [
      'one is cut off',
      async (file) => {
        const bytes = await readFile(file(5));
        await writeFile(file(5), bytes.subarray(0, bytes.length - 9));
      },
      { failed: ['DamagedSegment 00000005'], paths: ['b', 'c'], noted: 4 },
    ],
    [
      'one lacks a row, and its header doesn’t know',
      async (file) => {
        const text = gunzipSync(await readFile(file(5))).toString();
        await writeFile(file(5), gzipSync(text.split('\n').slice(0, 1).join('\n') + '\n'));
      },
      { failed: ['DamagedSegment 00000005'], paths: ['b', 'c'], noted: 4 },
    ],
    [
      'one is no gzip',
      (file) => writeFile(file(4), 'no segment at all, whatever its name says\n'),
      { failed: ['DamagedSegment 00000004'], paths: ['b', 'c', 'e'], noted: 4 },
    ],
    [
      'two have changed places',
      async (file) => {
        await rename(file(2), `${file(2)}.x`);
        await rename(file(3), file(2));
        await rename(`${file(2)}.x`, file(3));
      },
      {
        failed: ['DamagedSegment 00000002', 'DamagedSegment 00000003'],
        ...{ paths: ['a', 'b', 'c', 'e'], noted: 3 },
      },
    ],
  ];
  for (const [title, damage, expected] of replaced)
    it(`${title}: it is named, and all else is there; the next segment heals the chain`, async () => {
      await withFive(async (bench, catalogue, cache) => {
        await damage((n) => fileOf(bench, catalogue, n));
        const found = await rebuilt(bench, cache);
        assert.deepEqual(
          {
            failed: failures(found.report),
            paths: found.rows.map(({ path }) => path),
            noted: found.report.noted,
          },
          expected,
        );
        // The next one is full, and behind all that is there: who begins with it needs none of those before.
        await using next = await opened(bench, { cacheDirectory: cache });
        await add(next, rowOf('n', gone));
        assert.deepEqual((await write(bench, next)).warnings, []);
        const header = await readHeader(fileOf(bench, catalogue, 6));
        assert.deepEqual([header.kind, header.full, header.rows], ['full', 6, found.rows.length + 1]);
        await withTemp(async (third) => {
          const healed = await rebuilt(bench, join(third, 'cache'));
          assert.deepEqual(failures(healed.report), []);
          assert.deepEqual(healed.report.rebuilt?.segments, 1);
          assert.deepEqual(healed.rows, await allRows(next));
        });
      });
    });

  it('begins at the last full one, unless something is missing behind it', async () => {
    await withFive(async (bench, catalogue, cache) => {
      const limits = { leastSegments: 1 };
      for (let i = 0; i < 8; i += 1) {
        await catalogue.durable({ kind: 'on_tape', path: 'e', at: NOON + i });
        await write(bench, catalogue, limits);
      }
      const headers = await Promise.all(
        (await segmentNames(bench, catalogue)).map((_, i) => readHeader(fileOf(bench, catalogue, i + 1))),
      );
      const full = headers.at(-1)?.full ?? 0;
      assert.ok(full > 5, String(full));
      const found = await rebuilt(bench, cache);
      assert.equal(found.report.rebuilt?.segments, 13 - full + 1);
      assert.deepEqual(found.rows, await allRows(catalogue));
      assert.deepEqual(found.forgotten, ['a: lost']);

      await rm(fileOf(bench, catalogue, full));
      await withTemp(async (other) => {
        const all = await rebuilt(bench, join(other, 'cache'));
        assert.equal(all.report.rebuilt?.segments, 12);
        assert.equal(failures(all.report).length, 1);
        assert.deepEqual(all.rows, await allRows(catalogue));
        assert.deepEqual(all.forgotten, ['a: lost']);
      });
    });
  });

  it('several catalogues: says which there are, and makes nothing; none there: says so', async () => {
    await withFive(async (bench, catalogue, cache) => {
      await withTemp(async (other) => {
        await using second = await opened(bench, { cacheDirectory: other });
        await add(second, rowOf('z', gone));
        await write(bench, second);
        const archive = bench.archive({ cacheDirectory: cache });
        await assert.rejects(archive.rebuild(), (error: Error) => {
          assert.equal(error.name, 'ConfigError');
          assert.ok(error.message.includes(`${catalogue.id} (5 segments)`), error.message);
          return error.message.includes(`${second.id} (1 segment)`);
        });
        const found = await rebuilt(bench, cache, { archive: second.id, from: 'segments' });
        assert.deepEqual(
          found.rows.map(({ path }) => path),
          ['z'],
        );
        assert.equal(found.id, second.id);
        await assert.rejects(archive.rebuild({ archive: 'x' }), /no catalogue of the id x/);
      });
    });
    await withSharedArchive(async (bench) => {
      await assert.rejects(bench.archive().rebuild({ from: 'segments' }), /no segments are there/);
    });
  });

  it('a catalogue that knows something keeps it: later facts win, and it stays the one that it is', async () => {
    await withFive(async (bench, catalogue, cache) => {
      await withTemp(async (other) => {
        const old = await opened(bench, { cacheDirectory: other });
        await add(
          old,
          rowOf('b', { ...gone, size: 7, onTape: NOON + 5, onlineRemoved: NOON + 50 }),
          rowOf('own', gone),
        );
        await old.close();
        const found = await rebuilt(bench, other, { archive: catalogue.id });
        assert.deepEqual(
          found.rows.map(({ path }) => path),
          ['b', 'c', 'e', 'own'],
        );
        assert.equal(found.rows[0]?.onlineRemoved, NOON + 50);
        assert.equal(found.id, old.id);
        assert.deepEqual(found.changed, ['b', 'c', 'e', 'own']);
      });
      assert.ok(cache);
    });
  });

  it('a catalogue restored from an old backup: it gets the later facts, and its chain goes on', async () => {
    await withSharedArchive(async (bench) => {
      const catalogue = await opened(bench);
      const { file, id } = catalogue;
      await add(catalogue, rowOf('a', gone));
      await write(bench, catalogue);
      await catalogue.close();
      await withTemp(async (place) => {
        await copyFile(file, join(place, 'backup'));
        const later = await opened(bench);
        await add(later, rowOf('b', gone));
        await write(bench, later);
        await later.close();
        for (const name of ['', '-wal', '-shm']) await rm(file + name, { force: true });
        await copyFile(join(place, 'backup'), file);
        const found = await rebuilt(bench, bench.cache);
        assert.deepEqual([found.id, found.sequence], [id, 2]);
        assert.deepEqual(
          found.rows.map(({ path }) => path),
          ['a', 'b'],
        );
      });
    });
  });
});

describe('catalogue rebuild: from the listing', () => {
  const records = [
    ['2026/a.h5', 1000],
    ['2026/ä ö#%&.h5', 2000],
    ['b', 3000],
    ['big', 3_000_000],
  ] as const;

  async function withArchived(use: (bench: Bench, cache: string) => Promise<void>): Promise<void> {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      for (const [path, size] of records) await writeRecord(bench.cache, path, size);
      await bench.pass({ autoRemove: 'never', catalogue: false });
      await bench.sandbox.migrateAll();
      await bench.sandbox.evict(['b']);
      await writeRecord(bench.cache, 'waits', 10);
      await bench.pass({ autoRemove: 'never', catalogue: false });
      await withTemp((directory) => use(bench, join(directory, 'cache')));
    });
  }

  it('an archive without segments: a row for each file, with the server’s word; nothing is recalled', async () => {
    await withArchived(async (bench, cache) => {
      const before = Date.now();
      const { rows, report } = await rebuilt(bench, cache);
      assert.deepEqual(counts(report), { scanned: 5, noted: 5 });
      assert.deepEqual(report.rebuilt, {
        ...{ segments: 0, rows: 0, forgotten: 0, listed: 5, unsummed: 0, serverOnly: 5 },
      });
      assert.deepEqual(
        rows.map(({ path, size, onTape }) => [path, size, onTape !== null]),
        [
          ['2026/a.h5', 1000, true],
          ['2026/ä ö#%&.h5', 2000, true],
          ['b', 3000, true],
          ['big', 3_000_000, true],
          ['waits', 10, false],
        ],
      );
      for (const row of rows) {
        assert.ok((row.removing ?? 0) >= before && (row.remoteMtime ?? 0) > before - 600_000);
        const { mtime, mode, checksums, source, removed, rule, copied, compared } = row;
        const facts = { mtime, mode, checksums, source, removed, rule, copied, compared };
        assert.deepEqual(facts, {
          ...{ mtime: null, mode: null, checksums: [], source: 'server', removed: null, rule: null },
          ...{ copied: null, compared: null },
        });
      }
      assert.equal((await bench.sandbox.stateOf('b'))?.offline, true);

      const again = await rebuilt(bench, cache);
      assert.deepEqual(counts(again.report), { scanned: 5, kept: 5 });
      assert.deepEqual(again.rows, rows);
    });
  });

  it('with checksums, also later, and of files that are on tape only', async () => {
    await withArchived(async (bench, cache) => {
      await rebuilt(bench, cache, { from: 'listing' });
      const { rows, report } = await rebuilt(bench, cache, { from: 'listing', checksums: true });
      assert.deepEqual(counts(report), { scanned: 5, noted: 5 });
      assert.equal((await bench.sandbox.stateOf('b'))?.offline, true);
      const lacking = rows.filter(({ checksums }) => checksums.length === 0).length;
      assert.equal(report.rebuilt?.unsummed, lacking);
      assert.ok(lacking <= 1, JSON.stringify(rows));
      const { checksumFile } = await import('../../lib/index.js');
      const [a] = rows;
      const [sum] = a?.checksums ?? [];
      assert.ok(sum?.type === 'adler32' || sum?.type === 'crc32c');
      const { value } = await checksumFile(join(bench.cache, '2026/a.h5'), { type: sum.type });
      assert.equal(sum.value, value);
    });
  });

  it('a cache that still has records: they count as there; better facts stay', async () => {
    await withArchived(async (bench) => {
      const catalogue = await opened(bench);
      await add(catalogue, rowOf('b', { ...gone, size: 3000 }));
      await catalogue.close();
      const { rows, report } = await rebuilt(bench, bench.cache, { from: 'listing' });
      assert.deepEqual(counts(report), { scanned: 5, noted: 4, kept: 1 });
      assert.deepEqual(
        rows.filter(({ removing }) => removing !== null),
        [rowOf('b', { ...gone, size: 3000 })],
      );
      assert.equal(report.rebuilt?.serverOnly, 4);
    });
  });

  it('what segments lack comes from the listing; ended in the middle, the next run goes on', async () => {
    await withArchived(async (bench, cache) => {
      await withTemp(async (lost) => {
        await using catalogue = await opened(bench, { cacheDirectory: lost });
        await add(catalogue, rowOf('b', { ...gone, size: 3000 }));
        await write(bench, catalogue);
        const stop = new AbortController();
        const archive = bench.archive({ cacheDirectory: cache });
        archive.on('pass:started', () => {
          stop.abort();
        });
        assert.equal((await archive.rebuild({ signal: stop.signal })).interrupted, true);
        const { rows, report, id } = await rebuilt(bench, cache);
        assert.deepEqual(counts(report), { scanned: 6, noted: 5, kept: 1 });
        assert.equal(id, catalogue.id);
        assert.deepEqual(
          rows.map(({ path, source }) => `${source} ${path}`),
          ['server 2026/a.h5', 'server 2026/ä ö#%&.h5', 'read b', 'server big', 'server waits'],
        );
      });
    });
  });
});

describe('catalogue rebuild: the command', () => {
  it('needs a configuration and nothing else; says what is missing, and ends with 1', async () => {
    await withFive(async (bench, catalogue, cache) => {
      await rm(fileOf(bench, catalogue, 2));
      await withTemp(async (directory) => {
        const config = join(directory, 'config.yaml');
        await writeFile(
          config,
          `backup:\n  cache_directory: ${cache}\n  target_url: ${bench.sandbox.url}\n  settle_seconds: 0\n`,
        );
        const { code, stdout, stderr } = await cli(['catalogue', 'rebuild', '--config', config]);
        assert.equal(code, 1, stderr);
        assert.match(stdout, /Rebuild finished/);
        assert.match(stdout, /noted +4\n/);
        assert.match(stdout, /segments +4 +5 rows in them/);
        assert.match(stdout, /00000002\.jsonl\.gz: this segment is missing/);
        const again = await cli(['catalogue', 'rebuild', '--config', config, '--from', 'listing', '--json']);
        assert.equal(again.code, 0, again.stderr);
        const events = again.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { type: string });
        assert.deepEqual([events[0]?.type, events.at(-1)?.type], ['pass:started', 'pass:finished']);
        const wrong = await cli(['catalogue', 'rebuild', '--config', config, '--archive', 'x']);
        assert.equal(wrong.code, 2);
      });
    });
  });
});
