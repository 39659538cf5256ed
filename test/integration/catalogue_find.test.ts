/** Searching the catalogue and looking after it, through the library. Nobody listens at the target: no server is asked. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path, { join } from 'node:path';
import Database from 'libsql';
import {
  Archive,
  CatalogueError,
  ConfigError,
  ImportError,
  type FindOptions,
  type FoundItem,
} from '../../lib/index.js';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { APPLICATION_ID, FORMAT } from '../../lib/catalogue/schema.js';
import { collect, withSharedArchive } from '../support/archive.js';
import {
  allRows,
  catalogueConfig,
  mustOpen,
  fileIn,
  NOON,
  rowOf,
  TARGET,
  withCatalogue,
  type CatalogueBench,
} from '../support/catalogue.js';
import { withTemp } from '../support/temporary.js';

const gone = { removing: NOON + 1, removed: NOON + 2, rule: 'cached' } as const;
const DAY = 86_400_000;

const rows: CatalogueRow[] = [
  rowOf('2025/a.h5', { ...gone, onTape: NOON + 3, mtime: (NOON - 30 * DAY) * 1000 }),
  rowOf('2025/b-1.h5', { ...gone, size: 5_000_000 }),
  rowOf('2025/b.h5', { ...gone, lost: NOON + 9, loss: 'the server has no such file' }),
  rowOf('2025-old/a.h5', { mtime: null, remoteMtime: NOON - 30 * DAY }),
  rowOf('2026/[1].h5'),
  rowOf('top.h5', { mtime: null, remoteMtime: null }),
];

function archiveOf({ cache }: Pick<CatalogueBench, 'cache'>, more = {}): Archive {
  return new Archive({ cacheDirectory: cache, targetUrl: TARGET, logLevel: 'error', ...more });
}

const pathsIn = (items: readonly FoundItem[]) =>
  items.map((item) => ('failed' in item ? `${item.code}: ${item.path}` : item.path));

describe('find', () => {
  const searches: [title: string, ...Parameters<Archive['find']>, found: string[]][] = [
    [
      'everything',
      [],
      {},
      ['2025-old/a.h5', '2025/a.h5', '2025/b-1.h5', '2025/b.h5', '2026/[1].h5', 'top.h5'],
    ],
    ['below a directory', ['2025'], {}, ['2025/a.h5', '2025/b-1.h5', '2025/b.h5']],
    ['a record', ['2025/b.h5'], {}, ['2025/b.h5']],
    ['a glob', ['**/a.h5'], {}, ['2025-old/a.h5', '2025/a.h5']],
    ['a plain name with brackets', [], { list: ['2026/[1].h5'] }, ['2026/[1].h5']],
    ['a state', [], { states: ['lost'] }, ['2025/b.h5']],
    ['several states', ['2025'], { states: ['lost', 'waiting'] }, ['2025/b-1.h5', '2025/b.h5']],
    ['a size', [], { minSize: 1001 }, ['2025/b-1.h5']],
    ['since: its own time', ['2025'], { since: new Date(NOON) }, ['2025/b-1.h5', '2025/b.h5']],
    [
      'until; the server’s time where no other is known',
      ['2025*'],
      { until: new Date(NOON) },
      ['2025-old/a.h5', '2025/a.h5'],
    ],
    ['what may be meant, as a failure', ['top.h5'], { since: new Date(NOON) }, ['BadTime: top.h5']],
    [
      'what is nowhere, as a failure',
      ['2025/b', '2027/*', '2026'],
      {},
      ['2026/[1].h5', 'NotFound: 2025/b', 'NotFound: 2027/*'],
    ],
    ['nothing of this state, which is no mistake', ['2026'], { states: ['lost'] }, []],
  ];
  for (const [title, patterns, options, found] of searches)
    it(`finds ${title}`, async () => {
      await withCatalogue({ rows }, async (bench) => {
        assert.deepEqual(
          pathsIn(await collect(archiveOf(bench).find(patterns, options))).sort(),
          found.sort(),
        );
      });
    });

  it('tells all that is known of a record', async () => {
    await withCatalogue({ rows }, async (bench) => {
      assert.deepEqual(await collect(archiveOf(bench).find(['2025/a.h5'])), [
        {
          ...{ path: '2025/a.h5', size: 1000, mtime: new Date(NOON - 30 * DAY), remoteMtime: new Date(NOON) },
          ...{ mode: 0o640, state: 'on_tape', stateSince: new Date(NOON + 3), source: 'read' },
          checksums: [{ type: 'adler32', value: '0a1b2c3d' }],
          ...{ copied: new Date(NOON), removed: new Date(NOON + 2), onlineRemoved: null },
          ...{ audited: null, audit: null, loss: null },
        },
      ]);
    });
  });

  it('finds the records below a path in a catalogue of several pages, in their order', async () => {
    const many = Array.from({ length: 2500 }, (_, index) => rowOf(`m/${String(index).padStart(5, '0')}`));
    await withCatalogue({ rows: [rowOf('a'), ...many, rowOf('m-x'), rowOf('m0')] }, async (bench) => {
      const found = pathsIn(await collect(archiveOf(bench).find(['m'])));
      assert.deepEqual(
        found,
        many.map((row) => row.path),
      );
    });
  });

  it('refuses patterns that can name nothing', async () => {
    await withCatalogue({ rows }, async (bench) => {
      await assert.rejects(collect(archiveOf(bench).find(['/2025'])), ConfigError);
    });
  });
});

describe('without a catalogue that can be used', () => {
  const asks = (archive: Archive): [string, () => Promise<unknown>][] => [
    ['find', () => collect(archive.find())],
    ['status', () => archive.catalogue.status()],
    ['check', () => archive.catalogue.check()],
    ['export', () => collect(archive.catalogue.export({ format: 'jsonl' }))],
    ['forget', () => archive.catalogue.forget(['a'], { reason: 'why' })],
    ['adopt', () => archive.catalogue.adopt()],
  ];

  const none: [title: string, options: object, message: RegExp][] = [
    ['none was made', {}, /there is no catalogue at .*\.xrootd-archive\.catalogue: the first pass/],
    ['none is wanted', { catalogue: false }, /"catalogue: false"/],
    ['there is no place for one', { cacheDirectory: undefined }, /set cache_directory or catalogue_path/],
  ];
  for (const [title, options, message] of none)
    it(`says so: ${title}; and makes nothing`, async () => {
      await withTemp(async (cache) => {
        for (const [name, ask] of asks(archiveOf({ cache }, options)))
          await assert.rejects(
            ask,
            (error) => error instanceof ConfigError && message.test(error.message),
            name,
          );
        assert.deepEqual(await readdir(cache), []);
      });
    });

  it('says so: another archive’s; adopt takes it over', async () => {
    await withCatalogue({ rows }, async ({ cache, catalogue }) => {
      await catalogue.close();
      const archive = archiveOf({ cache }, { targetUrl: 'root://elsewhere//moved' });
      for (const [name, ask] of asks(archive).slice(0, -1)) await assert.rejects(ask, ConfigError, name);
      const [one] = await archive.catalogue.adopt();
      assert.deepEqual(
        [one?.before.target, one?.now.target, one?.changed],
        ['localhost:1094//base', 'elsewhere:1094//moved', true],
      );
      assert.equal((await collect(archive.find())).length, rows.length);
      assert.equal((await archive.catalogue.adopt())[0]?.changed, false);
    });
  });

  for (const [code, sql] of [
    ['Newer', `PRAGMA application_id = ${APPLICATION_ID + FORMAT + 1}`],
    ['Foreign', 'DROP TABLE records; DROP VIEW records_readable; PRAGMA application_id = 1; VACUUM'],
  ] as const)
    it(`says so: ${code}; and leaves it`, async () => {
      await withCatalogue({ rows }, async ({ cache, catalogue }) => {
        await catalogue.close();
        const database = new Database(fileIn(cache));
        database.exec(sql);
        database.close();
        for (const [name, ask] of asks(archiveOf({ cache })))
          await assert.rejects(ask, (error) => error instanceof CatalogueError && error.code === code, name);
        assert.ok((await readdir(cache)).includes(path.basename(fileIn(cache))));
      });
    });

  it('says so: damaged bytes; nobody puts it aside who only wanted to see or change it', async () => {
    await withTemp(async (cache) => {
      const file = fileIn(cache);
      await writeFile(file, `SQLite format 3\0${'x'.repeat(8192)}`);
      for (const [name, ask] of asks(archiveOf({ cache })))
        await assert.rejects(
          ask,
          (error) =>
            error instanceof CatalogueError &&
            error.code === 'Damaged' &&
            error.message.includes(file) &&
            error.message.includes('the next pass of backup puts it aside'),
          name,
        );
      await assert.rejects(archiveOf({ cache }).catalogue.import(['{"path":"a","size":1}']), CatalogueError);
      assert.deepEqual(
        (await readdir(cache)).filter((name) => !/-(wal|shm)$/.test(name)),
        [path.basename(file)],
      );
    });
  });
});

describe('export and import', () => {
  it('as JSON lines: another catalogue then knows the same', async () => {
    await withCatalogue({ rows }, async (bench) => {
      const lines = await linesOf(archiveOf(bench), 'jsonl');
      assert.equal(lines.length, rows.length);
      await withTemp(async (cache) => {
        const other = archiveOf({ cache });
        const result = await other.catalogue.import(lines);
        assert.deepEqual(result, { format: 'jsonl', imported: rows.length, failed: 0, failures: [] });
        assert.deepEqual(await linesOf(other, 'jsonl'), lines);
      });
    });
  });

  it('a dry run makes nothing', async () => {
    await withTemp(async (cache) => {
      const { imported } = await archiveOf({ cache }).catalogue.import([JSON.stringify(rows[0])], {
        dryRun: true,
      });
      assert.equal(imported, 1);
      assert.deepEqual(await readdir(cache), []);
    });
  });

  it('a line that is wrong ends it, by its number; what was written is said', async () => {
    await withTemp(async (cache) => {
      const archive = archiveOf({ cache });
      const good = Array.from({ length: 1500 }, (_, index) => JSON.stringify(rowOf(`r/${index}`)));
      const wrong = [...good, '{"path":"x"}'];
      await assert.rejects(archive.catalogue.import(wrong, { dryRun: true }), (error) => {
        assert.ok(error instanceof ImportError);
        assert.deepEqual([error.line, error.imported, error.exitCode], [1501, 0, 2]);
        return /^line 1501 is no row of a catalogue: size: .*; nothing was imported$/.test(error.message);
      });
      await assert.rejects(archive.catalogue.import(wrong), (error) => {
        assert.ok(error instanceof ImportError);
        assert.deepEqual([error.line, error.imported, error.exitCode], [1501, 1000, 1]);
        return true;
      });
      assert.equal((await collect(archive.find(['r']))).length, 1000);
      assert.equal((await archive.catalogue.import(good)).imported, 1500);
      assert.equal((await collect(archive.find(['r']))).length, 1500);
    });
  });

  it('does not run ahead of the disk: lines are asked for as they are written', async () => {
    await withTemp(async (cache) => {
      const archive = archiveOf({ cache });
      const known: number[] = [];
      async function* lines() {
        for (let index = 0; index < 5000; index++) {
          if (index % 1000 === 1) known.push((await collect(archive.find([]))).length);
          yield JSON.stringify(rowOf(`r/${index}`));
        }
      }
      await archive.catalogue.import(lines());
      assert.deepEqual(known, [0, 1000, 2000, 3000, 4000]);
    });
  });

  it('a checksum list adds to rows that are there, as somebody’s word or as what was read', async () => {
    const only = { source: 'server', checksums: [{ type: 'md5', value: 'd'.repeat(32) }] } as const;
    await withCatalogue(
      { rows: [rowOf('a', only), rowOf('b', only), rowOf('c'), rowOf('d', only)] },
      async (bench) => {
        const archive = archiveOf(bench);
        const list = [
          'adler32:00000001  a',
          `md5:${'e'.repeat(32)}  b`,
          'adler32:00000002  nowhere',
          '# made',
          '0a1b2c3d  c',
        ];
        const { format, imported, failures } = await archive.catalogue.import(list);
        assert.deepEqual([format, imported], ['checksums', 2]);
        assert.deepEqual(
          failures.map(({ path: name, code }) => [name, code]),
          [
            ['b', 'Conflict'],
            ['nowhere', 'NotFound'],
          ],
        );
        await archive.catalogue.import(['adler32:00000003  d'], { asRead: true });
        const known = Object.fromEntries((await allRows(bench.catalogue)).map((row) => [row.path, row]));
        assert.deepEqual(known['a']?.checksums.map(({ type }) => type).sort(), ['adler32', 'md5']);
        assert.deepEqual([known['a'].source, known['c']?.source], ['server', 'read']);
        assert.deepEqual(known['b']?.checksums, only.checksums);
        // What was read isn't mixed with the server's word.
        assert.deepEqual(
          [known['d']?.source, known['d']?.checksums],
          ['read', [{ type: 'adler32', value: '00000003' }]],
        );
      },
    );
  });

  it('a list that names a record twice, with different checksums, is a conflict', async () => {
    await withCatalogue({ rows: [rowOf('a', { checksums: [], source: 'server' })] }, async (bench) => {
      const { imported, failures } = await archiveOf(bench).catalogue.import(['00000001  a', '00000002  a']);
      assert.deepEqual([imported, failures[0]?.code], [1, 'Conflict']);
    });
  });

  it('as a checksum list: verify reads it, and finds what the server has changed', async () => {
    await withSharedArchive(async ({ cache, archive, pass, sandbox }) => {
      const names = ['a b.h5', 'x/ä.h5', '#c.h5', '{d}.h5'];
      await mkdir(join(cache, 'x'));
      for (const name of names) await writeFile(join(cache, name), `bytes of ${name}`);
      await pass({ autoRemove: 'cached' });
      const lines = await linesOf(archive(), 'checksums');
      assert.equal(lines.length, names.length);
      const report = await archive().verify([], { against: { checksums: lines } });
      assert.deepEqual([report.verified, report.failed, report.conflicts], [4, 0, 0]);
      await rm(sandbox.diskPath('#c.h5'));
      const after = await archive().verify([], { against: { checksums: lines } });
      assert.deepEqual([after.verified, after.failures.map((failure) => failure.path)], [3, ['#c.h5']]);
    });
  });
});

describe('forget', () => {
  it('takes rows out, keeps the reason, and tells what no row has', async () => {
    await withCatalogue({ rows }, async (bench) => {
      await mkdir(join(bench.cache, '2026'));
      await writeFile(join(bench.cache, '2026/[1].h5'), 'still here');
      const archive = archiveOf(bench);
      const names = ['./2025/b.h5', '2026/[1].h5', '2025', 'nowhere'];
      const dry = await archive.catalogue.forget(names, { reason: 'a drill', dryRun: true });
      assert.equal(dry.forgotten.length, 2);
      assert.equal((await allRows(bench.catalogue)).length, rows.length);

      const { forgotten, unknown } = await archive.catalogue.forget(names, {
        reason: 'given up by the users',
      });
      assert.deepEqual(
        forgotten.map(({ path: name, inCache }) => [name, inCache]),
        [
          ['2025/b.h5', false],
          ['2026/[1].h5', true],
        ],
      );
      assert.deepEqual(unknown, ['2025', 'nowhere']);
      assert.equal((await allRows(bench.catalogue)).length, rows.length - 2);
      const kept = await collect(bench.catalogue.forgotten());
      assert.deepEqual(
        kept.map(({ path: name, reason, row }) => [name, reason, row.loss]),
        [
          ['2025/b.h5', 'given up by the users', 'the server has no such file'],
          ['2026/[1].h5', 'given up by the users', null],
        ],
      );
    });
  });

  it('a record whose name another one has by now: the loss is found and taken out, the other one stays', async () => {
    await withTemp(async (cache) => {
      const config = catalogueConfig(cache);
      const lostOne = rowOf('r', { ...gone, size: 7 });
      // After the number of shards has changed, the two are in one file, and the new one in another file as well.
      const shards = [
        [lostOne, rowOf('r', { compared: NOON + DAY })],
        [rowOf('r', { compared: NOON + DAY })],
      ];
      for (const [index, own] of shards.entries()) {
        await using one = await mustOpen(config, { mode: 'write', shard: { index, count: 2 } });
        for (const row of own) await one.durable({ kind: 'imported', row });
      }
      const archive = archiveOf({ cache });
      const found = async (options: FindOptions) => {
        const items = await collect(archive.find(['r'], options));
        return items.map((item) => ('failed' in item ? item.code : `${item.state} ${item.size}`));
      };
      assert.deepEqual(await found({}), ['in_cache 1000']);
      assert.deepEqual(await found({ states: ['lost'] }), ['lost 7']);
      assert.deepEqual(await found({ states: ['lost', 'in_cache'] }), ['in_cache 1000', 'lost 7']);
      assert.deepEqual(await found({ states: ['lost'], minSize: 8 }), []);
      const { lost: named, states } = await archive.catalogue.status();
      assert.deepEqual([named.map(({ size }) => size), states.lost], [[7], { records: 1, bytes: 7 }]);
      assert.match(named[0]?.loss ?? '', /another record was archived under its name/);

      for (const dryRun of [true, false]) {
        const { forgotten, unknown } = await archive.catalogue.forget(['r'], { reason: 'why', dryRun });
        const taken = forgotten.map(({ size, state, inCache }) => [size, state, inCache]);
        assert.deepEqual([taken, unknown], [[[7, 'lost', false]], []]);
      }
      assert.deepEqual(await found({}), ['in_cache 1000']);
      assert.deepEqual(await found({ states: ['lost'] }), []);
      assert.equal((await archive.catalogue.check()).records, 2);
      // Then it is the record's turn.
      assert.equal((await archive.catalogue.forget(['r'], { reason: 'why' })).forgotten[0]?.size, 1000);
      assert.equal((await archive.catalogue.check()).records, 0);
    });
  });

  for (const [what, later] of [
    ['was archived since', { compared: NOON + 2 * DAY }],
    ['was asked about before the loss was found', { compared: NOON - DAY }],
  ] as const)
    it(`a loss that one shard knows, and a record that ${what} and another shard knows: only the loss is taken out`, async () => {
      await withTemp(async (cache) => {
        const config = catalogueConfig(cache);
        const lostOne = { ...gone, size: 7, lost: NOON + DAY, loss: 'the server has no such file' };
        const taker = { ...gone, ...later, removing: later.compared, removed: later.compared };
        for (const [index, row] of [rowOf('r', lostOne), rowOf('r', taker)].entries()) {
          await using one = await mustOpen(config, { mode: 'write', shard: { index, count: 2 } });
          await one.durable({ kind: 'imported', row });
        }
        const archive = archiveOf({ cache });
        const { lost: named, states } = await archive.catalogue.status();
        assert.deepEqual([named.map(({ size }) => size), states.lost], [[7], { records: 1, bytes: 7 }]);
        const { forgotten, unknown } = await archive.catalogue.forget(['r'], { reason: 'why' });
        assert.deepEqual([forgotten.map(({ size, state }) => [size, state]), unknown], [[[7, 'lost']], []]);
        const left = await collect(archive.find(['r'], {}));
        assert.deepEqual(
          left.map((item) => ('failed' in item ? item.code : item.size)),
          [1000],
        );
      });
    });

  it('a name that only such a loss has is known', async () => {
    await withCatalogue({ rows: [rowOf('r', { ...gone, size: 7 })] }, async (bench) => {
      await bench.catalogue.durable({ kind: 'imported', row: rowOf('r', { compared: NOON + DAY }) });
      const { row, ...taken } = (await collect(bench.catalogue.replacedLosses()))[0] ?? assert.fail();
      await withCatalogue({}, async ({ cache, catalogue }) => {
        await catalogue.durable({ kind: 'imported_forgotten', forgotten: { ...taken, row } });
        const archive = archiveOf({ cache });
        assert.deepEqual(pathsIn(await collect(archive.find(['r']))), []);
        assert.deepEqual(pathsIn(await collect(archive.find(['r'], { states: ['lost'] }))), ['r']);
        const { forgotten, unknown } = await archive.catalogue.forget(['r'], { reason: 'why' });
        assert.deepEqual([forgotten.length, unknown], [1, []]);
      });
    });
  });

  it('needs a reason, and names', async () => {
    await withCatalogue({ rows }, async (bench) => {
      const { catalogue } = archiveOf(bench);
      for (const [names, reason] of [
        [['a'], ' '],
        [[], 'why'],
        [['.'], 'why'],
        [['../a'], 'why'],
      ] as const)
        await assert.rejects(catalogue.forget(names, { reason }), ConfigError);
    });
  });

  it('and a pass that writes at the same time: both are written', async () => {
    await withCatalogue({ rows }, async (bench) => {
      const { catalogue } = archiveOf(bench);
      const writing = (async () => {
        for (let index = 0; index < 200; index++)
          await bench.catalogue.durable({ kind: 'imported', row: rowOf(`pass/${index}`) });
      })();
      for (const row of rows) await catalogue.forget([row.path], { reason: 'beside a pass' });
      await writing;
      assert.equal((await allRows(bench.catalogue)).length, 200);
      assert.equal((await collect(bench.catalogue.forgotten())).length, rows.length);
    });
  });
});

describe('a catalogue of several shards', () => {
  it('is found in, exported and summed up as one', async () => {
    await withTemp(async (cache) => {
      const lost = rowOf('b', { removing: NOON, lost: NOON, loss: 'gone', followed: NOON });
      const found = { ...lost, lost: null, loss: null, followed: NOON + 1, onTape: NOON + 1 };
      const parts = [
        [rowOf('a'), lost],
        [found, rowOf('c', { mtime: null, remoteMtime: null })],
      ];
      for (const [index, own] of parts.entries()) {
        await using one = await mustOpen(catalogueConfig(cache), {
          mode: 'write',
          shard: { index, count: 2 },
        });
        for (const row of own) await one.durable({ kind: 'imported', row });
      }
      const archive = archiveOf({ cache });
      const items = async (options: FindOptions) => pathsIn(await collect(archive.find([], options)));
      assert.deepEqual(await items({}), ['a', 'b', 'c']);
      assert.deepEqual(await items({ states: ['lost'] }), []);
      assert.deepEqual(await items({ states: ['on_tape'] }), ['b']);
      assert.deepEqual(await items({ since: new Date(0) }), ['a', 'b', 'BadTime: c']);
      assert.equal((await collect(archive.catalogue.export({ format: 'jsonl' }))).length, 3);
      const { files, states, lost: named } = await archive.catalogue.status();
      assert.equal(files.length, 2);
      assert.deepEqual([states.lost.records, named], [0, []]);
    });
  });

  it('is checked, adopted, and rid of rows in each of its files', async () => {
    await withTemp(async (cache) => {
      for (const index of [0, 1]) {
        await using one = await mustOpen(catalogueConfig(cache), {
          mode: 'write',
          shard: { index, count: 2 },
        });
        for (const name of ['both', `own-${index}`])
          await one.durable({ kind: 'imported', row: rowOf(name) });
      }
      const files = [0, 1].map((index) => `${fileIn(cache)}.${index}-of-2`);
      const { catalogue } = archiveOf({ cache });
      const checked = await catalogue.check();
      assert.deepEqual([checked.files, checked.records], [files, 4]);
      const { forgotten, unknown } = await catalogue.forget(['both', 'own-1', 'own-2'], { reason: 'why' });
      assert.deepEqual([forgotten.map((row) => row.path).sort(), unknown], [['both', 'own-1'], ['own-2']]);
      assert.equal((await catalogue.check()).records, 1);
      const moved = archiveOf({ cache }, { targetUrl: 'root://elsewhere//moved' });
      assert.deepEqual(
        (await moved.catalogue.adopt()).map(({ file, changed }) => [file, changed]),
        files.map((file) => [file, true]),
      );
      assert.equal((await moved.catalogue.check()).records, 1);
    });
  });
});

describe('status and check', () => {
  it('tell what there is', async () => {
    await withCatalogue({ rows }, async (bench) => {
      bench.catalogue.note({
        kind: 'pass',
        job: 'backup',
        started: '2026-01-01T00:00:00Z',
        finished: '2026-01-01T00:00:01Z',
        report: '{"copied":2}',
      });
      await bench.catalogue.durable({ kind: 'audited', path: '2025/a.h5', at: NOON + DAY, result: 'ok' });
      await writeFile(`${fileIn(bench.cache)}.damaged-2026-01-01`, '');
      const status = await archiveOf(bench).catalogue.status();
      assert.deepEqual(status.files, [{ file: fileIn(bench.cache), id: bench.catalogue.id }]);
      assert.deepEqual(
        [status.records, status.states.in_cache.records, status.states.lost],
        [6, 3, { records: 1, bytes: 1000 }],
      );
      assert.deepEqual(
        status.lost.map(({ path: name }) => name),
        ['2025/b.h5'],
      );
      assert.deepEqual(status.lastAudit, new Date(NOON + DAY));
      assert.deepEqual(
        status.parts.map(({ name, audited }) => [name, audited]),
        [
          ['.', 0],
          ['2025', 1],
          ['2025-old', 0],
          ['2026', 0],
        ],
      );
      assert.deepEqual(
        status.passes.map(({ job, report }) => [job, report]),
        [['backup', { copied: 2 }]],
      );
      assert.deepEqual(status.segments, { enabled: true, url: null, last: 0 });
      assert.deepEqual(status.damagedFiles, [`${fileIn(bench.cache)}.damaged-2026-01-01`]);
    });
  });

  it('check reads every row, and names those that contradict themselves', async () => {
    await withCatalogue({ rows }, async (bench) => {
      assert.equal((await archiveOf(bench).catalogue.check()).wrong, 0);
      await bench.catalogue.durable({ kind: 'imported', row: rowOf('odd', { rule: 'cached' }) });
      await bench.catalogue.durable({
        kind: 'imported',
        row: rowOf('spoilt', { checksums: [{ type: 'adler32', value: '' }] }),
      });
      const { records, wrong, problems } = await archiveOf(bench).catalogue.check();
      assert.deepEqual([records, wrong, problems.map(({ path: name }) => name)], [8, 2, ['odd', 'spoilt']]);
    });
  });

  it('check finds bytes that were overwritten', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => rowOf(`r/${index}`));
    await withCatalogue({ rows: many }, async ({ cache, catalogue }) => {
      await catalogue.close();
      const file = fileIn(cache);
      const bytes = await readFile(file);
      bytes.fill(0xff, 40 * 4096, 42 * 4096);
      await writeFile(`${file}.new`, bytes);
      await rename(`${file}.new`, file);
      await assert.rejects(
        archiveOf({ cache }).catalogue.check(),
        (error) => error instanceof CatalogueError && error.code === 'Damaged',
      );
    });
  });
});

async function linesOf(archive: Archive, format: 'jsonl' | 'checksums'): Promise<string[]> {
  const items = await collect(archive.catalogue.export({ format }));
  return items.flatMap((item) => {
    assert.ok('line' in item, JSON.stringify(item));
    return [item.line];
  });
}
