/** SIGTERM to the service in the middle of a pass, at moments that chance picks. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Archive } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { collect, recordsIn } from '../support/archive.js';
import { assertArchived, makeServicePlace, RunningService, writeRecords } from '../support/service.js';
import { scaled } from '../support/tier.js';
import { withTemp } from '../support/temporary.js';

const stops = scaled('stops', 5, 20);

describe('SIGTERM in the middle of a pass', () => {
  it(`ends cleanly ${stops} times, loses nothing, and the next pass completes`, async () => {
    await using sandbox = await TapeSandbox.start({ tapeFlags: false });
    await withTemp(async (directory) => {
      // 25 s of copying, of which each of the stopped passes gets a second at most.
      const keys = { max_rate: 1_000_000, parallel_copies: 1, stop_grace_seconds: 0 };
      const place = await makeServicePlace(directory, sandbox.url, keys);
      const records = await writeRecords(place.cache, 500, 50_000);
      const moments: number[] = [];
      let inMidPass = 0;
      for (let i = 0; i < stops; i++) {
        await using service = new RunningService(place);
        await service.untilEvents('pass:started');
        const moment = Math.round(Math.random() * 1000);
        moments.push(moment);
        await sleep(moment);
        service.child.kill('SIGTERM');
        const { code, signal, stderr } = await service.ended;
        const told = `after ${moments.join(', ')} ms: ${stderr}`;
        assert.deepEqual([code, signal], [0, null], told);
        const reports = service.events.filter((event) => event.type === 'pass:finished');
        if (reports.at(-1)?.report.interrupted === true) inMidPass++;
        assert.ok(
          reports.every(({ report }) => report.failed + report.conflicts === 0),
          told,
        );
        const left = await readdir(place.cache, { recursive: true });
        assert.deepEqual(
          left.filter((name) => /xrootd-archive\.(incoming|removing)/.test(name)),
          [],
          told,
        );
        // On the server nothing is there but whole records, and each is here or there.
        const archive = new Archive({ cacheDirectory: place.cache, targetUrl: sandbox.url });
        const items = await collect(archive.ls([], { recursive: true }));
        const there = items.map((item) => {
          assert.ok(!('failed' in item), JSON.stringify(item));
          return item;
        });
        const files = there.filter(({ path }) => records.has(path));
        assert.ok(
          files.every(({ path, size }) => size === records.get(path)?.size),
          told,
        );
        const everywhere = new Set([...(await recordsIn(place.cache)), ...files.map(({ path }) => path)]);
        assert.deepEqual(
          [...records.keys()].filter((name) => !everywhere.has(name)),
          [],
          told,
        );
      }
      assert.ok(inMidPass > stops / 2, `only ${inMidPass} of ${stops} passes were stopped in their middle`);
      await assertArchived(place.cache, sandbox.url, records);
    });
  });
});
