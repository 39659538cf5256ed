/** The machine is lost, or its catalogue: an operator gets everything back with the configuration alone. */
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SEGMENT_DIRECTORY } from '../../lib/catalogue/segment.js';
import { recordsIn } from '../support/archive.js';
import { filesBelow } from '../support/cli_tape.js';
import { holdsRecord } from '../support/records.js';
import { assertAsItWas, nameOf, putRecords, sizeOf, withStory, type Story } from '../support/story.js';
import { scaled } from '../support/tier.js';

const each = scaled('records a pass', 20, 200);

/**
 * Each pass sends a segment: 1 and 2 have the first records, which are on tape, half of them on tape alone. 3 and 4 have the others,
 * which wait for tape.
 */
async function archived({ sandbox, cache, job }: Story): Promise<string[]> {
  const first = await putRecords(cache, 0, each);
  assert.equal((await job('backup')).report.copied, each);
  await sandbox.migrateAll();
  const removed = await job('backup');
  assert.deepEqual([removed.code, removed.report.removed], [0, each], removed.stderr);
  await sandbox.evict(first.slice(each / 2));
  const names = [...first];
  for (const pass of [1, 2]) {
    names.push(...(await putRecords(cache, pass * each, (pass + 1) * each)));
    const { code, report, stderr } = await job('backup', '--auto-remove', 'cached');
    assert.deepEqual([code, report.removedAfterCopy], [0, each], stderr);
  }
  assert.deepEqual(await recordsIn(cache), []);
  return names;
}

/** Only the configuration's file stays. */
async function lose({ directory, config }: Story): Promise<void> {
  for (const name of await readdir(directory))
    if (join(directory, name) !== config) await rm(join(directory, name), { recursive: true });
  assert.equal((await readdir(directory)).length, 1);
}

/** Where they are on the server's disk, in their order. */
async function segments({ sandbox }: Story): Promise<string[]> {
  const directory = sandbox.diskPath(SEGMENT_DIRECTORY);
  const [id = '', ...others] = await readdir(directory);
  assert.deepEqual(others, []);
  return (await readdir(join(directory, id))).sort().map((name) => join(directory, id, name));
}

async function found({ run }: Story): Promise<string> {
  const { code, stdout, stderr } = await run(['find']);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** @param known only their times and modes come back; the server has no others */
async function assertRestored(
  { job, to }: Story,
  count: number,
  known = (_n: number) => true,
): Promise<void> {
  const { code, report, stderr } = await job('restore', '.', '--to', to);
  assert.deepEqual([code, report.copied], [0, count], stderr);
  const names = Array.from({ length: count }, (_, n) => nameOf(n));
  assert.deepEqual(await filesBelow(to), names.sort());
  for (let n = 0; n < count; n += 1)
    if (known(n)) await assertAsItWas(to, n);
    else assert.ok(await holdsRecord(join(to, nameOf(n)), nameOf(n), sizeOf(n)), nameOf(n));
}

describe('the machine is lost', () => {
  it('rebuild, find and restore: everything is as it was, also what is on tape only', async () => {
    await withStory({}, async (story) => {
      const names = await archived(story);
      const before = await found(story);
      assert.equal(before.trimEnd().split('\n').length, names.length);
      await lose(story);
      const rebuilt = await story.run(['catalogue', 'rebuild']);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
      assert.equal(await found(story), before);
      await assertRestored(story, names.length);
      const audit = await story.job('verify', '--catalogue');
      assert.deepEqual([audit.code, audit.report.verified], [0, names.length], audit.stderr);
      // The archive goes on, and so does the chain of its segments.
      await putRecords(story.cache, names.length, names.length + 2);
      const next = await story.job('backup', '--auto-remove', 'cached');
      assert.deepEqual([next.code, next.report.removedAfterCopy], [0, 2], next.stderr);
      assert.equal((await segments(story)).length, 5);
    });
  });

  it('and one segment: it is named, and the listing has what it lacks', async function () {
    await withStory({}, async (story) => {
      const names = await archived(story);
      const third = (await segments(story))[2] ?? '';
      await rm(third);
      await lose(story);
      const rebuilt = await story.run(['catalogue', 'rebuild']);
      assert.equal(rebuilt.code, 1);
      assert.ok(rebuilt.stdout.includes(`${basename(third)}: this segment is missing`), rebuilt.stdout);
      assert.match(rebuilt.stdout, new RegExp(`^ {2}from the listing +${each}$`, 'm'));
      const rows = (await found(story)).trimEnd().split('\n');
      assert.equal(rows.length, names.length);
      await assertRestored(story, names.length, (n) => n < each || n >= 2 * each);
      // The next pass sends what was missing: another rebuild finds all of it.
      const next = await story.job('backup');
      assert.deepEqual([next.code, next.report.failures], [0, []], next.stderr);
      const before = await found(story);
      await rm(story.cache, { recursive: true });
      const again = await story.job('catalogue', 'rebuild', '--from', 'segments');
      assert.deepEqual([again.code, again.report.failures], [0, []], again.stderr);
      assert.equal(await found(story), before);
    });
  });

  it('without segments, the listing of the server gives the rows', async () => {
    await withStory({ catalogue_segments: false }, async (story) => {
      const names = await archived(story);
      await lose(story);
      const rebuilt = await story.run(['catalogue', 'rebuild', '--checksums']);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
      assert.match(rebuilt.stdout, new RegExp(`^ {2}the server's word +${names.length} `, 'm'));
      const rows = (await found(story)).trimEnd().split('\n');
      assert.equal(rows.length, names.length);
      const audit = await story.job('verify', '--catalogue', '--extra');
      assert.deepEqual([audit.code, audit.report.verified], [0, names.length], audit.stderr);
      await assertRestored(story, names.length, () => false);
      // What is lost from now on is noticed.
      await rm(story.sandbox.diskPath(nameOf(each)));
      const pass = await story.job('backup');
      assert.equal(pass.code, 1);
      assert.deepEqual(
        pass.report.failures.map(({ path, code }) => [path, code]),
        [[nameOf(each), 'LostCopy']],
      );
    });
  });
});
