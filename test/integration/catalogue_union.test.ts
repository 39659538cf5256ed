import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import fc from 'fast-check';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import { NoCatalogue } from '../../lib/catalogue/open_catalogue.js';
import { comparePaths } from '../../lib/catalogue/path_order.js';
import type { RowFilter } from '../../lib/catalogue/queries.js';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { openUnion, type CatalogueReader } from '../../lib/catalogue/union.js';
import { allRows, catalogueConfig, fileIn, mustOpen, NOON, rowOf } from '../support/catalogue.js';
import { withTemp } from '../support/temporary.js';

/** Opens the union of shards that have these rows. */
async function withShards(
  shards: readonly (readonly CatalogueRow[])[],
  use: (union: CatalogueReader, cache: string) => Promise<void>,
): Promise<void> {
  await withTemp(async (cache) => {
    const config = catalogueConfig(cache);
    for (const [i, rows] of shards.entries()) {
      const shard = { index: i + 1, count: shards.length };
      await using catalogue = await mustOpen(config, { mode: 'write', shard });
      for (const row of rows) catalogue.note({ kind: 'imported', row });
      const at = new Date(NOON + i).toISOString();
      await catalogue.durable({ kind: 'pass', job: `backup ${i}`, started: at, finished: at, report: '{}' });
    }
    const union = await openUnion(config);
    assert.ok(union !== undefined && !(union instanceof NoCatalogue));
    try {
      await use(union, cache);
    } finally {
      await union.close();
    }
  });
}

describe('the union of catalogues', () => {
  it('orders paths by their bytes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        assert.equal(Math.sign(comparePaths(a, b)), expected);
      }),
    );
  });

  it('has all rows of all files in the order of their paths', async () => {
    const names = Array.from({ length: 3500 }, (_, i) => `${['\u{1f600}', '\uffff', 'a', 'ä'][i % 4]}/${i}`);
    const shards = [0, 1, 2].map((shard) =>
      names.filter((_, i) => (i * 7) % 3 === shard).map((path) => rowOf(path)),
    );
    await withShards([...shards, []], async (union) => {
      const paths = (await allRows(union)).map(({ path }) => path);
      assert.deepEqual(
        paths,
        names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      let largest = 0;
      for await (const page of union.pages()) largest = Math.max(largest, page.length);
      assert.ok(largest <= 1000);
      const below = await allRows(union, { below: 'a' });
      assert.equal(below.length, names.filter((name) => name.startsWith('a/')).length);
    });
  });

  it('of a record that several know has what was found out last, also where a filter hides that', async () => {
    const waiting = rowOf('a', { compared: 5, removing: 5, removed: 6, rule: 'cached' });
    const onTape = { ...waiting, onTape: 9, followed: 9 };
    const other = rowOf('b', { size: 5, compared: 3 });
    const later = rowOf('b', { size: 6, compared: 4 });
    await withShards([[waiting, later], [onTape, other], [rowOf('c')]], async (union) => {
      assert.deepEqual(await allRows(union), [onTape, later, rowOf('c')]);
      assert.deepEqual(await allRows(union, { state: 'waiting' }), []);
      assert.deepEqual(await allRows(union, { state: 'on_tape' }), [onTape]);
      assert.deepEqual(await allRows(union, { maxSize: 5 }), []);
      assert.deepEqual(await allRows(union, { gone: true, since: NOON, until: NOON + 1, minSize: 1 }), [
        onTape,
      ]);
      assert.deepEqual(await union.rowsOf(['b', 'x', 'a']), [later, undefined, onTape]);
    });
  });

  it('filters as one catalogue does: by time, also none, and behind a path', async () => {
    const timeless = { mtime: null, remoteMtime: null };
    const both = rowOf('b', { ...timeless, compared: 5 });
    const shards = [
      [rowOf('a', timeless), both],
      [rowOf('b', { compared: 4 }), rowOf('c', timeless), rowOf('d')],
    ];
    await withShards(shards, async (union) => {
      const paths = async (filter: RowFilter) => (await allRows(union, filter)).map(({ path }) => path);
      // The other file knows the time of b.
      assert.deepEqual(await paths({ timeless: true }), ['a', 'c']);
      assert.deepEqual(await paths({ timeless: true, after: 'a' }), ['c']);
      assert.deepEqual(await paths({ after: 'b' }), ['c', 'd']);
      assert.deepEqual(await paths({ after: 'b', below: 'd' }), ['d']);
      assert.deepEqual(await union.count({ after: 'b' }), { records: 2, bytes: 2000 });
    });
  });

  it('counts as lost what no other file has found since', async () => {
    const lost = { removing: 5, removed: 5, lost: 7, loss: 'gone', followed: 7 };
    await withShards(
      [[rowOf('a', lost), rowOf('b', lost)], [rowOf('a', { compared: 9, onTape: 9 })]],
      async (union) => {
        assert.deepEqual((await union.summary()).lost, { records: 1, bytes: 1000 });
      },
    );
  });

  it('sums up, and has the latest passes first', async () => {
    const audited = { audited: 5, audit: 'ok' };
    await withShards(
      [
        [rowOf('run/a', audited), rowOf('run/b', { removing: NOON, onTape: NOON })],
        [
          rowOf('run/c', { ...audited, audited: 3, audit: 'differs' }),
          rowOf('d', { ...audited, lost: NOON, loss: 'x' }),
        ],
      ],
      async (union, cache) => {
        const { parts, fileBytes, ...summary } = await union.summary();
        const one = { records: 1, bytes: 1000 };
        assert.deepEqual(summary, {
          ...{ in_cache: { records: 2, bytes: 2000 }, waiting: { records: 0, bytes: 0 } },
          ...{ on_tape: one, lost: one, forgotten: 0, lastSegment: 0 },
          proof: { audited: 3, latestAudit: 5, oldest: NOON, wrong: 1 },
        });
        assert.deepEqual(
          parts.map(({ name, records, audited: seen, oldestAudit, wrong }) => [
            name,
            records,
            seen,
            oldestAudit,
            wrong,
          ]),
          [
            ['.', 1, 1, 5, 0],
            ['run', 3, 2, null, 1],
          ],
        );
        const sizes = fs.readdirSync(cache).filter((name) => /-of-\d+(-wal)?$/.test(name));
        assert.equal(
          fileBytes,
          sizes.reduce((sum, name) => sum + fs.statSync(`${cache}/${name}`).size, 0),
        );
        assert.deepEqual(
          (await union.passes(1)).map(({ job }) => job),
          ['backup 1'],
        );
      },
    );
  });

  it('has what was taken out of each', async () => {
    const gone = rowOf('a', { size: 1, removing: NOON, removed: NOON });
    const replaced = rowOf('a', { size: 2, compared: NOON + 1 });
    const same = rowOf('b', { size: 1, compared: NOON - 1 });
    await withShards(
      [
        [gone, replaced],
        [same, rowOf('b', { size: 3 })],
      ],
      async (union) => {
        const losses: string[] = [];
        for await (const { path } of union.replacedLosses()) losses.push(path);
        assert.deepEqual(losses, ['a']);
        const all: string[] = [];
        for await (const { path } of union.forgotten()) all.push(path);
        assert.deepEqual(all, ['a', 'b']);
      },
    );
  });

  it('is the catalogue itself if there is one, and none if there is none', async () => {
    await withTemp(async (cache) => {
      const config = catalogueConfig(cache);
      const none = await openUnion(config);
      assert.ok(none instanceof NoCatalogue && none.reason.includes(fileIn(cache)));
      assert.ok((await openUnion({ ...config, cacheDirectory: `${cache}/none` })) instanceof NoCatalogue);
      assert.equal(await openUnion({ ...config, catalogue: false }), undefined);
      await (await mustOpen(config, { mode: 'write' })).close();
      fs.writeFileSync(`${fileIn(cache)}.damaged-2025`, 'x');
      const one = await openUnion(config);
      assert.ok(one instanceof Catalogue);
      await one.close();
    });
  });

  it('with one file that is damaged is refused', async () => {
    await withShards([[rowOf('a')], [rowOf('b')]], async (_, cache) => {
      fs.writeFileSync(`${fileIn(cache)}.3-of-3`, 'damaged');
      await assert.rejects(openUnion(catalogueConfig(cache)), { name: 'CatalogueError', code: 'Damaged' });
    });
  });
});
