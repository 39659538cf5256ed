/** What somebody reads who tries the command for the first time. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { cli, mainFile, RunningCli } from '../support/cli.js';
import { withTemp } from '../support/temporary.js';

const nowhere = 'root://127.0.0.1:1//base';

/** A directory with a cache and a default configuration file, whose names are those of the system. */
async function withDefaultFile(
  lines: string[],
  use: (place: { cwd: string; cache: string; file: string }) => Promise<void>,
): Promise<void> {
  await withTemp(async (cwd) => {
    await withTemp(async (cache) => {
      const file = path.join(cwd, 'xrootd-archive.yaml');
      await writeFile(file, ['backup:', ...lines.map((line) => `  ${line}`), ''].join('\n'));
      await use({ cwd, cache, file });
    });
  });
}

describe('a first pass', () => {
  it('that copies nothing says why, and what to do', async () => {
    await using sandbox = await TapeSandbox.start();
    await withTemp(async (cache) => {
      const fresh = ['a.h5', 'b.h5'];
      for (const name of fresh) await writeFile(path.join(cache, name), name);
      const both = ['--cache', cache, '--target', sandbox.url];
      const first = await cli(['backup', ...both, '--settle-seconds', '3600']);
      assert.match(
        first.stdout,
        /^ {2}2 files changed less than 1 h 00 min ago, .*: run it again then, or give another time by --settle-seconds$/m,
      );
      assert.equal(first.code, 0);
      const second = await cli(['backup', ...both, '--settle-seconds', '0']);
      assert.match(second.stdout, /^ {2}copied +2 /m);
      assert.doesNotMatch(second.stdout, /changed less than/);
    });
  });
});

describe('a configuration file that nobody named', () => {
  it('is told where options name cache or target, and --no-config leaves it out', async () => {
    await withDefaultFile(['auto_remove: cached'], async ({ cwd, cache, file }) => {
      const both = ['--cache', cache, '--target', nowhere];
      const merged = await cli(['config', 'check', '--json', ...both], { cwd });
      assert.match(merged.stdout, /"auto_remove":"cached"/);
      assert.ok(
        merged.stderr.includes(
          `xrootd-archive: ${file} is read too, for all that no option says; --no-config leaves it out\n`,
        ),
        merged.stderr,
      );
      for (const args of [
        ['config', 'check', '--no-config'],
        ['--no-config', 'config', 'check'],
      ]) {
        const alone = await cli([...args, '--json', ...both], { cwd });
        assert.match(alone.stdout, /"file":null.*"auto_remove":"backed_up"/);
        assert.equal(alone.stderr, '');
      }
    });
  });

  it('is told at debug level, whoever named it', async () => {
    await withDefaultFile([`target_url: ${nowhere}`], async ({ cwd, file }) => {
      for (const args of [[], ['-c', file]]) {
        const { stderr } = await cli(['ls', '--log-level', 'debug', ...args], { cwd });
        assert.match(stderr, /DEBUG +the configuration was read file=.*xrootd-archive\.yaml/);
      }
      const { stderr } = await cli(['ls', '--no-config'], { cwd });
      assert.match(stderr, /^xrootd-archive: no configuration: name a file .*\(no file was looked for\)$/m);
    });
  });
});

describe('usage', () => {
  it('needs a cache, and no target', async () => {
    await withTemp(async (cache) => {
      const given = await cli(['usage', '--no-config', '--cache', cache]);
      assert.deepEqual([given.code, given.stderr], [0, '']);
      assert.match(given.stdout, /% used, .* free$/m);
      const none = await cli(['usage', '--no-config']);
      assert.match(none.stderr, /no configuration: name a file by --config, or the cache by --cache/);
      assert.equal(none.code, 2);
    });
    await withDefaultFile(['cache_directory: .', 'warning_mark_percent: 1'], async ({ cwd }) => {
      const { code, stdout } = await cli(['usage'], { cwd });
      assert.match(stdout, /free$/m);
      assert.equal(code, 0);
    });
  });
});

describe('mistakes that a job finds', () => {
  it('are told by the names that people typed', async () => {
    await withDefaultFile(['cache_directory: .', `target_url: ${nowhere}`], async ({ cwd }) => {
      const { code, stderr } = await cli(['run'], { cwd });
      assert.match(stderr, /^xrootd-archive: copy_cron_string: /m);
      assert.equal(code, 2);
    });
  });
});

describe('a reader that goes away', () => {
  it('ends help, version and messages quietly', async () => {
    for (const args of [['--help'], ['backup', '--help'], ['help', 'restore'], ['--version']]) {
      const running = new RunningCli(args);
      running.child.stdout.destroy();
      const { code, stderr } = await running.ended;
      assert.deepEqual([code, stderr], [0, ''], args.join(' '));
    }
    const misspelt = new RunningCli(['bakcup']);
    misspelt.child.stderr.destroy();
    assert.equal((await misspelt.ended).code, 2);
  });

  it('a full disk is an error, told in a line', () => {
    const args = ['-c', '"$0" "$1" --help >/dev/full', process.execPath, mainFile];
    const { status, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /^xrootd-archive: .*ENOSPC[^\n]*\n$/);
  });
});

describe('a path that is not there', () => {
  it('is told with what to look at', async () => {
    await using sandbox = await TapeSandbox.start();
    await withTemp(async (directory) => {
      const to = ['--to', path.join(directory, 'back'), '--no-config'];
      const restored = await cli(['restore', 'shot.h5', ...to, '--target', sandbox.url]);
      assert.match(
        restored.stdout,
        /^ {2}1 path is not at the target: ls and find tell what is there; paths begin at the base in target_url$/m,
      );
      assert.doesNotMatch(restored.stdout, /tries again/);
      assert.equal(restored.code, 1);
      const base = `${sandbox.url}/not/yet`;
      const listed = await cli(['ls', '--no-config', '--target', base]);
      assert.match(
        listed.stderr,
        /no such file or directory; this is the path in target_url: the first backup makes it$/m,
      );
      const refused = await cli([
        'ls',
        '--no-config',
        '--target',
        sandbox.url.replace(/\/archive$/, '/arhive'),
      ]);
      assert.match(
        refused.stderr,
        /disallowed\. .*; this is the path in target_url: the server has to export it$/m,
      );
    });
  });

  it('cannot lie outside of the base', async () => {
    await using sandbox = await TapeSandbox.start();
    const target = ['--no-config', '--target', sandbox.url];
    const why =
      /"?\.\.\/x"?.* has the component "\.\.": paths are relative to the target's base, and stay in it$/m;
    for (const command of ['ls', 'tree', 'du', 'stage']) {
      const { code, stderr } = await cli([command, '../x', ...target]);
      assert.match(stderr, why, command);
      assert.notEqual(code, 0);
    }
  });
});

describe('before the first pass', () => {
  it('find says what makes a catalogue, and a command without configuration what makes one', async () => {
    await withTemp(async (cache) => {
      const { code, stderr } = await cli(['find', '--no-config', '--cache', cache, '--target', nowhere]);
      assert.match(
        stderr,
        /there is no catalogue at .*: the first pass of backup makes one; catalogue rebuild, from what is at the target$/m,
      );
      assert.equal(code, 2);
      const none = await cli(['ls', '--no-config']);
      assert.match(
        none.stderr,
        /^xrootd-archive: no configuration: .*; config init writes one \(no file was looked for\)$/m,
      );
    });
  });
});
