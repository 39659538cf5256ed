/** examples/scheduled-pass: the line of cron as cron runs it, and the units as systemd reads them. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { acquireLock } from '../../lib/cache/lock.js';
import { mainFile } from '../support/cli.js';
import { filesBelow, withTape } from '../support/cli_tape.js';
import { withTemp } from '../support/temporary.js';

const exec = promisify(execFile);
const example = (name: string) =>
  fileURLToPath(new URL(`../../../examples/scheduled-pass/${name}`, import.meta.url));

/** The command of the line, as cron hands it to the shell. */
async function cronCommand(): Promise<{ shell: string; command: string }> {
  const table = await readFile(example('xrootd-archive.cron'), 'utf8');
  assert.ok(table.endsWith('\n'), 'cron leaves out a last line without its end');
  const [, shell = ''] = /^SHELL=(.*)$/m.exec(table) ?? [];
  const [, command = ''] = /^(?:[\d*/,-]+ ){5}xrootd-archive (.*)$/m.exec(table) ?? [];
  assert.doesNotMatch(command, /%/, 'cron reads it as the end of a line');
  return { shell, command };
}

async function run(shell: string, command: string, directory: string) {
  const env = { ...process.env, PATH: `${directory}:${process.env['PATH']}` };
  const child = spawn(shell, ['-c', command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, output: stdout + stderr };
}

describe('examples/scheduled-pass', () => {
  it('cron: makes a pass, and prints something only if it did not end well', async () => {
    const { shell, command } = await cronCommand();
    await withTape({}, {}, async ({ sandbox, cache, config }) => {
      await withTemp(async (directory) => {
        const program = path.join(directory, 'xrootd-archive');
        await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${mainFile}" "$@"\n`);
        await chmod(program, 0o755);
        const here = command.replace('/etc/xrootd-archive/config.yaml', config);
        assert.notEqual(here, command);
        await writeFile(path.join(cache, 'a.h5'), 'bytes');
        assert.deepEqual(await run(shell, here, directory), { code: 0, output: '' });
        assert.equal(await readFile(sandbox.diskPath('a.h5'), 'utf8'), 'bytes');
        assert.deepEqual(await filesBelow(cache), ['a.h5']);

        const lock = await acquireLock(cache, undefined);
        assert.deepEqual(await run(shell, here, directory), { code: 0, output: '' });
        await lock.release();

        await sandbox.kill();
        const { code, output } = await run(shell, here, directory);
        assert.equal(code, 1);
        assert.match(output, /ConnectionError/);
      });
    });
  });

  it('systemd: service and timer are valid, and the pass may write to the cache only', async function () {
    const service = await readFile(example('xrootd-archive-pass.service'), 'utf8');
    const [, command = ''] = /^ExecStart=(.*)$/m.exec(service) ?? [];
    assert.match(command, /^\/usr\/local\/bin\/xrootd-archive backup --config \/etc\//);
    assert.match(service, /^ProtectSystem=strict\nReadWritePaths=\/data\/cache$/m);
    if (!(await exec('systemd-analyze', ['--version']).catch(() => undefined))) this.skip();
    await withTemp(async (directory) => {
      const unit = path.join(directory, 'xrootd-archive-pass.service');
      await writeFile(unit, service.replace(command, `${process.execPath} ${mainFile} backup`));
      const timer = path.join(directory, 'xrootd-archive-pass.timer');
      await copyFile(example('xrootd-archive-pass.timer'), timer);
      const { stdout, stderr } = await exec('systemd-analyze', ['verify', unit, timer]);
      assert.equal(stdout + stderr, '');
      await exec('systemd-analyze', ['security', '--offline=true', '--threshold=25', unit]);
      const [, calendar = ''] = /^OnCalendar=(.*)$/m.exec(await readFile(timer, 'utf8')) ?? [];
      await exec('systemd-analyze', ['calendar', calendar]);
    });
  });
});
