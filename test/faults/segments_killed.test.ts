/** A process that writes segments is killed at any moment; nothing is lost, and the chain stays whole. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collect, withArchive } from '../support/archive.js';
import { allRows } from '../support/catalogue.js';
import { opened, segmentNames, write } from '../support/segments.js';
import { withTemp } from '../support/temporary.js';

const script = fileURLToPath(new URL('../integration/children/write_segments.js', import.meta.url));
const kills = 25;

/** Kills it so many milliseconds after it has told of so many rows. Before the second one it has sent a segment. */
async function killed(
  cache: string,
  url: string,
  { round, rows, milliseconds }: { round: number; rows: number; milliseconds: number },
): Promise<string[]> {
  const child = spawn(process.execPath, [script, cache, url, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  const enough = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.split('\n').length > rows) resolve();
    });
  });
  await Promise.race([enough, once(child, 'exit')]);
  assert.equal(child.exitCode, null, 'it has ended by itself');
  await sleep(milliseconds);
  child.kill('SIGKILL');
  await once(child, 'close');
  return told.split('\n').filter((line) => line !== '');
}

describe('segments, by a process that is killed', () => {
  it(`${kills} times at moments of chance: a rebuild finds each row, and no segment is missing or wrong`, async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      const durable = new Set<string>();
      for (let round = 0; round < kills; round += 1) {
        const moment = { round, rows: 1 + (round % 4), milliseconds: Math.floor(Math.random() * 50) };
        const told = await killed(bench.cache, bench.sandbox.url, moment);
        const warnings = told.filter((line) => line.startsWith('warning'));
        assert.deepEqual(warnings, [], JSON.stringify(moment));
        for (const line of told) if (/^row \d+\/\d+$/.test(line)) durable.add(line.slice(4));
      }
      await using catalogue = await opened(bench);
      assert.deepEqual(
        (await write(bench, catalogue, { options: { unfinishedAfterSeconds: 0 } })).warnings,
        [],
      );
      const rows = await allRows(catalogue);
      const forgotten = await collect(catalogue.forgotten());
      const known = new Set([...rows, ...forgotten].map(({ path }) => path));
      for (const path of durable) assert.ok(known.has(path), path);
      // Three of four processes live long enough to send one.
      assert.ok((await segmentNames(bench, catalogue)).length > kills / 5);

      await withTemp(async (directory) => {
        const cacheDirectory = join(directory, 'cache');
        const report = await bench.archive({ cacheDirectory }).rebuild({ from: 'segments' });
        assert.deepEqual(report.failures, []);
        await using again = await opened(bench, { cacheDirectory });
        assert.deepEqual(await allRows(again), rows);
        assert.deepEqual(
          new Set((await collect(again.forgotten())).map(({ path }) => path)),
          new Set(forgotten.map(({ path }) => path)),
        );
      });
    });
  });
});
