/** SIGHUP, as a terminal sends it that is closed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { jsonLines, mainFile } from '../support/cli.js';
import { filesBelow, withTape, type TapePlace } from '../support/cli_tape.js';
import { until } from '../support/tape.js';
import { hasScript } from '../support/terminal.js';

// Some come at once, one doesn't come: the others wait in the buffer to be evicted when it ends.
const records = { 'quick/1.h5': 'one', 'quick/2.h5': 'two', 'slow.h5': 'three' };
const options = { neverStage: 'slow.h5' };

function stagedCount({ sandbox }: TapePlace): number {
  return sandbox.activity.filter(({ type }) => type === 'staged').length;
}

async function nothingIsStaged({ sandbox }: TapePlace): Promise<boolean> {
  const states = await Promise.all(Object.keys(records).map((name) => sandbox.stateOf(name)));
  return states.every((state) => state?.offline === true && !state.requested);
}

async function scratchIn(directory: string): Promise<string> {
  const scratch = path.join(directory, 'scratch');
  await mkdir(scratch);
  return scratch;
}

describe('SIGHUP', () => {
  for (const command of ['restore', 'drill'] as const)
    it(`stops ${command} cleanly, however often it comes: nothing stays staged, 130`, async () => {
      await withTape(records, options, async (place) => {
        const scratch = await scratchIn(path.dirname(place.config));
        const args = command === 'restore' ? ['.', '--to', place.to, '--evict'] : ['--scratch', scratch];
        const running = place.start(command, ...args, '--json');
        await running.until(({ stdout }) => stdout.includes('"stage:requested"'));
        await until(() => stagedCount(place) === 2);
        running.child.kill('SIGHUP');
        const again = setInterval(() => running.child.kill('SIGHUP'), 100);
        // Node.js gives signals back to the system in its own last moments; the command has done all by then.
        await running
          .until(({ stdout }) => stdout.includes('"pass:finished"'))
          .finally(() => {
            clearInterval(again);
          });
        const { code, signal, stdout, stderr } = await running.ended;
        assert.ok(code === 130 || signal === 'SIGHUP', `${code} ${signal} ${stderr}`);
        assert.match(stderr, /SIGHUP, stopping cleanly/);
        assert.equal(jsonLines(stdout).at(-1)?.['type'], 'pass:finished');
        await until(() => nothingIsStaged(place));
        assert.deepEqual(await readdir(scratch), []);
        if (command === 'restore')
          assert.ok((await filesBelow(place.to)).every((name) => name.startsWith('quick/')));
      });
    });

  it('of a terminal that is closed, and can’t be written to any more, is a clean stop, too', async function () {
    if (!hasScript()) this.skip();
    await withTape(records, options, async (place) => {
      const scratch = await scratchIn(path.dirname(place.config));
      const words = [process.execPath, mainFile, 'drill', '--config', place.config, '--scratch', scratch];
      const command = words.map((word) => `'${word}'`).join(' ');
      const terminal = spawn('script', ['-qec', command, '/dev/null'], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, TERM: 'xterm' },
      });
      await until(() => stagedCount(place) === 2);
      assert.equal((await readdir(scratch)).length, 1);
      terminal.kill('SIGKILL');
      await once(terminal, 'close');
      await until(() => nothingIsStaged(place));
      await until(async () => (await readdir(scratch)).length === 0);
    });
  });
});
