import assert from 'node:assert/strict';
import Database from 'libsql';
import fc from 'fast-check';
import { ChangeWriter } from '../../lib/catalogue/apply.js';
import type { Change } from '../../lib/catalogue/changes.js';
import { mayBeEqual, mergedRow } from '../../lib/catalogue/merge.js';
import { readForgotten, readPage, readRows, summarize } from '../../lib/catalogue/queries.js';
import {
  REPLACED,
  REPLACED_LOST,
  ROW_STATES,
  stateOf,
  type CatalogueRow,
  type ForgottenRow,
} from '../../lib/catalogue/row.js';
import type { Checksum } from '../../lib/rules/checksum.js';
import { SCHEMA } from '../../lib/catalogue/schema.js';
import { factsOf, rowOf } from '../support/catalogue.js';
import { scaled } from '../support/tier.js';

/** The tables alone, in memory. */
class Tables {
  readonly database = new Database(':memory:');
  readonly #writer: ChangeWriter;
  batch = 0;

  constructor(changes: readonly Change[] = []) {
    this.database.exec(SCHEMA);
    this.#writer = new ChangeWriter(this.database);
    this.apply(...changes);
  }

  apply(...changes: readonly Change[]): this {
    for (const change of changes) this.#writer.apply(change, ++this.batch);
    return this;
  }

  row(path = 'a'): CatalogueRow | undefined {
    return readRows(this.database, [path])[0];
  }

  rows(): CatalogueRow[] {
    return readPage(this.database, { filter: {}, after: '', limit: 1000 });
  }

  forgotten(): (ForgottenRow & { id: number })[] {
    return readForgotten(this.database, { after: 0, limit: 1000 });
  }
}

const runs = scaled('histories of a record', 40, 1000);

const bytesOf = (content: number) => ({
  checksums: [{ type: 'adler32', value: `0000000${content}` }],
});
const recordOf = ({ path, checksums }: Pick<CatalogueRow, 'path' | 'checksums'>) =>
  `${path} ${checksums[0]?.value}`;
const compared = (at: number, content = 1, onTape: boolean | null = null): Change => ({
  ...{ kind: 'compared', at, copied: false, onTape },
  facts: factsOf('a', bytesOf(content)),
});
const removing = (at: number, content = 1, onTape: boolean | null = null): Change => ({
  ...{ kind: 'removing', at, rule: 'cached', copied: false, onTape },
  facts: factsOf('a', bytesOf(content)),
});
const onlineRemoving = (at: number): Change => ({
  ...{ kind: 'online_removing', at },
  facts: factsOf('a', bytesOf(1)),
});
const removed = (at: number): Change => ({ kind: 'removed', path: 'a', at });
const lost = (at: number): Change => ({ kind: 'lost', path: 'a', at, reason: 'gone' });

describe('a change of the catalogue', () => {
  const table: [string, Change[], Partial<CatalogueRow>][] = [
    ['compared', [compared(1)], { compared: 1, copied: null, onTape: null, removing: null }],
    ['compared after a copy', [{ ...compared(1), copied: true } as Change], { compared: 1, copied: 1 }],
    [
      'a later comparison keeps when it was copied',
      [{ ...compared(1), copied: true } as Change, compared(2)],
      { compared: 2, copied: 1 },
    ],
    ['seen on tape by a comparison', [compared(1, 1, true)], { onTape: 1 }],
    ['first seen on tape', [compared(1, 1, true), compared(2, 1, true)], { onTape: 1 }],
    ['tape not asked', [compared(1, 1, true), compared(2)], { onTape: 1, compared: 2 }],
    ['not on tape any more', [compared(1, 1, true), compared(2, 1, false)], { onTape: null }],
    ['removing', [removing(1)], { compared: 1, removing: 1, removed: null, rule: 'cached' }],
    ['removed', [removing(1), removed(2)], { removing: 1, removed: 2 }],
    ['removed, the note before it lost', [compared(1), removed(2)], { removing: 2, removed: 2 }],
    ['removed, no row', [removed(2)], {}],
    [
      'stays',
      [removing(1), removed(2), { kind: 'stays', path: 'a' }],
      { removing: null, removed: null, rule: null, compared: 1 },
    ],
    [
      'compared again, the file came back',
      [removing(1), removed(2), lost(3), compared(4)],
      { removing: null, removed: null, rule: null, lost: null, loss: null, followed: null },
    ],
    ['lost', [removing(1), lost(3), lost(4)], { lost: 3, loss: 'gone', followed: 4 }],
    [
      'found again',
      [removing(1), lost(3), { kind: 'followed', path: 'a', at: 4 }],
      { lost: null, loss: null, followed: 4, onTape: null },
    ],
    [
      'found on tape',
      [removing(1), lost(3), { kind: 'on_tape', path: 'a', at: 4 }],
      { lost: null, loss: null, followed: 4, onTape: 4 },
    ],
    [
      'audited',
      [compared(1), { kind: 'audited', path: 'a', at: 5, result: 'ok' }],
      { audited: 5, audit: 'ok' },
    ],
    [
      'compared before the online file is removed: the local one stays removed',
      [removing(1), removed(2), onlineRemoving(3)],
      { compared: 1, removing: 1, removed: 2, rule: 'cached', followed: 3, onTape: 3 },
    ],
    [
      'compared before the online file is removed, never removed here',
      [compared(1), onlineRemoving(3)],
      { compared: 3 },
    ],
    ['online removed', [compared(1), { kind: 'online_removed', path: 'a', at: 5 }], { onlineRemoved: 5 }],
  ];
  for (const [name, changes, expected] of table)
    it(name, () => {
      const row = new Tables(changes).row();
      for (const [key, value] of Object.entries(expected))
        assert.deepEqual(row?.[key as keyof CatalogueRow], value, key);
    });

  it('keeps the better checksum, and adds types', () => {
    const of = (source: 'put' | 'read' | 'server', ...checksums: Checksum[]): Change => ({
      ...{ kind: 'compared', at: 1, copied: false, onTape: null },
      facts: factsOf('a', { source, checksums }),
    });
    const sha256 = { type: 'sha256', value: 'aa' };
    const adler32 = { type: 'adler32', value: '1' };
    const put = new Tables([of('put', sha256), of('read', sha256, adler32)]).row();
    assert.deepEqual(put?.checksums, [sha256, adler32]);
    assert.equal(put.source, 'put');
    const server = new Tables([of('server', { type: 'crc32c', value: 'aa' }), of('read', adler32)]).row();
    assert.deepEqual([server?.source, server?.checksums], ['read', [adler32]]);
  });

  it('of other bytes in a name whose file was there remembers what was replaced', () => {
    const tables = new Tables([compared(1, 1), compared(5, 2)]);
    assert.equal(tables.row()?.checksums[0]?.value, '00000002');
    const [before, ...others] = tables.forgotten();
    assert.deepEqual([before?.at, before?.reason, before?.row.compared], [5, REPLACED, 1]);
    assert.deepEqual(others, []);
    assert.equal(summarize(tables.database).lost.records, 0);
  });

  for (const [name, changes] of [
    ['had gone', [removing(1, 1), removed(2)]],
    ['was to go', [removing(1, 1)]],
    ['had gone, and was on tape', [removing(1, 1, true), removed(2)]],
    ['was lost', [removing(1, 1), removed(2), lost(3)]],
  ] as const)
    it(`of other bytes in a name whose file ${name} is a loss, until somebody forgets it`, () => {
      const tables = new Tables([...changes, compared(5, 2)]);
      assert.deepEqual(
        tables.forgotten().map(({ reason }) => reason),
        [REPLACED_LOST],
      );
      assert.deepEqual(summarize(tables.database).lost, { records: 1, bytes: 1000 });
      tables.apply({ kind: 'forgotten', path: 'a', at: 9, reason: 'seen' });
      assert.equal(tables.row()?.checksums[0]?.value, '00000002', 'the new record stays');
      assert.deepEqual(
        tables.forgotten().map(({ at, reason }) => [at, reason]),
        [[9, `${REPLACED}; seen`]],
      );
      assert.equal(summarize(tables.database).lost.records, 0);
      tables.apply({ kind: 'forgotten', path: 'a', at: 10, reason: 'this one too' });
      assert.deepEqual([tables.row(), tables.forgotten().length], [undefined, 2]);
    });

  it('to one of lost records of the same name forgets all that are lost', () => {
    const again: Change[] = [removing(5, 2), removed(6), lost(7)];
    const tables = new Tables([removing(1, 1), lost(3), ...again]);
    assert.equal(summarize(tables.database).lost.records, 2);
    tables.apply({ kind: 'forgotten', path: 'a', at: 9, reason: 'seen' });
    assert.equal(summarize(tables.database).lost.records, 0);
    assert.equal(tables.row(), undefined);
    assert.equal(tables.forgotten().length, 2);
  });

  it('to take out what is unknown does nothing', () => {
    assert.deepEqual(new Tables([{ kind: 'forgotten', path: 'a', at: 1, reason: 'x' }]).forgotten(), []);
  });
});

describe('what a segment has', () => {
  it('is also the change by which a record is no longer lost: a rebuild must know it', () => {
    const ends: [string, Change][] = [
      ['followed', { kind: 'followed', path: 'a', at: 4 }],
      ['on_tape', { kind: 'on_tape', path: 'a', at: 4 }],
      ['compared', compared(4)],
      ['removing', removing(4)],
      ['online_removing', onlineRemoving(4)],
    ];
    for (const [name, end] of ends) {
      const tables = new Tables();
      const rebuilt = new Tables();
      for (const change of [removing(1), removed(2), lost(3), end]) {
        tables.apply(change);
        const filter = { changedUpTo: tables.batch };
        for (const row of readPage(tables.database, { filter, after: '', limit: 10 }))
          rebuilt.apply({ kind: 'imported', row });
        tables.apply({ kind: 'exported', batch: tables.batch });
      }
      const states = [tables, rebuilt].map((each) => stateOf(each.row() ?? rowOf('none')));
      assert.notEqual(states[0], 'lost', name);
      assert.equal(states[1], states[0], name);
    }
  });

  it('is no record that was only found once more', () => {
    const tables = new Tables([removing(1), removed(2)]);
    tables.apply({ kind: 'exported', batch: tables.batch }, { kind: 'followed', path: 'a', at: 3 });
    const filter = { changedUpTo: tables.batch };
    assert.deepEqual(readPage(tables.database, { filter, after: '', limit: 10 }), []);
  });

  it('is marked up to its batch, by path and in whole', () => {
    const tables = new Tables(
      ['a', 'b', 'c'].map((path) => ({ kind: 'imported', row: rowOf(path) }) as const),
    );
    const changed = (changedUpTo = 1000) =>
      readPage(tables.database, { filter: { changedUpTo }, after: '', limit: 10 }).map(({ path }) => path);
    assert.deepEqual(changed(2), ['a', 'b']);
    tables.apply({ kind: 'exported', batch: 3, upTo: 'a' });
    assert.deepEqual(changed(), ['b', 'c']);
    tables.apply({ kind: 'exported', batch: 2 });
    assert.deepEqual(changed(), ['c']);
    tables.apply(
      { kind: 'lost', path: 'a', at: 1, reason: 'x' },
      { kind: 'audited', path: 'b', at: 1, result: 'ok' },
    );
    assert.deepEqual(changed(), ['a', 'c'], 'an audit is no reason to write it again');
  });
});

describe('bytes', () => {
  const sums = (text: string) =>
    text.split(' ').map((each) => ({ type: each.split(':')[0] ?? '', value: each.split(':')[1] ?? '' }));
  const table: [
    string,
    { size?: number; mtime?: number | null; sums: string },
    { size?: number; mtime?: number | null; sums: string },
    boolean,
  ][] = [
    ['the same', { sums: 'adler32:1' }, { sums: 'adler32:1' }, true],
    ['other sizes', { size: 1, sums: 'adler32:1' }, { size: 2, sums: 'adler32:1' }, false],
    ['other sums', { sums: 'adler32:1' }, { sums: 'adler32:2' }, false],
    ['zeros lost', { sums: 'adler32:0001' }, { sums: 'ADLER32:1' }, true],
    ['one of two differs', { sums: 'adler32:1 crc32c:5' }, { sums: 'crc32c:6 adler32:1' }, false],
    ['one in common', { sums: 'adler32:1 crc32c:5' }, { sums: 'md5:6 adler32:1' }, true],
    ['one in common, other times', { mtime: 1, sums: 'crc32c:1' }, { mtime: 2, sums: 'crc32c:1' }, true],
    ['adler32 alone, other times', { mtime: 1, sums: 'adler32:1' }, { mtime: 2, sums: 'adler32:1' }, false],
    ['adler32 alone, one time', { mtime: 1, sums: 'adler32:1' }, { mtime: 1, sums: 'adler32:1' }, true],
    ['none in common, one time', { mtime: 1, sums: 'adler32:1' }, { mtime: 1, sums: 'md5:1' }, true],
    ['none in common, two times', { mtime: 1, sums: 'adler32:1' }, { mtime: 2, sums: 'md5:1' }, false],
    ['none in common, a time unknown', { mtime: null, sums: 'adler32:1' }, { mtime: 2, sums: 'md5:1' }, true],
    ['not a number', { sums: 'adler32:x' }, { sums: 'adler32:x' }, false],
  ];
  for (const [name, a, b, expected] of table)
    it(`${name}: ${expected ? 'may be equal' : 'differ'}`, () => {
      const of = (given: typeof a) => ({
        ...{ size: given.size ?? 1, mtime: given.mtime ?? null },
        checksums: sums(given.sums),
      });
      assert.equal(mayBeEqual(of(a), of(b)), expected);
      assert.equal(mayBeEqual(of(b), of(a)), expected);
    });
});

/** Changes of one record at times that grow, as passes write them. */
const changesOf = (path: string, contents: number[], least = 0) =>
  fc
    .array(
      fc.record({
        kind: fc.constantFrom(
          ...(['compared', 'removing', 'removed', 'stays', 'on_tape', 'followed'] as const),
          ...(['lost', 'audited', 'online_removing', 'online_removed', 'forgotten'] as const),
        ),
        content: fc.constantFrom(...contents),
        onTape: fc.constantFrom(true, false, null),
        copied: fc.boolean(),
        later: fc.integer({ min: least, max: 2 }),
      }),
      { maxLength: 12 },
    )
    .map((steps) => {
      let at = 1;
      return steps.map(({ kind, content, onTape, copied, later }): Change => {
        at += later;
        const facts = factsOf(path, { ...bytesOf(content), mtime: content });
        if (kind === 'compared') return { kind, facts, at, copied, onTape };
        if (kind === 'removing') return { kind, facts, at, rule: 'backed_up', copied, onTape };
        if (kind === 'online_removing') return { kind, facts, at };
        if (kind === 'stays') return { kind, path };
        if (kind === 'lost' || kind === 'forgotten') return { kind, path, at, reason: `at ${at}` };
        if (kind === 'audited') return { kind, path, at, result: onTape === true ? 'ok' : 'differs' };
        return { kind, path, at };
      });
    });

describe('any sequence of changes', () => {
  it('leaves rows that agree with themselves, and loses no record silently', () => {
    fc.assert(
      fc.property(changesOf('a', [1, 2, 3]), changesOf('b', [1]), (a, b) => {
        const tables = new Tables();
        const seen = new Set<string>();
        const remembered = () => [
          ...tables.rows().map((row) => recordOf(row)),
          ...tables.forgotten().map(({ row }) => recordOf(row)),
        ];
        for (const change of [...a, ...b]) {
          const before = tables.row('a');
          const losses = () => summarize(tables.database).lost.records;
          const lossesBefore = losses();
          tables.apply(change);
          if ('facts' in change) seen.add(recordOf(change.facts));
          for (const record of seen) assert.ok(remembered().includes(record), record);
          // Only what says that it is there again, or somebody, ends a loss.
          if (
            !['compared', 'removing', 'online_removing', 'followed', 'on_tape', 'forgotten'].includes(
              change.kind,
            )
          )
            assert.ok(losses() >= lossesBefore);
          const now = tables.row('a');
          if (before?.lost != null && now !== undefined && !mayBeEqual(before, now))
            assert.ok(losses() >= lossesBefore, 'a lost record that is replaced stays lost');
        }
        for (const row of tables.rows()) {
          if (row.removed !== null) assert.notEqual(row.removing, null);
          if (row.removing === null) assert.equal(row.rule, null);
          assert.equal(row.lost === null, row.loss === null);
          assert.equal(row.audited === null, row.audit === null);
        }
      }),
      { numRuns: runs },
    );
  });

  it('is counted and listed by the states that stateOf() names', () => {
    fc.assert(
      fc.property(fc.array(changesOf('a', [1])), (sequences) => {
        const tables = new Tables(
          sequences.flatMap((changes, i) =>
            changes.map((change) =>
              'facts' in change
                ? { ...change, facts: { ...change.facts, path: `${i}` } }
                : { ...change, path: `${i}` },
            ),
          ),
        );
        const rows = tables.rows();
        const summary = summarize(tables.database);
        const replaced = tables.forgotten().filter(({ reason }) => reason === REPLACED_LOST).length;
        for (const state of ROW_STATES) {
          const expected = rows.filter((row) => stateOf(row) === state);
          const found = readPage(tables.database, { filter: { state }, after: '', limit: 1000 });
          assert.deepEqual(found, expected, state);
          assert.equal(summary[state].records, expected.length + (state === 'lost' ? replaced : 0));
        }
      }),
      { numRuns: runs },
    );
  });
});

describe('a catalogue that is made anew from segments', () => {
  const lossesIn = (tables: Tables) =>
    [
      ...tables.rows().filter((row) => stateOf(row) === 'lost'),
      ...tables
        .forgotten()
        .filter(({ reason }) => reason === REPLACED_LOST)
        .map(({ row }) => row),
    ].map(recordOf);
  /** What was taken out comes first, as in a segment. */
  const contentOf = (tables: Tables, changedUpTo?: number): Change[] => [
    ...readForgotten(tables.database, { after: 0, limit: 1000, changedUpTo }).map((forgotten): Change => ({
      kind: 'imported_forgotten',
      forgotten,
    })),
    ...readPage(tables.database, { filter: { changedUpTo }, after: '', limit: 1000 }).map((row): Change => ({
      kind: 'imported',
      row,
    })),
  ];

  /** @returns all segments of changes, and the whole in one */
  function segmentsOf(tables: Tables, history: readonly Change[]): Record<'changes' | 'full', Change[]> {
    const changes: Change[] = [];
    for (const change of history) {
      // Only what has left the cache is looked for, and called lost.
      if (change.kind === 'lost' && tables.row()?.removing == null) continue;
      tables.apply(change);
      changes.push(...contentOf(tables, tables.batch));
      tables.apply({ kind: 'exported', batch: tables.batch });
    }
    return { changes, full: contentOf(tables) };
  }

  for (const [name, history, losses] of [
    [
      'was taken out earlier',
      [
        compared(1),
        { kind: 'forgotten', path: 'a', at: 2, reason: 'test' },
        removing(3),
        removed(4),
        compared(5, 2),
      ],
      ['a 00000001'],
    ],
    [
      'was replaced later, while its file was here',
      [compared(1), compared(2, 2), removing(3, 2), removed(4), compared(5), compared(6, 2), compared(7)],
      ['a 00000002'],
    ],
    [
      'was replaced earlier, while its file was here',
      [compared(1, 2), compared(2), removing(3, 2), removed(4), compared(5)],
      ['a 00000002'],
    ],
  ] satisfies [string, Change[], string[]][])
    it(`has the same losses, where a record of the same bytes ${name}`, () => {
      const tables = new Tables();
      const { changes, full } = segmentsOf(tables, history);
      assert.deepEqual(lossesIn(tables), losses);
      for (const segments of [changes, full, [...full, ...changes], [...changes, ...full]])
        assert.deepEqual(lossesIn(new Tables(segments)), losses);
    });

  it('hides no loss, whatever happened', () => {
    fc.assert(
      fc.property(changesOf('a', [1, 2], 1), (history) => {
        const tables = new Tables();
        const { changes, full } = segmentsOf(tables, history);
        for (const segments of [changes, full, [...full, ...changes], [...changes, ...full]]) {
          const found = lossesIn(new Tables(segments));
          for (const loss of lossesIn(tables)) assert.ok(found.includes(loss), loss);
        }
      }),
      { numRuns: runs },
    );
  });
});

describe('imported rows', () => {
  /** Rows that one record had at some times: three catalogues that know of it. */
  const versions = fc
    .tuple(changesOf('a', [1]), changesOf('a', [1]), changesOf('a', [1]))
    .map((sequences) => sequences.flatMap((changes) => new Tables(changes).row() ?? []));
  const bySum = (row: CatalogueRow | undefined) =>
    row && { ...row, checksums: row.checksums.toSorted((a, b) => (a.type < b.type ? -1 : 1)) };

  const comeOutTheSame = (rows: readonly CatalogueRow[]) => {
    const imported = (given: readonly CatalogueRow[]) =>
      bySum(new Tables(given.map((row) => ({ kind: 'imported', row }))).row());
    const expected = imported(rows);
    assert.deepEqual(imported(rows.toReversed()), expected);
    assert.deepEqual(imported([...rows.slice(1), ...rows.slice(0, 1)]), expected);
    assert.deepEqual(imported([...rows, ...rows]), expected);
  };

  it('come out the same in any order, and however often they come', () => {
    fc.assert(fc.property(versions, comeOutTheSame), { numRuns: runs });
  });

  it('of two removals: the later one counts, whenever the first one’s file went', () => {
    const gone = (compared: number, removed: number, rule: CatalogueRow['rule']) =>
      rowOf('a', {
        ...bytesOf(1),
        copied: null,
        compared,
        onTape: compared,
        removing: compared,
        removed,
        rule,
      });
    const compared = rowOf('a', { ...bytesOf(1), copied: null, compared: 2, onTape: 2 });
    const rows = [gone(2, 2, null), compared, gone(1, 3, 'backed_up')];
    comeOutTheSame(rows);
    const { removing, removed, rule } =
      new Tables(rows.map((row) => ({ kind: 'imported', row }))).row() ?? assert.fail();
    assert.deepEqual({ removing, removed, rule }, { removing: 2, removed: 2, rule: null });
  });

  it('change nothing if they are older than what is known', () => {
    fc.assert(
      fc.property(changesOf('a', [1], 1), fc.nat(), (changes, cut) => {
        const kept = changes.filter(({ kind }) => kind !== 'forgotten' && kind !== 'stays');
        const older = new Tables(kept.slice(0, cut % (kept.length + 1))).row();
        const tables = new Tables(kept);
        const now = tables.row();
        if (older === undefined || now === undefined) return;
        const { onTape, removing, removed, rule, lost, loss } = mergedRow(older, now);
        assert.equal(stateOf({ ...now, onTape, removing, removed, rule, lost, loss }), stateOf(now));
      }),
      { numRuns: runs },
    );
  });

  it('of two records: the later one has the name, the other is remembered, in either order', () => {
    const [first, second] = [
      rowOf('a', { ...bytesOf(1), compared: 10, copied: 10 }),
      rowOf('a', { ...bytesOf(2), compared: 20, copied: 20 }),
    ];
    for (const rows of [
      [first, second],
      [second, first],
      [first, second, first, second],
    ]) {
      const tables = new Tables(rows.map((row) => ({ kind: 'imported', row })));
      assert.deepEqual(tables.row(), second);
      assert.deepEqual(
        tables.forgotten().map(({ row, at, reason }) => [row, at, reason]),
        [[first, 20, REPLACED]],
      );
    }
  });

  for (const [when, found] of [
    ['', {}],
    [', and was found lost afterwards', { followed: 25, lost: 25, loss: 'other bytes' }],
  ] as const)
    it(`of a record that had gone before another had its name${when}: a loss, unless it was resolved`, () => {
      const gone = { compared: 10, removing: 10, removed: 11, rule: 'cached' } as const;
      const first = rowOf('a', { ...bytesOf(1), ...gone, ...found });
      const second = rowOf('a', { ...bytesOf(2), compared: 20 });
      const resolved: ForgottenRow = { path: 'a', at: 30, reason: 'seen', row: first };
      const rows: Change[] = [first, second].map((row) => ({ kind: 'imported', row }));
      const both: Change = { kind: 'imported_forgotten', forgotten: resolved };
      assert.equal(summarize(new Tables(rows).database).lost.records, 1);
      for (const changes of [
        [...rows, both],
        [both, ...rows],
        [...rows.toReversed(), both, both],
        [...rows, both, ...rows],
      ]) {
        const tables = new Tables(changes);
        assert.deepEqual(tables.row(), second);
        assert.deepEqual(
          tables.forgotten().map(({ at, reason, row }) => ({ path: 'a', at, reason, row })),
          [resolved],
        );
      }
    });

  it('that were taken out stay out, in either order, unless more was found out', () => {
    const row = rowOf('a', { compared: 10, copied: 10, lost: 12, loss: 'x', followed: 12 });
    const out: Change = { kind: 'imported_forgotten', forgotten: { path: 'a', at: 13, reason: 'seen', row } };
    const imported: Change = { kind: 'imported', row };
    for (const changes of [
      [imported, out],
      [out, imported],
      [imported, out, imported, out],
    ]) {
      const tables = new Tables(changes);
      assert.equal(tables.row(), undefined);
      assert.equal(tables.forgotten().length, 1);
    }
    const later: Change = { kind: 'imported', row: { ...row, compared: 20, lost: null, loss: null } };
    for (const changes of [
      [imported, out, later],
      [later, out, imported],
      [out, later],
    ])
      assert.equal(new Tables(changes).row()?.compared, 20);
  });
});
