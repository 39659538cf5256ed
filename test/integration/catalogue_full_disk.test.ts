/** The catalogue's disk is full, nobody makes room, and it is read meanwhile: SQLite can't begin its log anew then. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Catalogue } from '../../lib/catalogue/catalogue.js';
import type { CatalogueError } from '../../lib/catalogue/error.js';
import { viewCatalogue } from '../../lib/service/catalogue_view.js';
import { allRows, catalogueConfig, factsOf, fileIn, mustOpen, NOON, rowOf } from '../support/catalogue.js';
import { fillBlocks, withSmallDisk } from '../support/small_disk.js';

const ROWS = 20_000;
/** What waits for one commit. */
const TOGETHER = 48;
/** The reserve is 12 MiB. What the log leaves of it is for the file. */
const MOST_LOG_BYTES = 10_000_000;

/** With a catalogue of many rows that is open for writing, on a disk without a free block. */
function withFullDisk(
  test: Mocha.Context,
  use: (cache: string, catalogue: Catalogue) => Promise<void>,
): Promise<void> {
  return withSmallDisk(test, 'size=128m', async (cache) => {
    await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write' });
    for (let i = 0; i < ROWS; i++) catalogue.note({ kind: 'imported', row: rowOf(`r/${i}`) });
    await catalogue.flush();
    fillBlocks(cache);
    await use(cache, catalogue);
  });
}

let round = 0;

/** Of records all over the file. @returns why they were refused, of each that was */
async function removals(catalogue: Catalogue, rounds: number): Promise<CatalogueError[]> {
  const refused: CatalogueError[] = [];
  for (let i = 0; i < rounds; i++) {
    round += 1;
    const wanted = Array.from({ length: TOGETHER }, (_, j) =>
      catalogue.durable({
        ...{ kind: 'removing', facts: factsOf(`r/${(round * 7919 + j * 417) % ROWS}`) },
        ...{ at: NOON + round, rule: 'backed_up', copied: false, onTape: true },
      }),
    );
    for (const each of await Promise.allSettled(wanted))
      if (each.status === 'rejected') refused.push(each.reason as CatalogueError);
  }
  return refused;
}

function logBytes(cache: string): number {
  return fs.statSync(`${fileIn(cache)}-wal`).size;
}

/** The next pass writes, and nothing was lost. */
async function assertGoesOn(cache: string): Promise<void> {
  await using next = await mustOpen(catalogueConfig(cache), { mode: 'write' });
  assert.equal(next.damaged, undefined);
  assert.deepEqual(await removals(next, 30), []);
  assert.equal((await allRows(next)).length, ROWS);
  await next.check();
}

/** A process that has a snapshot. */
async function startReader(cache: string): Promise<AsyncDisposable & { stop(): void; kill(): void }> {
  const script = fileURLToPath(new URL('children/catalogue_reader.js', import.meta.url));
  const child = spawn(process.execPath, [script, cache], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    stop: () => child.kill('SIGSTOP'),
    kill: () => child.kill('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('a full disk of the catalogue', () => {
  it('stops no removal while somebody looks at the page again and again', async function () {
    await withFullDisk(this, async (cache, catalogue) => {
      const done = new AbortController();
      let looks = 0;
      const looking = (async () => {
        for (; !done.signal.aborted; looks++) {
          const { nothing } = await viewCatalogue({ ...catalogueConfig(cache), maxAgeWarning: '1d' });
          assert.equal(nothing, null);
        }
      })();
      const refused = await removals(catalogue, 300);
      done.abort();
      await looking;
      assert.equal(refused.length, 0, refused[0]?.message);
      assert.ok(logBytes(cache) < MOST_LOG_BYTES, `${logBytes(cache)} bytes`);
      assert.ok(looks > 0);
      await catalogue.close();
      await assertGoesOn(cache);
    });
  });

  it('stops no removal while a reader takes seconds', async function () {
    await withFullDisk(this, async (cache, catalogue) => {
      assert.deepEqual(await removals(catalogue, 100), []);
      const reader = await mustOpen(catalogueConfig(cache), { mode: 'read', snapshot: true });
      const read = sleep(7000).then(() => reader.close());
      const refused = await removals(catalogue, 200);
      await read;
      assert.equal(refused.length, 0, refused[0]?.message);
      assert.ok(logBytes(cache) < MOST_LOG_BYTES, `${logBytes(cache)} bytes`);
      await catalogue.close();
      await assertGoesOn(cache);
    });
  });

  it('stops removals while a reader stands still: it is told, room is kept for what follows, and they go on when the reader is gone', async function () {
    await withFullDisk(this, async (cache, catalogue) => {
      assert.deepEqual(await removals(catalogue, 100), []);
      await using reader = await startReader(cache);
      reader.stop();
      let refused: CatalogueError[] = [];
      let rounds = 0;
      for (; refused.length === 0 && rounds < 400; rounds++) refused = await removals(catalogue, 1);
      assert.ok(rounds > 8, `refused after ${rounds} rounds`);
      assert.equal(refused.length, TOGETHER);
      assert.match(refused[0]?.message ?? '', /disk is full.*in use/);
      assert.equal(refused[0]?.code, 'Unavailable');
      const bytes = logBytes(cache);
      assert.ok(bytes < MOST_LOG_BYTES, `${bytes} bytes`);
      await catalogue.close();
      {
        // The next pass waits for it, too.
        await using next = await mustOpen(catalogueConfig(cache), { mode: 'write' });
        const going = removals(next, 30);
        await sleep(2000);
        assert.equal(logBytes(cache), bytes);
        reader.kill();
        assert.deepEqual(await going, []);
      }
      await assertGoesOn(cache);
    });
  });
});
