/** Passes of one cache that are shared otherwise than those before: each layout has catalogues of its own. */
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveOptions, Report } from '../../lib/index.js';
import { NoCatalogue } from '../../lib/catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { openUnion } from '../../lib/catalogue/union.js';
import type { Shard } from '../../lib/rules/sharding.js';
import { assertAddsUp, collect, counts, withSharedArchive, type Bench } from '../support/archive.js';
import { bytesOf } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

const shared: Shard = { index: 0, count: 1 };
const cached = { autoRemove: 'cached', catalogueSegments: false } as const satisfies Partial<ArchiveOptions>;

async function pass(bench: Bench, shard: Shard | undefined): Promise<Report> {
  const report = await bench.archive(cached).backup({ shard });
  assertAddsUp(report);
  return report;
}

const losses = ({ failures }: Report) =>
  failures.flatMap(({ code, path }) => (code === 'LostCopy' ? [path] : []));

async function knownOf(bench: Bench, path: string): Promise<CatalogueRow | undefined> {
  const union = await openUnion(bench.archive().config);
  assert.ok(union !== undefined && !(union instanceof NoCatalogue));
  try {
    return (await union.rowsOf([path]))[0];
  } finally {
    await union.close();
  }
}

for (const [order, [first, second]] of [
  ['whole, then shared', [undefined, shared]],
  ['shared, then whole', [shared, undefined]],
] as [string, [Shard | undefined, Shard | undefined]][])
  describe(`a name that is used again after its record was lost, archived by passes that are ${order}`, () => {
    const old = bytesOf('old', 3000);
    const now = bytesOf('now', 1025);

    /** The old one is archived and lost, the one that has its name now is archived, and later a pass has told the loss. */
    async function told(bench: Bench): Promise<void> {
      await writeFile(join(bench.cache, 'b'), old);
      assert.equal((await pass(bench, first)).removedAfterCopy, 1);
      await rm(bench.sandbox.diskPath('b'));
      await writeFile(join(bench.cache, 'b'), now);
      const report = await pass(bench, second);
      assert.equal(report.removedAfterCopy, 1);
      assert.deepEqual(losses(report), ['b']);
      assert.deepEqual(losses(await pass(bench, first)), ['b']);
      assert.deepEqual(losses(await pass(bench, second)), ['b']);
    }

    it('the newer one is what is known, restored, found and verified; the loss is told beside it until it is forgotten', async () => {
      await withSharedArchive(async (bench) => {
        await told(bench);
        assert.equal((await knownOf(bench, 'b'))?.size, now.length);
        const archive = bench.archive(cached);
        await withTemp(async (to) => {
          assert.deepEqual(counts(await archive.restore(['.'], { to })), { scanned: 1, copied: 1 });
          assert.deepEqual(await readFile(join(to, 'b')), now);
        });
        const sizes = async (states?: ['lost']) =>
          (await collect(archive.find([], { states }))).map((item) => ('size' in item ? item.size : item));
        assert.deepEqual(await sizes(), [now.length]);
        assert.deepEqual(await sizes(['lost']), [old.length]);
        const verified = await archive.verify([], { against: { catalogue: true } });
        assert.deepEqual(losses(verified), ['b']);
        assert.deepEqual(counts(verified), { scanned: 2, verified: 1, failed: 1 });
        assert.deepEqual(
          (await archive.catalogue.status()).lost.map(({ size }) => size),
          [old.length],
        );
        const forgotten = async () =>
          (await archive.catalogue.forget(['b'], { reason: 'test' })).forgotten.map(({ size }) => size);
        assert.deepEqual(await forgotten(), [old.length]);
        assert.equal((await knownOf(bench, 'b'))?.size, now.length);
        for (const shard of [first, second]) assert.deepEqual(losses(await pass(bench, shard)), []);
        // Now that one is meant.
        assert.deepEqual(await forgotten(), [now.length]);
        assert.equal(await knownOf(bench, 'b'), undefined);
      });
    });

    it('if that is lost as well, forgetting takes both', async () => {
      await withSharedArchive(async (bench) => {
        await told(bench);
        await rm(bench.sandbox.diskPath('b'));
        assert.deepEqual(losses(await pass(bench, first)), ['b', 'b']);
        const { catalogue } = bench.archive(cached);
        const { forgotten } = await catalogue.forget(['b'], { reason: 'test' });
        assert.deepEqual(forgotten.map(({ size }) => size).sort(), [now.length, old.length]);
        for (const shard of [first, second]) assert.deepEqual(losses(await pass(bench, shard)), []);
      });
    });
  });
