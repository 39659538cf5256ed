/** What commands load before they begin: time to start is mostly that. `bench/startup.ts` measures it. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loaders } from '../../lib/cli/command_line.js';
import { makeProgram } from '../../lib/cli/program.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { cli } from '../support/cli.js';
import { withTemp } from '../support/temporary.js';

const preload = new URL('../unit/children/tell_packages.js', import.meta.url).href;

/** The packages that a command line imports. */
async function packagesOf(directory: string, args: readonly string[], code = 0): Promise<string[]> {
  const file = path.join(directory, 'packages');
  await writeFile(file, '');
  const env = { NODE_OPTIONS: `--import ${preload}`, PACKAGES_FILE: file };
  const ended = await cli(args, { env, cwd: directory });
  assert.equal(ended.code, code, ended.stderr);
  return [...new Set((await readFile(file, 'utf8')).trim().split('\n'))].filter((name) => name !== '').sort();
}

describe('a command loads what it uses', () => {
  it('--version nothing, --help the parser', async () => {
    await withTemp(async (directory) => {
      assert.deepEqual(await packagesOf(directory, ['--version']), []);
      assert.deepEqual(await packagesOf(directory, ['--help']), ['commander']);
      assert.deepEqual(await packagesOf(directory, ['backup', '--help']), ['commander']);
    });
  });

  it('ls and status neither log, nor schedule, nor mail', async () => {
    await using sandbox = await TapeSandbox.start();
    await withTemp(async (directory) => {
      await writeFile(path.join(directory, 'a'), 'a');
      const target = ['--no-config', '--target', sandbox.url];
      const both = [
        await packagesOf(directory, ['ls', ...target]),
        await packagesOf(directory, ['status', ...target, '--cache', directory]),
      ];
      for (const packages of both)
        for (const name of ['winston', 'nodemailer', 'prom-client', 'libsql', 'yaml'])
          assert.ok(!packages.includes(name), `${name}: ${packages.join()}`);
      assert.ok((await packagesOf(directory, ['ls', ...target, '--log-level', 'debug'])).includes('winston'));
    });
  });

  it('completion and man tell of all commands nevertheless', async () => {
    const bash = await cli(['completion', 'bash']);
    assert.match(bash.stdout, /'catalogue status'\)/);
    assert.deepEqual([bash.code, bash.stderr], [0, '']);
    await withTemp(async (directory) => {
      assert.equal((await cli(['man', '--output', path.join(directory, 'man1')])).code, 0);
      assert.ok((await readdir(path.join(directory, 'man1'))).includes('xrootd-archive-catalogue-status.1'));
    });
    assert.match((await cli(['man'])).stdout, /^\.TH XROOTD/);
  });

  it('every command has its loader', async () => {
    const all = makeProgram({ exitCode: 0 }).commands.map((command) => command.name());
    // These tell of all others.
    const others = ['completion', 'man'];
    assert.deepEqual([...Object.keys(loaders), ...others], all);
    for (const [name, load] of Object.entries(loaders)) {
      const program = makeProgram({ exitCode: 0 }).createCommand('program');
      (await load())(program, { exitCode: 0 });
      assert.deepEqual(
        program.commands.map((command) => command.name()),
        [name],
      );
    }
  });
});
