/** How long a pass or the catalogue makes the event loop wait. Nothing else runs beside this file (scripts/test/plan.mjs). */
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { counts, withArchive } from '../support/archive.js';
import { rowOf, withCatalogue } from '../support/catalogue.js';
import { IdleProcess } from '../support/idle_process.js';
import { writeRecord } from '../support/records.js';
import { scaled } from '../support/tier.js';

const size = scaled('MiB in a file', 100, 200);

/** What a process that does nothing is made to wait isn't ours. */
async function assertFreeDuring(work: () => Promise<void>): Promise<void> {
  const idle = await IdleProcess.start();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  const p99 = delay.percentile(99) / 1e6;
  const machine = await idle.end();
  console.log(
    `      event loop delay: p99 ${p99.toFixed(1)} ms, of an idle process ${machine.toFixed(1)} ms`,
  );
  assert.ok(p99 - machine < 20, `p99 is ${p99} ms, of an idle process ${machine} ms`);
}

describe('backup', () => {
  it(`keeps the event loop free while 5 files of ${size} MiB are copied`, async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      for (let i = 0; i < 5; i += 1) await writeRecord(bench.cache, `big-${i}`, size * 2 ** 20);
      await assertFreeDuring(async () => {
        assert.deepEqual(counts(await bench.pass()), { scanned: 5, copied: 5 });
      });
    });
  });
});

describe('the catalogue', () => {
  it('keeps the event loop free while 20,000 rows are written', async () => {
    await withCatalogue({}, async ({ catalogue }) => {
      await assertFreeDuring(async () => {
        for (let i = 0; i < 20_000; i++) {
          catalogue.note({ kind: 'imported', row: rowOf(`run/${i}`) });
          if (i % 100 === 0) await turn();
        }
        await catalogue.flush();
      });
    });
  });
});
