import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KnownRecords } from '../../lib/jobs/run/known_records.js';
import type { ListItem } from '../../lib/jobs/run/list.js';
import {
  compareWithKnown,
  missingText,
  recordTime,
  sizeProblem,
  typesOfRestored,
} from '../../lib/rules/known_record.js';
import { collect, keepingLogger } from '../support/archive.js';
import { factsOf, rowOf, withCatalogue } from '../support/catalogue.js';

const types = ['crc32c', 'md5', 'adler32', 'crc32'] as const;
const type = fc.constantFrom(...types);
const known = fc
  .uniqueArray(fc.constantFrom(...types, 'sha256'), { maxLength: 5 })
  .map((all) => all.map((each) => ({ type: each, value: '1' })));
const server = fc.option(fc.record({ by: fc.constantFrom('read' as const, 'query' as const), type }), {
  nil: undefined,
});

describe('what the catalogue knows of a record', () => {
  it('restored bytes are summed by a type of the catalogue, if it has one that we can compute', () => {
    fc.assert(
      fc.property(server, known, fc.boolean(), (given, sums, cheap) => {
        const chosen = typesOfRestored(given, sums, cheap);
        const computable = sums.some((sum) => types.some((each) => each === sum.type));
        const compared = chosen.some((each) => sums.some((sum) => sum.type === each));
        assert.equal(compared, computable && (given !== undefined || cheap));
        const better = ['crc32c', 'md5'].filter((each) => sums.some((sum) => sum.type === each));
        if (compared && better.length > 0)
          assert.ok(
            chosen.some((each) => better.includes(each)),
            'adler32 alone',
          );
        assert.ok(chosen.length <= 2 && new Set(chosen).size === chosen.length);
      }),
    );
  });

  it('the first is that of the comparison with the server; what is read through the network is read once', () => {
    fc.assert(
      fc.property(server, known, fc.boolean(), (given, sums, cheap) => {
        const chosen = typesOfRestored(given, sums, cheap);
        if (given?.by === 'query' || (given && cheap)) assert.equal(chosen[0], given.type);
        if (given?.by === 'read' && !cheap) assert.equal(chosen.length, 1);
      }),
    );
  });

  it('one sum that differs counts, whatever others say', () => {
    const [adler32, md5] = [
      { type: 'adler32', value: '0a' },
      { type: 'md5', value: 'bb' },
    ];
    assert.equal(compareWithKnown([adler32], [md5]), undefined);
    assert.equal(compareWithKnown([], [md5]), undefined);
    assert.equal(compareWithKnown([{ type: 'ADLER32', value: 'A' }], [adler32, md5])?.same, true);
    const differing = compareWithKnown([adler32, { type: 'md5', value: 'cc' }], [adler32, md5]);
    assert.deepEqual(differing, { same: false, here: { type: 'md5', value: 'cc' }, catalogue: md5 });
  });

  it('tells times, sizes, and what is missing', () => {
    assert.equal(recordTime(undefined), undefined);
    assert.equal(recordTime({ mtime: null }), undefined);
    assert.equal(recordTime({ mtime: 1_764_000_000_000_123 })?.getTime(), 1_764_000_000_000);
    assert.equal(sizeProblem(5, { size: 5 }), undefined);
    assert.equal(sizeProblem(4, { size: 5 }), 'the server has 4 bytes, the catalogue says 5');
    const removed = { ...factsOf('a'), removing: 1 };
    assert.equal(
      missingText(removed),
      'the server does not have it, the catalogue knows it with 1000 bytes and adler32:0a1b2c3d (from a pass, which read the record in the cache)',
    );
    assert.match(
      missingText({ ...removed, source: 'server' }, true),
      /a directory in its place.*server said/,
    );
    assert.match(missingText({ ...removed, removing: null, checksums: [] }), /1000 bytes; its local file/);
  });
});

describe('a catalogue that fails in the middle of a listing', () => {
  it('is one failure, and the listing goes on', async () => {
    await withCatalogue({ rows: [rowOf('a')] }, async ({ config }) => {
      await using records = await KnownRecords.open(config, keepingLogger().logger);
      const entry = (path: string): ListItem => ({
        ...{ path, isDirectory: false, size: 1, mtime: new Date(), online: true, onTape: false },
      });
      // eslint-disable-next-line @typescript-eslint/require-await
      const listed = async function* (): AsyncGenerator<ListItem, void, undefined> {
        for (let i = 0; i < 300; i += 1) yield entry(i === 0 ? 'a' : `b${i}`);
      };
      const items: ListItem[] = [];
      for await (const item of records.told(listed())) {
        items.push(item);
        if (items.length === 1) await records[Symbol.asyncDispose]();
      }
      assert.equal('row' in (items[0] ?? {}), true);
      const failures = items.filter((item) => 'failed' in item);
      assert.deepEqual(
        failures.map(({ path, code }) => [path, code]),
        [['.', 'CatalogueUnusable']],
      );
      assert.equal(items.length, 301);
      assert.equal((await collect(records.told(listed()))).length, 300, 'told once');
    });
  });
});
