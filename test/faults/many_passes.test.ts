/** What lives for years must not grow: many passes in one process, under load, listened to and watched. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Monitor } from '../../lib/service/monitor.js';
import { assertAddsUp, keepingLogger, recordsIn, withArchive } from '../support/archive.js';
import { footprint, medianOf, type Footprint } from '../support/footprint.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const passes = scaled('passes', 40, 200);
const mixed = scaled('mixed passes', 8, 60);
/** After which what is made once has been made. */
const warm = passes / 4;
const MB = 1e6;

describe('many passes in one process', () => {
  it(`leave memory, descriptors and threads as they were: ${passes} in a row`, async function () {
    if (process.platform !== 'linux') this.skip();
    await withArchive({ tapeFlags: false }, async ({ archive, cache, events, lines }) => {
      const watched = archive({ autoRemove: 'cached', http: { port: 0 } });
      const monitor = new Monitor(() => watched.config, keepingLogger().logger);
      watched.onAny(monitor.hear);
      await monitor.start();
      let heard = 0;
      watched.onAny(() => heard++);
      const seen: Footprint[] = [];
      let slowest = 0;
      try {
        for (let i = 1; i <= passes; i++) {
          const small = Array.from({ length: 20 }, (_, n) =>
            watched.put(`${i}/small-${n}`, Buffer.alloc(1000 * n, n)),
          );
          await Promise.all([...small, watched.put(`${i}/large`, Buffer.alloc(4 * MB, i))]);
          const started = performance.now();
          const report = await watched.backup();
          slowest = Math.max(slowest, performance.now() - started);
          assertAddsUp(report);
          assert.deepEqual([report.copied, report.removedAfterCopy], [21, 21]);
          events.length = lines.length = 0;
          if (i % warm !== 0) continue;
          // The page reads the catalogue after each pass, in a thread of its own.
          let now = footprint();
          const { descriptors, threads } = seen[0] ?? { descriptors: Infinity, threads: Infinity };
          await until(() => {
            now = footprint();
            return now.descriptors <= descriptors + 2 && now.threads <= threads + 2;
          });
          seen.push(now);
        }
      } finally {
        await monitor.stop();
      }
      assert.deepEqual(await recordsIn(cache), []);
      assert.ok(heard > passes * 21);
      const [first = assert.fail(), ...later] = seen;
      const told = JSON.stringify(seen);
      for (const { resident, heap, descriptors, threads } of later) {
        assert.ok(resident < first.resident + 60 * MB, told);
        assert.ok(heap < first.heap + 8 * MB, told);
        assert.ok(descriptors <= first.descriptors + 2 && threads <= first.threads + 2, told);
      }
      if (process.env['MANY_PASSES_FIGURES'] !== undefined)
        process.stderr.write(`${told} slowest pass ${slowest.toFixed(0)} ms\n`);
    });
  });

  it(`so do those that fail, are given up, and bring back: ${mixed} in a row`, async function () {
    if (process.platform !== 'linux') this.skip();
    await withArchive({ tapeFlags: false }, async ({ archive, cache, events, lines }) => {
      const mine = archive({ autoRemove: 'cached' });
      const seen: Footprint[] = [];
      let restored = 0;
      let conflicts = 0;
      for (let i = 1; i <= mixed; i++) {
        // Another's file has the name: a conflict.
        await mine.put(`${i}/first`, Buffer.alloc(20_000, i));
        await mine.backup();
        await mine.put(`${i}/first`, Buffer.alloc(30_000, i + 1));
        await Promise.all(
          Array.from({ length: 6 }, (_, n) => mine.put(`${i}/${n}`, Buffer.alloc(n * 300_000, n))),
        );
        const stop = new AbortController();
        const off = mine.on('file:copied', () => {
          stop.abort();
        });
        await mine.backup({ signal: stop.signal });
        off();
        const report = await mine.backup();
        assertAddsUp(report);
        conflicts += report.conflicts;
        await withTemp(async (to) => {
          restored += (await mine.restore([String(i)], { to, fsync: false })).copied;
        });
        rmSync(join(cache, String(i)), { recursive: true, force: true });
        events.length = lines.length = 0;
        if (i > mixed / 4) seen.push(footprint());
      }
      const fifth = Math.floor(seen.length / 5);
      const [early, late] = [medianOf(seen.slice(0, fifth)), medianOf(seen.slice(-fifth))];
      const told = JSON.stringify({ early, late, restored, conflicts });
      assert.ok(late.resident < early.resident + 40 * MB && late.heap < early.heap + 8 * MB, told);
      assert.ok(late.descriptors <= early.descriptors + 2 && late.threads <= early.threads + 4, told);
      // Not the one that is still in the cache, in another version.
      assert.deepEqual([restored, conflicts], [mixed * 6, mixed], told);
      if (process.env['MANY_PASSES_FIGURES'] !== undefined) process.stderr.write(`${told}\n`);
    });
  });
});
