/** Which audit counts as the last one, of many passes in one catalogue or in those of shards. */
import assert from 'node:assert/strict';
import type { Catalogue } from '../../lib/catalogue/catalogue.js';
import type { Report } from '../../lib/index.js';
import { nameFor } from '../../lib/rules/sharding.js';
import { viewCatalogue } from '../../lib/service/catalogue_view.js';
import { catalogueConfig, mustOpen, NOON } from '../support/catalogue.js';
import { failure, reportOf } from '../support/reports.js';
import { withTemp } from '../support/temporary.js';

describe('the last audit that the page tells', () => {
  const at = (day: number) => new Date(NOON + day * 86_400_000).toISOString();
  const shardOf = (index: number, count = 2) => ({ index, count });
  const bad = { failed: 1, verified: 4 };
  const good = { verified: 5 };

  /** What is told after these audits, each a day after the one before; each shard has a catalogue of its own. */
  async function lastOf(passes: readonly Partial<Report>[]): Promise<unknown[] | null> {
    return await withTemp(async (cache) => {
      const config = catalogueConfig(cache);
      const opened = new Map<string, Catalogue>();
      for (const [day, more] of passes.entries()) {
        const { failures: _, ...report } = reportOf({ job: 'verify', finishedAt: at(day), ...more });
        const { job, finishedAt: finished, shard } = report;
        const name = nameFor(shard, 'catalogue');
        const one = opened.get(name) ?? (await mustOpen(config, { mode: 'write', shard }));
        opened.set(name, one);
        one.note({ kind: 'pass', job, started: at(day), finished, report: JSON.stringify(report) });
      }
      for (const one of opened.values()) await one.close();
      const { facts } = await viewCatalogue({ ...config, maxAgeWarning: undefined });
      return facts?.audit
        ? [facts.audit.outcome, facts.audit.verified, facts.audit.failed, facts.audit.finishedAt]
        : null;
    });
  }

  it('is never one over chosen records, however many there are', async () => {
    const chosen = Array.from({ length: 30 }, () => ({ ...good, partial: true as const }));
    assert.deepEqual(await lastOf([bad, ...chosen]), ['failures', 4, 1, at(0)]);
    assert.equal(await lastOf(chosen), null);
  });

  it('is one that was interrupted only if no other has ended', async () => {
    const stopped = Array.from({ length: 30 }, () => ({ interrupted: true }));
    assert.deepEqual(await lastOf([bad, ...stopped]), ['failures', 4, 1, at(0)]);
    assert.deepEqual((await lastOf(stopped))?.[0], 'interrupted');
  });

  it('is that of all shards together: the worst outcome, the sums, the latest end', async () => {
    const first = { ...bad, shard: shardOf(0) };
    const second = { ...good, shard: shardOf(1) };
    assert.deepEqual(await lastOf([first, second]), ['failures', 9, 1, at(1)]);
    assert.deepEqual(await lastOf([second, first]), ['failures', 9, 1, at(1)]);
    const again = { ...good, shard: shardOf(0) };
    assert.deepEqual(await lastOf([first, ...Array.from({ length: 30 }, () => second), again]), [
      ...['ok', 10, 0, at(31)],
    ]);
    const ended = { ...good, shard: shardOf(0), error: failure('') };
    assert.deepEqual((await lastOf([ended, second]))?.[0], 'error');
    const stopped = { ...good, shard: shardOf(0), interrupted: true };
    assert.deepEqual((await lastOf([first, second, stopped]))?.[0], 'failures');
    assert.deepEqual((await lastOf([stopped, second]))?.[0], 'ok');
  });

  it('counts until everything has been looked at after it', async () => {
    const old = { ...bad, shard: shardOf(0) };
    const fours = [0, 1, 2, 3].map((index) => ({ ...good, shard: shardOf(index, 4) }));
    assert.deepEqual(await lastOf([old, ...fours.slice(1)]), ['failures', 19, 1, at(3)]);
    assert.deepEqual(await lastOf([old, ...fours]), ['ok', 20, 0, at(4)]);
    assert.deepEqual(await lastOf([old, good]), ['ok', 5, 0, at(1)]);
    const halves = [0, 1].map((index) => ({ ...good, shard: shardOf(index) }));
    assert.deepEqual(await lastOf([bad, ...halves.slice(1)]), ['failures', 9, 1, at(1)]);
    assert.deepEqual(await lastOf([bad, ...halves]), ['ok', 10, 0, at(2)]);
  });
});
