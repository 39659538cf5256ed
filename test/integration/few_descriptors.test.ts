/** Processes that may have few files open. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { jsonLines, mainFile } from '../support/cli.js';
import { filesBelow, withTape, type TapePlace } from '../support/cli_tape.js';
import { scaled } from '../support/tier.js';

const run = promisify(execFile);

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** In more directories than there are descriptors: 266 in the fast tier, 1,000 in the full one, and as many below them. */
const count = scaled('files', 400, 1500);
const directories = Math.floor((count * 2) / 3);
const names = Array.from({ length: count }, (_, index) => `d${index % directories}/sub/record ${index}`);

describe('a process with few descriptors', () => {
  before(function () {
    if (!hasPrlimit()) this.skip();
  });

  const limits: [descriptors: number, parallel: string][] = [
    [256, 'auto'],
    [1024, '255'],
  ];
  for (const [descriptors, parallel] of limits)
    it(`${descriptors}, parallel_copies: ${parallel}: backs up, verifies and restores all in one pass each`, async () => {
      await withTape({}, {}, async (place) => {
        for (const name of names) {
          await mkdir(dirname(join(place.cache, name)), { recursive: true });
          await writeFile(join(place.cache, name), name.repeat(500));
        }
        const limited = (command: string, ...args: string[]) =>
          report(descriptors, place, command, '--parallel-copies', parallel, ...args);
        const copied = await limited('backup', '--auto-remove', 'never');
        assert.deepEqual([copied['copied'], copied['failures']], [names.length, []]);
        const verified = await limited('verify');
        assert.deepEqual([verified['verified'], verified['failures']], [names.length, []]);
        await place.sandbox.migrateAll();
        await place.sandbox.evict(names);
        const restored = await limited('restore', '.', '--to', place.to);
        assert.deepEqual([restored['copied'], restored['failures']], [names.length, []]);
        assert.deepEqual(await filesBelow(place.to), [...names].sort());
        const removed = await limited('backup', '--auto-remove', 'backed_up');
        assert.deepEqual([removed['removed'], removed['failures']], [names.length, []]);
        assert.deepEqual(await filesBelow(place.cache), []);
      });
    });
});

async function report(
  descriptors: number,
  { config }: TapePlace,
  command: string,
  ...args: string[]
): Promise<Record<string, unknown>> {
  const words = [process.execPath, mainFile, command, '--config', config, '--json', ...args];
  const limit = `--nofile=${descriptors}:${descriptors}`;
  const { stdout } = await run('prlimit', [limit, ...words], { maxBuffer: 2 ** 28 }).catch(
    (error: unknown) => error as { stdout: string },
  );
  return jsonLines(stdout).at(-1)?.['report'] as Record<string, unknown>;
}
