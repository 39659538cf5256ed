import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { mainFile } from '../support/cli.js';
import { withTape } from '../support/cli_tape.js';
import { withTemp } from '../support/temporary.js';
import { hasScript } from '../support/terminal.js';
import { scaled } from '../support/tier.js';

const megabytes = scaled('MB', 100, 300);

/** Runs in a pseudo terminal. */
async function inTerminal(args: readonly string[]): Promise<{ code: number; output: string }> {
  const command = [process.execPath, mainFile, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 100; ${command}`, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm' },
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
  return { code, output };
}

describe('backup on a terminal', () => {
  before(function () {
    if (!hasScript()) this.skip();
  });

  it('shows a bar, log lines above it whole, and a summary when it is gone', async () => {
    await using sandbox = await TapeSandbox.start();
    await withTemp(async (cache) => {
      const record = path.join(cache, 'large.h5');
      await writeFile(record, 'precious');
      await truncate(record, megabytes * 1e6);
      await symlink('/etc/passwd', path.join(cache, 'link'));
      const { code, output } = await inTerminal([
        'backup',
        '--cache',
        cache,
        '--target',
        sandbox.url,
        '--settle-seconds',
        '0',
        '--auto-remove',
        'never',
      ]);
      assert.equal(code, 1, output);
      assert.match(output, new RegExp(`\\[[█░]+\\] .*/1 files {2}.* of ${megabytes}\\.0 MB`));
      // Each log line begins where a line begins, and ends with its line.
      // eslint-disable-next-line no-control-regex
      assert.match(output, /(?:^|\n|\x1b\[\dK|\x1b\[\dG)[^\n\r█░]*ERROR [^\n█░]*record=link[^\n█░]*\r\n/);
      // The bar was taken away before the summary.
      // eslint-disable-next-line no-control-regex
      assert.match(output, /\x1b\[1G\x1b\[0J[^█░]*Backup finished after/);
      assert.match(output, new RegExp(`\\n {2}copied {5,}1 {2}${megabytes}\\.0 MB`));
    });
  });
});

describe('restore on a terminal', () => {
  before(function () {
    if (!hasScript()) this.skip();
  });

  it('shows what waits for tape, and a summary when the bar is gone', async () => {
    const records = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}.h5`, 'precious']));
    await withTape(records, { stageDelay: [1, 3] }, async ({ sandbox, to }) => {
      const { code, output } = await inTerminal([
        'restore',
        '.',
        '--to',
        to,
        '--target',
        sandbox.url,
        '--evict',
      ]);
      assert.equal(code, 0, output);
      assert.match(output, /waiting for tape 20 of 20, done 0/);
      // eslint-disable-next-line no-control-regex
      assert.match(output, /\x1b\[1G\x1b\[0J[^█░]*Restore finished after/);
      assert.match(output, /\n {2}restored +20 {2}160 B/);
    });
  });
});
