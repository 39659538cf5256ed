/** One pass, shared by processes that know nothing of each other but the lock. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { acquireLock, type PassLock } from '../../lib/cache/lock.js';
import { captureDirectoryName, captureName } from '../../lib/cache/own_files.js';
import type { Report } from '../../lib/index.js';
import { shardOf } from '../../lib/rules/sharding.js';
import { jsonLines, type Ended } from '../support/cli.js';
import { filesBelow, withTape, type TapePlace } from '../support/cli_tape.js';
import { scaled } from '../support/tier.js';

const count = 4;
const indexes = Array.from({ length: count }, (_, index) => index);

/** Small files in several directories; every shard has some in each. */
const records: Record<string, string> = Object.fromEntries(
  Array.from({ length: 120 }, (_, i) => [`day-${i % 3}/shot ${i}.h5`, `record ${i}`]),
);
const names = Object.keys(records).sort();

interface Part {
  code: number | null;
  stderr: string;
  events: Record<string, unknown>[];
  report: Report;
}

function partOf({ code, stderr, stdout }: Ended): Part {
  const events = jsonLines(stdout);
  return { code, stderr, events, report: events.at(-1)?.['report'] as Report };
}

/** The same command in four processes at once, each with its shard. */
async function all(place: TapePlace, command: string, ...args: string[]): Promise<Part[]> {
  const run = (index: number) => place.run(command, ...args, '--json', '--shard', `${index}/${count}`);
  const parts = (await Promise.all(indexes.map(run))).map(partOf);
  for (const { code, stderr, report } of parts) assert.equal(code, 0, stderr + JSON.stringify(report));
  return parts;
}

function pathsOf({ events }: Part, type: string): string[] {
  return events.filter((event) => event['type'] === type).map((event) => String(event['path']));
}

function sum(
  parts: readonly Part[],
  key: 'scanned' | 'copied' | 'kept' | 'removedAfterCopy' | 'bytesCopied',
) {
  return parts.reduce((total, { report }) => total + report[key], 0);
}

/** Each record in one part, and in the right one; no part is empty. */
function assertShared(parts: readonly Part[], type: string): void {
  parts.forEach((part, index) => {
    const paths = pathsOf(part, type);
    assert.deepEqual(
      paths.sort(),
      names.filter((name) => shardOf(name, count) === index),
    );
    assert.ok(paths.length > 0);
    assert.equal(part.report.scanned, paths.length);
  });
  assert.equal(sum(parts, 'scanned'), names.length);
}

/** All were at work before the first had ended. */
function assertSideBySide(parts: readonly Part[]): void {
  const begins = parts.map(({ report }) => report.startedAt).sort();
  const ends = parts.map(({ report }) => report.finishedAt).sort();
  assert.ok((begins.at(-1) ?? '') < (ends[0] ?? ''), [...begins, ...ends].join(' '));
}

async function writeRecords(directory: string): Promise<void> {
  for (const [name, content] of Object.entries(records)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), content);
  }
}

async function assertWhole(directory: string): Promise<void> {
  const found = (await filesBelow(directory)).filter((name) => !name.startsWith('.xrootd-archive.'));
  assert.deepEqual(found, names);
  for (const name of names) assert.equal(await readFile(path.join(directory, name), 'utf8'), records[name]);
}

/** As often as tape was asked for each. */
function stagedPaths({ sandbox }: TapePlace): string[] {
  const base = sandbox.basePath.length + 1;
  return sandbox.prepares
    .filter(({ kind }) => kind === 'stage')
    .flatMap(({ paths }) => paths.map((each) => each.slice(base)))
    .sort();
}

/** Files that tape was asked for, as the events so far tell. */
function requested(stdout: string): number {
  const events = jsonLines(stdout.slice(0, stdout.lastIndexOf('\n') + 1));
  return events.flatMap(({ type, paths }) => (type === 'stage:requested' ? (paths as string[]) : [])).length;
}

describe('a backup in four shards', () => {
  it('copies each record once, and its directories go with the last of them', async () => {
    await withTape({}, {}, async (place) => {
      await writeRecords(place.cache);
      const parts = await all(place, 'backup', '--auto-remove', 'cached');
      assertShared(parts, 'file:copied');
      assert.equal(sum(parts, 'copied'), names.length);
      assert.equal(sum(parts, 'removedAfterCopy'), names.length);
      const bytes = Object.values(records).reduce((total, { length }) => total + length, 0);
      assert.equal(sum(parts, 'bytesCopied'), bytes);
      assert.deepEqual(
        (await readdir(place.cache)).filter((name) => !name.startsWith('.')),
        [],
      );
      await assertWhole(place.sandbox.diskPath(''));
    });
  });

  it('each remembers what it compared, and none tells of the others’ files', async () => {
    await withTape({}, {}, async (place) => {
      await writeRecords(place.cache);
      assertShared(await all(place, 'backup', '--auto-remove', 'never'), 'file:copied');
      const remembered = (await readdir(place.cache)).filter((name) => name.includes('.verified.'));
      const files = indexes.map((index) => `.xrootd-archive.verified.${index}-of-${count}`);
      assert.deepEqual(remembered.sort(), files);
      assertShared(await all(place, 'backup', '--auto-remove', 'never'), 'file:kept');
    });
  });

  it('what a crash left, and what is no record, one of them deals with', async () => {
    await withTape({}, {}, async (place) => {
      for (const index of indexes) await writeFile(path.join(place.cache, captureName(`lost ${index}`)), 'x');
      const long = Array.from({ length: 12 }, (_, index) => `long ${index} `.padEnd(240, 'x'));
      for (const name of long) {
        await mkdir(path.join(place.cache, captureDirectoryName(name)));
        await writeFile(path.join(place.cache, captureDirectoryName(name), name), 'x');
      }
      await symlink('/etc/passwd', path.join(place.cache, 'link'));
      const run = (index: number) => place.run('backup', '--json', '--shard', `${index}/${count}`);
      const parts = (await Promise.all(indexes.map(run))).map(partOf);
      assert.deepEqual(
        parts.flatMap((part) => pathsOf(part, 'file:failed')),
        ['link'],
      );
      assert.deepEqual(parts.map(({ code }) => code).sort(), [0, 0, 0, 1]);
      for (const { stderr } of parts) assert.ok(!stderr.includes('displaced'), stderr);
      const lost = indexes.map((index) => `lost ${index}`);
      assert.deepEqual(await filesBelow(place.cache), ['link', ...lost, ...long].sort());
      const told = parts.flatMap(({ stderr }) =>
        [...stderr.matchAll(/removing-\w+ outcome=restored/g)].flat(),
      );
      assert.equal(new Set(told).size, long.length);
      assert.equal(told.length, long.length, 'each is dealt with once');
    });
  });
});

describe('a restore in four shards', () => {
  it('stages and fetches each file once', async () => {
    await withTape(records, { stageDelay: 4, drives: 64 }, async (place) => {
      const parts = await all(place, 'restore', '.', '--to', place.to);
      assertSideBySide(parts);
      assertShared(parts, 'file:restored');
      assert.equal(sum(parts, 'copied'), names.length);
      assert.deepEqual(stagedPaths(place), names);
      await assertWhole(place.to);
      assertShared(await all(place, 'restore', '.', '--to', place.to), 'file:skipped');
      assert.equal(sum(await all(place, 'verify', '--directory', place.to), 'scanned'), names.length);
    });
  });

  it('a path is missing if no shard has it, and one of them says so', async () => {
    await withTape(records, {}, async (place) => {
      const wanted = [names[0] ?? '', 'day-1/shot 1*.h5', 'nowhere', 'none/*.h5'];
      const run = (index: number) =>
        place.run('stage', ...wanted, '--wait', '--json', '--shard', `${index}/${count}`);
      const parts = (await Promise.all(indexes.map(run))).map(partOf);
      const failed = parts.flatMap((part) => pathsOf(part, 'file:failed'));
      assert.deepEqual(failed.sort(), ['none/*.h5', 'nowhere']);
      const chosen = names.filter((name) => name === wanted[0] || name.startsWith('day-1/shot 1'));
      assert.deepEqual(stagedPaths(place), chosen);
      assert.equal(sum(parts, 'scanned'), chosen.length + 2);
    });
  });

  it('a shard that was killed goes on when it is run again', async () => {
    await withTape(records, { stageDelay: 4, drives: 64 }, async (place) => {
      const killed = place.start('restore', '.', '--to', place.to, '--json', '--shard', '2/4');
      const own = names.filter((name) => shardOf(name, count) === 2);
      await killed.until(({ stdout }) => requested(stdout) === own.length);
      killed.child.kill('SIGKILL');
      assert.equal((await killed.ended).signal, 'SIGKILL');
      assertShared(await all(place, 'restore', '.', '--to', place.to), 'file:restored');
      // What it had asked tape for wasn't asked again.
      assert.deepEqual(stagedPaths(place), names);
      const left = (await readdir(place.to)).filter((name) => name.startsWith('.xrootd-archive.'));
      assert.deepEqual(left, []);
      await assertWhole(place.to);
    });
  });
});

describe('shards and the lock', () => {
  async function held(
    cache: string,
    shard: { index: number; count: number } | undefined,
    use: () => Promise<void>,
  ) {
    const lock: PassLock = await acquireLock(cache, undefined, shard);
    try {
      await use();
    } finally {
      await lock.release();
    }
  }

  const commands = [
    ['backup', (_: TapePlace) => ['backup']],
    ['restore', ({ to }: TapePlace) => ['restore', '.', '--to', to]],
  ] as const;
  for (const [command, line] of commands) {
    it(`a ${command} beside a shard: only another shard of the same count`, async () => {
      await withTape({}, {}, async (place) => {
        const code = async (...shard: string[]) => {
          const [name = '', ...args] = line(place);
          return (await place.run(name, ...args, ...shard)).code;
        };
        const directory = command === 'backup' ? place.cache : place.to;
        await mkdir(directory, { recursive: true });
        await held(directory, { index: 0, count: 4 }, async () => {
          const codes = [code(), code('--shard', '0/4'), code('--shard', '1/3'), code('--shard', '1/4')];
          assert.deepEqual(await Promise.all(codes), [4, 4, 4, 0]);
        });
        await held(directory, undefined, async () => {
          assert.equal(await code('--shard', '0/4'), 4);
        });
        assert.deepEqual([await code('--shard', '1/3'), await code()], [0, 0]);
      });
    });
  }

  it('a shard that can’t be is bad usage, and nothing is touched', async () => {
    await withTape({}, {}, async ({ run, to, cache }) => {
      const before = await readdir(cache);
      const others = scaled('commands that are given each wrong shard', 1, 4);
      for (const shard of ['4/4', '0', '1/0', '-1/4', '0/1000000']) {
        const commands = [['backup'], ['restore', '.', '--to', to], ['stage', '.'], ['verify']];
        for (const args of commands.slice(0, shard === '4/4' ? commands.length : others)) {
          const { code, stderr } = await run(args[0] ?? '', ...args.slice(1), '--shard', shard);
          assert.equal(code, 2, stderr);
          assert.match(stderr, /--shard <i\/n>.* must be i\/n/);
        }
      }
      assert.deepEqual(await readdir(cache), before);
    });
  });
});
