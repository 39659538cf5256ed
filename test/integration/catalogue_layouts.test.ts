/** Passes of one cache that are shared otherwise than those before: each layout has catalogues of its own. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveOptions, Report } from '../../lib/index.js';
import { NoCatalogue } from '../../lib/catalogue/open_catalogue.js';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { SEGMENT_DIRECTORY } from '../../lib/catalogue/segment.js';
import { openUnion } from '../../lib/catalogue/union.js';
import { inShard, type Shard } from '../../lib/rules/sharding.js';
import { assertAddsUp, collect, counts, withSharedArchive, type Bench } from '../support/archive.js';
import { fileIn, mustOpen } from '../support/catalogue.js';
import { bytesOf } from '../support/records.js';
import { segmentNames } from '../support/segments.js';
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

describe('what passes that are shared otherwise have not sent', () => {
  const unsent = { autoRemove: 'cached', catalogueSegments: false } as const;
  const sending = { autoRemove: 'cached', catalogueSegments: true } as const;
  const half: Shard = { index: 0, count: 2 };
  const other: Shard = { index: 1, count: 2 };

  /** Archives a record of this shard and ends as if it had been killed before it sent its rows. */
  async function archived(bench: Bench, name: string, shard: Shard | undefined): Promise<string> {
    await writeFile(join(bench.cache, name), bytesOf(name, 100));
    const report = await bench.archive(unsent).backup({ shard });
    assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
    return name;
  }

  const nameIn = (shard: Shard) => ['a', 'b', 'c', 'd', 'e', 'f'].find((name) => inShard(name, shard)) ?? '';

  async function idOf(bench: Bench, shard: Shard | undefined): Promise<string> {
    const { config } = bench.archive();
    await using catalogue = await mustOpen(config, { mode: 'read', shard });
    return catalogue.id;
  }

  /** How many segments each of the catalogues has on the server. */
  async function sent(bench: Bench): Promise<Record<string, number>> {
    const directory = bench.sandbox.diskPath(SEGMENT_DIRECTORY);
    const ids = existsSync(directory) ? await readdir(directory) : [];
    const counted = ids.map(async (id) => [id, (await segmentNames(bench, { id })).length] as const);
    return Object.fromEntries(await Promise.all(counted));
  }

  it('the next whole pass sends once, and an empty machine gets all of it', async () => {
    await withSharedArchive(async (bench) => {
      const names = [
        await archived(bench, nameIn(half), half),
        await archived(bench, nameIn(other), other),
        await archived(bench, 'whole', undefined),
      ];
      const ids = await Promise.all([undefined, half, other].map((shard) => idOf(bench, shard)));
      for (let pass = 1; pass <= 2; pass += 1) {
        assert.deepEqual(counts(await bench.archive(sending).backup()), {});
        assert.deepEqual(await sent(bench), Object.fromEntries(ids.map((id) => [id, 1])));
      }
      await withTemp(async (cache) => {
        const archive = bench.archive({ cacheDirectory: cache });
        for (const id of ids)
          assert.equal((await archive.rebuild({ from: 'segments', archive: id })).failed, 0);
        const found = await collect(archive.find());
        assert.deepEqual(found.map(({ path }) => path).sort(), names.sort());
        await withTemp(async (to) => {
          assert.deepEqual(counts(await archive.restore(['.'], { to })), { scanned: 3, copied: 3 });
        });
      });
      // What a whole pass finds out about records of a shard goes there, too, and the shard goes on behind it.
      await rm(bench.sandbox.diskPath(nameIn(half)));
      assert.deepEqual(losses(await bench.archive(sending).backup()), [nameIn(half)]);
      assert.equal((await sent(bench))[await idOf(bench, half)], 2);
      await archived(bench, nameIn(half), half);
      const report = await bench.archive(sending).backup({ shard: half });
      assert.equal(report.warnings, undefined);
      assert.equal((await sent(bench))[await idOf(bench, half)], 3);
    });
  });

  it('a shard sends as well, but not those of the shards beside it', async () => {
    await withSharedArchive(async (bench) => {
      await archived(bench, nameIn(half), half);
      await archived(bench, nameIn(other), other);
      await archived(bench, 'whole', undefined);
      await bench.archive(sending).backup({ shard: half });
      const ids = await Promise.all([undefined, half].map((shard) => idOf(bench, shard)));
      assert.deepEqual(await sent(bench), Object.fromEntries(ids.map((id) => [id, 1])));
    });
  });

  it('stays where it is in a dry run, with catalogue_segments: false, and while it cannot be read', async () => {
    await withSharedArchive(async (bench) => {
      await archived(bench, nameIn(half), half);
      await bench.archive(sending).backup({ dryRun: true });
      await bench.archive(unsent).backup();
      assert.deepEqual(await sent(bench), {});
      await writeFile(`${fileIn(bench.cache)}.0-of-2`, 'damaged');
      const report = await bench.archive(sending).backup();
      assert.deepEqual(
        report.failures.map(({ code }) => code),
        ['CatalogueUnusable'],
      );
      assert.deepEqual(await sent(bench), {});
      assert.equal(await readFile(`${fileIn(bench.cache)}.0-of-2`, 'utf8'), 'damaged');
    });
  });
});
