import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { acquireLock } from '../../lib/cache/lock.js';
import { ConfigError, LockedError } from '../../lib/index.js';
import { counts, recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { archived, cut, listing, pass, setAge, writeRecord } from '../support/retention.js';

describe('retention of a directory', () => {
  const two = [
    ['2020/01/31/a', 100],
    ['2023/03/01/b', 200],
  ] as const;

  async function withTwo(use: (bench: Bench) => Promise<void>): Promise<void> {
    await withSharedArchive(async (bench) => {
      await archived(bench, two);
      await use(bench);
    });
  }

  it('goes by the date in the path where one is asked for', async () => {
    await withTwo(async (bench) => {
      await writeRecord(bench.cache, 'undated', 5);
      for (const name of await recordsIn(bench.cache)) await setAge(bench, name, 10_000);
      const report = await pass(bench, { datePattern: '%Y/%m/%d' });
      assert.deepEqual(counts(report), { scanned: 3, removed: 1, kept: 2 });
      assert.deepEqual(report.keptReasons, { 'not past retention': 1, 'no date in its path': 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['2023/03/01/b', 'undated']);
    });
  });

  it('settings that changed are new ones; confirmed: true needs no word; a dry run confirms nothing', async () => {
    await withTwo(async (bench) => {
      for (const [name] of two) await setAge(bench, name, cut - 1);
      const hold = ['2020', '2023'];
      assert.equal((await pass(bench, { hold }, { confirm: true, dryRun: true })).unconfirmed, true);
      assert.equal((await pass(bench, { hold }, {})).unconfirmed, true);
      assert.equal((await pass(bench, { hold }, { confirm: true })).unconfirmed, undefined);
      assert.equal((await pass(bench, { hold }, {})).unconfirmed, undefined);

      const released = await pass(bench, { hold: ['2023'] }, {});
      assert.equal(released.unconfirmed, true);
      assert.deepEqual(counts(released), { scanned: 2, removed: 1, kept: 1 });
      assert.deepEqual(listing(bench), ['2020/01/31/a 100']);
      assert.ok(bench.lines.some(({ level, message }) => level === 'warn' && message.includes('confirmed')));
      assert.equal((await recordsIn(bench.cache)).length, 2);
      assert.equal((await pass(bench, { hold: ['2023'], period: 'P2Y' }, {})).unconfirmed, true);

      const dry = await pass(bench, { hold: ['2023'], confirmed: true }, { dryRun: true });
      assert.deepEqual([dry.unconfirmed, dry.removed], [undefined, 1]);
      assert.equal((await recordsIn(bench.cache)).length, 2);
      assert.deepEqual(counts(await pass(bench, { hold: ['2023'], confirmed: true }, {})), {
        scanned: 2,
        removed: 1,
        kept: 1,
      });
    });
  });

  it('a confirmation that can’t be read confirms nothing', async () => {
    await withTwo(async (bench) => {
      await pass(bench, { hold: ['2020', '2023'] });
      await writeFile(join(bench.cache, '.xrootd-archive.retention'), '{"settings":');
      assert.equal((await pass(bench, { hold: ['2020', '2023'] }, {})).unconfirmed, true);
    });
  });

  it('what changes while it is compared stays, here or at the target', async () => {
    await withTwo(async (bench) => {
      for (const [name] of two) await setAge(bench, name, cut - 1);
      const here = await pass(bench, {}, { confirm: true }, (store) => ({
        readChecksum: async (name, ...query) => {
          const sum = await store.readChecksum(name, ...query);
          await setAge(bench, name, cut - 2);
          return sum;
        },
      }));
      assert.deepEqual(counts(here), { scanned: 2, kept: 2 });
      const there = await pass(bench, {}, { confirm: true }, (store) => {
        const asked = new Set<string>();
        return {
          stat: async (name, signal) => {
            const stat = await store.stat(name, signal);
            if (stat === null || !asked.has(name)) return (asked.add(name), stat);
            return { ...stat, backUpExists: false };
          },
        };
      });
      assert.deepEqual(there.keptReasons, { 'changed on the server while it was worked on': 2 });
      assert.equal((await recordsIn(bench.cache)).length, 2);
    });
  });

  it('what changed within settle_seconds stays', async () => {
    await withTwo(async (bench) => {
      for (const [name] of two) await setAge(bench, name, cut - 1);
      // ctime can't be set back.
      const archive = bench.archive({
        settleSeconds: 3600,
        retention: { onlineDirectory: bench.cache, period: 'P1D', confirmed: true },
      });
      const report = await archive.retention();
      assert.deepEqual(report.keptReasons, { 'changed too recently': 2 });
    });
  });

  it('puts back what a crash left captured, warns of holds that name nothing, and refuses a second pass', async () => {
    await withTwo(async (bench) => {
      for (const [name] of two) await setAge(bench, name, cut - 1);
      const file = join(bench.cache, two[0][0]);
      await rename(file, join(dirname(file), '.xrootd-archive.removing.a'));
      await pass(bench, { hold: ['.', '2032'] });
      assert.deepEqual(await recordsIn(bench.cache), two.map(([name]) => name).sort());
      assert.deepEqual(
        bench.lines.filter(({ message }) => message.includes('hold')).map(({ message }) => message),
        ['nothing is named by the hold 2032'],
      );

      const lock = await acquireLock(bench.cache);
      await assert.rejects(pass(bench, {}), LockedError);
      await lock.release();
      await assert.rejects(pass(bench, { onlineDirectory: '/does/not/exist' }), ConfigError);
      assert.equal((await recordsIn(bench.cache)).length, 2);
    });
  });

  it('names that the target can’t have, and what is no file, are failures and stay', async () => {
    await withTwo(async (bench) => {
      await writeFile(join(bench.cache, 'wh?t'), '');
      await setAge(bench, 'wh?t', cut - 1);
      const report = await pass(bench, {});
      assert.deepEqual(counts(report), { scanned: 3, kept: 2, failed: 1 });
      assert.equal(report.failures[0]?.code, 'BadName');
    });
  });
});
