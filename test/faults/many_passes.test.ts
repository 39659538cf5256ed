/** What lives for years must not grow: many passes in one process, under load, listened to and watched. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Monitor } from '../../lib/service/monitor.js';
import { assertAddsUp, keepingLogger, recordsIn, withArchive } from '../support/archive.js';
import { until } from '../support/tape.js';
import { scaled } from '../support/tier.js';

const passes = scaled('passes', 40, 200);
/** After which what is made once has been made. */
const warm = passes / 4;
const MB = 1e6;

interface Footprint {
  /** Bytes. */
  resident: number;
  heap: number;
  descriptors: number;
  threads: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function footprint(): Footprint {
  collect();
  const { rss: resident, heapUsed: heap } = process.memoryUsage();
  const threads = Number(/^Threads:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  return { resident, heap, descriptors: readdirSync('/proc/self/fd').length, threads };
}

describe('many passes in one process', () => {
  it(`leave memory, descriptors and threads as they were: ${passes} in a row`, async function () {
    if (process.platform !== 'linux') this.skip();
    this.timeout(300_000);
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
          const most = (seen[0]?.descriptors ?? Infinity) + 2;
          await until(() => (now = footprint()).descriptors <= most);
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
        assert.ok(resident < first.resident + 40 * MB, told);
        assert.ok(heap < first.heap + 8 * MB, told);
        assert.ok(descriptors <= first.descriptors + 2 && threads <= first.threads + 2, told);
      }
      if (process.env['MANY_PASSES_FIGURES'] !== undefined)
        process.stderr.write(`${told} slowest pass ${slowest.toFixed(0)} ms\n`);
    });
  });
});
