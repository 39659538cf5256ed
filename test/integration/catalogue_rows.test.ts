import assert from 'node:assert/strict';
import type { Change } from '../../lib/catalogue/changes.js';
import type { RowFilter } from '../../lib/catalogue/queries.js';
import { allRows, factsOf, NOON, rowOf, withCatalogue } from '../support/catalogue.js';

describe('rows of a catalogue', () => {
  const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

  it('come in the order of their bytes, page after page, whatever their names', async () => {
    const names = [
      ...['a', 'a-b', 'a.h5', 'a/b', 'a/b/c', 'a0', 'A', 'ä', 'a\u0308', '%', 'a%', '_', 'a_', 'ab'],
      ...["it's", '"quoted"', '`', '\\', ';--', '?1', ':x', '\uffff', '\u{1f600}', '\u{10ffff}', '\ue000'],
      ...['x'.repeat(4096), 'new\nline', ' ', 'NULL', '0', '1e3', '00'],
      // More than two pages.
      ...Array.from({ length: 2100 }, (_, i) => `\u{1f680}/${i}\uffff`),
    ];
    await withCatalogue({ rows: names.map((path) => rowOf(path)) }, async ({ catalogue }) => {
      const paths = (await allRows(catalogue)).map(({ path }) => path);
      assert.deepEqual(paths, names.toSorted(byBytes));
      assert.deepEqual(
        (await catalogue.rowsOf(names)).map((row) => row?.path),
        names,
      );
    });
  });

  it('below a path are that path and what is in it, exactly', async () => {
    const names = [
      'a',
      'a-b',
      'a.h5',
      'a/b',
      'a/b/c',
      'a/\u{10ffff}',
      'a0',
      'ab',
      'A/b',
      '%/x',
      '_/x',
      'a//b',
    ];
    await withCatalogue({ rows: names.map((path) => rowOf(path)) }, async ({ catalogue }) => {
      const below = async (path: string) =>
        (await allRows(catalogue, { below: path })).map((row) => row.path).sort();
      assert.deepEqual(await below('a'), ['a', 'a/b', 'a/b/c', 'a/\u{10ffff}', 'a//b'].sort());
      assert.deepEqual(await below('a/b'), ['a/b', 'a/b/c']);
      assert.deepEqual(await below('a.h5'), ['a.h5']);
      assert.deepEqual(await below('%'), ['%/x']);
      assert.deepEqual(await below('_'), ['_/x']);
      assert.deepEqual(await below('b'), []);
      assert.deepEqual(await below(''), names.toSorted());
    });
  });

  it('keep numbers as they are', async () => {
    const rows = [
      rowOf('big', { size: 2 ** 53 - 1 }),
      // The year 9999.
      rowOf('far', { mtime: 253_402_300_799_000_000 }),
      rowOf('four', { size: 2 ** 32 }),
      rowOf('more', { size: 2 ** 32 + 1, mtime: 1_764_000_000_123_456 }),
      rowOf('none', { mtime: null, mode: null, remoteMtime: null, checksums: [], source: 'server' }),
      rowOf('old', { mtime: -2_208_988_800_000_001, remoteMtime: -1 }),
      rowOf('zero', { size: 0, mtime: 0, mode: 0 }),
    ];
    await withCatalogue({ rows }, async ({ catalogue, open }) => {
      assert.deepEqual(await allRows(catalogue), rows);
      await using again = await open();
      assert.deepEqual(await allRows(again), rows);
    });
  });

  it('are found by time and size, at the very limits', async () => {
    const rows = [
      rowOf('a', { size: 10, mtime: NOON * 1000 - 1 }),
      rowOf('b', { size: 20, mtime: NOON * 1000 }),
      rowOf('c', { size: 2 ** 40, mtime: NOON * 1000 + 999 }),
      rowOf('d', { size: 30, mtime: null, remoteMtime: NOON }),
      rowOf('e', { size: 40, mtime: -5_000_000, removing: 1, compared: 1 }),
    ];
    await withCatalogue({ rows }, async ({ catalogue }) => {
      const found = async (filter: RowFilter) =>
        (await allRows(catalogue, filter)).map(({ path }) => path).join('');
      assert.equal(await found({ since: NOON }), 'bcd');
      assert.equal(await found({ until: NOON }), 'ae');
      assert.equal(await found({ since: NOON, until: NOON + 1 }), 'bcd');
      assert.equal(await found({ since: -5000, until: -4999 }), 'e');
      assert.equal(await found({ minSize: 20, maxSize: 30 }), 'bd');
      assert.equal(await found({ minSize: 2 ** 40 }), 'c');
      assert.equal(await found({ gone: true }), 'e');
      assert.equal(await found({ state: 'waiting', minSize: 41 }), '');
    });
  });

  it('that are refused are told to who waits, and hold up nothing', async () => {
    await withCatalogue({}, async ({ catalogue }) => {
      const facts = factsOf('a', { size: NaN });
      const change: Change = { kind: 'compared', at: 1, copied: true, onTape: null, facts };
      await assert.rejects(catalogue.durable(change), { name: 'CatalogueError', message: /size is NaN/ });
      await catalogue.durable({ ...change, facts: factsOf('a') });
      catalogue.note(change);
      await assert.rejects(catalogue.flush(), /size is NaN/);
      assert.ok(catalogue.isIncomplete);
      assert.equal((await catalogue.summary()).in_cache.records, 1);
    });
  });
});
