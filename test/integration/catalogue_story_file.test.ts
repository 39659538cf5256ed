/** The catalogue's file is damaged, or an old copy of it comes back from a backup: what an operator does then. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordsIn } from '../support/archive.js';
import { fileIn } from '../support/catalogue.js';
import { filesBelow } from '../support/cli_tape.js';
import {
  assertAsItWas,
  deleteOn,
  nameOf,
  putRecords,
  truncateOn,
  withStory,
  type Story,
} from '../support/story.js';

const some = 12;

/** Copied and removed: the server has them, tape doesn't. */
async function archived({ cache, job }: Story, from: number, to: number): Promise<void> {
  await putRecords(cache, from, to);
  const { code, report, stderr } = await job('backup');
  assert.deepEqual([code, report.removedAfterCopy], [0, to - from], stderr);
  assert.deepEqual(await recordsIn(cache), []);
}

async function found({ run }: Story): Promise<string> {
  const { code, stdout, stderr } = await run(['find']);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function restored({ job, to }: Story, count: number): Promise<void> {
  const { code, report, stderr } = await job('restore', '.', '--to', to);
  assert.deepEqual([code, report.copied], [0, count], stderr);
  assert.equal((await filesBelow(to)).length, count);
  for (let n = 0; n < count; n += 1) await assertAsItWas(to, n);
}

const catalogueFiles = async (directory: string) =>
  (await readdir(directory)).filter((name) => name.startsWith('.xrootd-archive.catalogue'));

/** As a backup of the disk does while no pass runs. */
async function backUp({ cache, directory }: Story): Promise<string> {
  const copy = join(directory, 'copy');
  await mkdir(copy);
  for (const name of await catalogueFiles(cache)) await copyFile(join(cache, name), join(copy, name));
  return copy;
}

async function putBack({ cache }: Story, copy: string): Promise<void> {
  for (const name of await catalogueFiles(cache)) await rm(join(cache, name));
  for (const name of await readdir(copy)) await copyFile(join(copy, name), join(cache, name));
}

describe('the file of the catalogue', () => {
  it('is damaged: a pass puts it aside and removes nothing, rebuild brings all rows back', async () => {
    await withStory({ auto_remove: 'cached' }, async (story) => {
      const { cache, run, job } = story;
      await archived(story, 0, some);
      const before = await found(story);
      const file = fileIn(cache);
      for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
      await truncate(file, Math.floor((await stat(file)).size / 2));

      // What only looks says so, and changes nothing.
      for (const args of [['find'], ['catalogue', 'status'], ['verify', '--catalogue']]) {
        const { code, stderr } = await run(args);
        assert.equal(code, 1, stderr);
        assert.ok(stderr.includes(file), stderr);
      }
      await putRecords(cache, some, some + 2);
      const pass = await job('backup');
      assert.equal(pass.code, 1);
      assert.deepEqual([pass.report.copied, pass.report.removedAfterCopy], [2, 0]);
      const [failure] = pass.report.failures;
      assert.equal(failure?.code, 'CatalogueUnusable');
      assert.match(failure.message, /catalogue rebuild/);
      const aside = (await readdir(cache)).filter((name) => name.includes('.damaged-'));
      assert.equal(aside.length, 1);

      const rebuilt = await run(['catalogue', 'rebuild']);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
      const next = await job('backup');
      assert.deepEqual([next.code, next.report.removed, next.report.failures], [0, 2, []], next.stderr);
      const after = await found(story);
      const known = (text: string) => text.split('\n').filter((line) => !/ü-001[23]\./.test(line));
      assert.deepEqual(known(after), known(before));
      assert.equal(after.trimEnd().split('\n').length, some + 2);
      await restored(story, some + 2);
    });
  });

  it('is damaged, and passes go on before somebody rebuilds it: the segments of the old one count all the same', async () => {
    await withStory({ auto_remove: 'cached' }, async (story) => {
      const { cache, run, job } = story;
      await archived(story, 0, some);
      const before = await found(story);
      await writeFile(fileIn(cache), 'no database');
      assert.equal((await job('backup')).code, 1);
      await archived(story, some, some + 2);
      const asked = await run(['catalogue', 'rebuild']);
      assert.equal(asked.code, 2, asked.stdout);
      // By its number the operator sees which is the old one.
      const [, old = ''] = /([0-9a-f-]{36}) \(1 segment\)/.exec(asked.stderr) ?? assert.fail(asked.stderr);
      assert.match(asked.stderr, /\(1 segment, of the catalogue that is here\)/);
      const rebuilt = await run(['catalogue', 'rebuild', '--archive', old]);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
      assert.match(rebuilt.stdout, /^ {2}the server's word +0 /m);
      const after = await found(story);
      const known = (text: string) => text.split('\n').filter((line) => !/ü-001[23]\./.test(line));
      assert.deepEqual(known(after), known(before));
    });
  });

  it('is an old copy: rebuild adds what was found out later', async () => {
    await withStory({ auto_remove: 'cached' }, async (story) => {
      const { run, job } = story;
      await archived(story, 0, some);
      const copy = await backUp(story);
      // Tape has the first ones, others are new, and one of these is given up.
      await story.sandbox.migrateAll();
      await archived(story, some, 2 * some);
      await deleteOn(story, nameOf(some));
      const { code, report } = await job('backup');
      assert.deepEqual([code, report.lost], [1, 1]);
      assert.equal((await run(['catalogue', 'forget', nameOf(some), '--reason', 'gone'])).code, 0);
      assert.equal((await job('backup')).code, 0);
      const before = await found(story);

      await putBack(story, copy);
      assert.equal((await found(story)).trimEnd().split('\n').length, some);
      const rebuilt = await run(['catalogue', 'rebuild']);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
      assert.equal(await found(story), before);
      const next = await job('backup');
      assert.deepEqual([next.code, next.report.scanned, next.report.failures], [0, 0, []], next.stderr);
    });
  });

  it('is an old copy, and a pass comes first: nothing is removed for what it says', async () => {
    await withStory({ auto_remove: 'cached', unfinished_after_seconds: 0 }, async (story) => {
      const { cache, run, job } = story;
      await archived(story, 0, some);
      const copy = await backUp(story);
      await archived(story, some, 2 * some);
      const names = (text: string) =>
        text.split('\n').map((line) => line.slice(line.indexOf('shots/')).replace(/ {2}\(.*/, ''));
      const before = names(await found(story));
      await putBack(story, copy);
      // The old copy calls it copied, compared and removed. Its record is here again, and the server has less of it.
      await truncateOn(story, nameOf(0));
      await putRecords(cache, 0, 1);
      const pass = await job('backup', '--auto-remove', 'backed_up');
      assert.deepEqual([pass.report.removed, pass.report.removedAfterCopy], [0, 0]);
      assert.deepEqual(await recordsIn(cache), [nameOf(0)]);
      assert.equal(pass.code, 1);
      // Whether what the server has is an unfinished copy, or all of a record that has left, isn't known without the rows.
      const told = new Map(pass.report.failures.map(({ code, message }) => [code, message]));
      assert.deepEqual([...told.keys()].sort(), ['CatalogueReplaced', 'LostCopy', 'Unverified']);
      assert.match(told.get('CatalogueReplaced') ?? '', /it is older than what a pass has written/);
      assert.match(told.get('Unverified') ?? '', /rows are missing in the catalogue/);
      const rebuilt = await run(['catalogue', 'rebuild']);
      assert.equal(rebuilt.code, 0, rebuilt.stderr);
      assert.deepEqual(names(await found(story)), before);
      const last = await job('backup');
      const { copied, removedAfterCopy, failures } = last.report;
      assert.deepEqual([last.code, copied, removedAfterCopy, failures], [0, 1, 1, []], last.stderr);
      await restored(story, 2 * some);
    });
  });
});
