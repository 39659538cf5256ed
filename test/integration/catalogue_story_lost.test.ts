/** Records are lost behind the server before tape has them: what an operator sees, from the next pass to the end of it. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../lib/index.js';
import { recordsIn } from '../support/archive.js';
import { jsonLines } from '../support/cli.js';
import { filesBelow } from '../support/cli_tape.js';
import {
  assertAsItWas,
  changeOn,
  deleteOn,
  nameOf,
  putRecords,
  truncateOn,
  withStory,
  type Told,
} from '../support/story.js';
import { scaled } from '../support/tier.js';

const all = scaled('records', 100, 1000);
const each = 10;
const wrongCount = 3 * each;

const lostIn = ({ failures }: Report) =>
  failures.flatMap(({ path, code }) => (code === 'LostCopy' ? [path] : [])).sort();

/** By event, too. */
function assertNames(told: Told, expected: readonly string[]): void {
  assert.equal(told.code, 1, told.stderr);
  assert.deepEqual(lostIn(told.report), expected);
  assert.equal(told.report.failures.length, expected.length, JSON.stringify(told.report.failures));
  const events = jsonLines(told.stdout).filter(({ type }) => type === 'file:failed');
  assert.deepEqual(events.map(({ path }) => path).sort(), expected);
}

describe('records that are lost before tape has them', () => {
  it(`${all} records, ${wrongCount} of them: passes, audits and restores name these, until they are forgotten`, async () => {
    await withStory({ auto_remove: 'cached' }, async (story) => {
      const { cache, to, run, job } = story;
      const names = await putRecords(cache, 0, all);
      const first = await job('backup');
      assert.deepEqual([first.code, first.report.removedAfterCopy], [0, all], first.stderr);
      assert.deepEqual(await recordsIn(cache), []);

      // Not in one directory alone, and neither the first nor the last ones alone.
      const step = Math.floor(all / wrongCount);
      const spoiled = Array.from({ length: wrongCount }, (_, i) => i * step);
      const [deleted, short, changed] = [0, 1, 2].map((kind) =>
        spoiled.filter((_, i) => i % 3 === kind).map(nameOf),
      ) as [string[], string[], string[]];
      for (const name of deleted) await deleteOn(story, name);
      for (const name of short) await truncateOn(story, name);
      const sums = new Map<string, string[]>();
      for (const name of changed) sums.set(name, await changeOn(story, name));
      const wrong = [...deleted, ...short, ...changed].sort();
      assert.equal(new Set(wrong).size, wrongCount);

      const pass = await job('backup');
      assertNames(pass, wrong);
      assert.deepEqual([pass.report.scanned, pass.report.lost], [wrongCount, wrongCount]);
      const audit = await job('verify', '--catalogue');
      assertNames(audit, wrong);
      assert.equal(audit.report.verified, all - wrongCount);
      const messageOf = (path?: string) =>
        audit.report.failures.find((failure) => failure.path === path)?.message ?? '';
      const [gone, cut, other] = [deleted[0], short[0], changed[0]] as [string, string, string];
      assert.match(messageOf(gone), /no such file/);
      assert.match(messageOf(cut), /500 bytes/);
      assert.ok(
        sums.get(other)?.some((sum) => messageOf(other).includes(sum)),
        messageOf(other),
      );

      const found = await run(['find', '--state', 'lost', '--json']);
      assert.deepEqual(
        jsonLines(found.stdout)
          .map(({ path }) => path)
          .sort(),
        wrong,
      );
      const listing = await run(['catalogue', 'status']);
      assert.match(listing.stdout, new RegExp(`^ {2}lost +${wrongCount} `, 'm'));

      const good = names.filter((name) => !wrong.includes(name)).sort();
      const restored = await job('restore', '.', '--to', to);
      assertNames(restored, wrong);
      assert.equal(restored.report.copied, all - wrongCount);
      const again = await job('restore', '.', '--to', to);
      assertNames(again, wrong);
      assert.deepEqual([again.report.copied, again.report.kept], [0, all - wrongCount]);
      assert.deepEqual(await filesBelow(to), good);
      for (let n = 0; n < all; n += 1) if (!wrong.includes(nameOf(n))) await assertAsItWas(to, n);
      assert.deepEqual((await readdir(join(to, 'shots'))).length, 7);

      // Tape takes them as they are: that cures nothing.
      await story.sandbox.migrateAll();
      assertNames(await job('backup'), wrong);
      const forgotten = await run(
        ['catalogue', 'forget', '--from-file', '-', '--reason', 'ticket 4711'],
        wrong.join('\n'),
      );
      assert.equal(forgotten.code, 0, forgotten.stderr);
      assert.match(forgotten.stdout, new RegExp(`^${wrongCount} records forgotten$`, 'm'));
      for (const args of [['backup'], ['verify', '--catalogue']]) {
        const { code, report } = await job(...args);
        assert.deepEqual([code, report.failures], [0, []], args.join(' '));
      }
    });
  });
});
