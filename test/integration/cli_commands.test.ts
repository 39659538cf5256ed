import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { FileSystem } from '../../lib/xrdcl/index.js';
import { cli, jsonLines, RunningCli, type Ended } from '../support/cli.js';
import { withTemp } from '../support/temporary.js';

interface Place {
  sandbox: TapeSandbox;
  cache: string;
  /** Runs a command on both. */
  run: (command: string, ...args: string[]) => Promise<Ended>;
  start: (command: string, ...args: string[]) => RunningCli;
}

async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  await using sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
  await withTemp(async (cache) => {
    const all = (command: string, args: string[]) => [
      ...[command, '--cache', cache, '--target', sandbox.url, '--settle-seconds', '0'],
      ...args,
    ];
    await use({
      sandbox,
      cache,
      run: (command, ...args) => cli(all(command, args)),
      start: (command, ...args) => new RunningCli(all(command, args)),
    });
  });
}

async function fill(cache: string, files: number): Promise<void> {
  await mkdir(path.join(cache, 'shots'), { recursive: true });
  for (let index = 0; index < files; index++)
    await writeFile(path.join(cache, 'shots', `${index}.h5`), `record ${index}`);
}

/** Names, sizes and times of everything but the lock. */
async function snapshot(directory: string): Promise<unknown[]> {
  const entries = await readdir(directory, { recursive: true });
  const kept = entries.filter((name) => !name.startsWith('.xrootd-archive.')).sort();
  return Promise.all(
    kept.map(async (name) => {
      const found = await stat(path.join(directory, name));
      return found.isDirectory() ? name : [name, found.size, found.mtimeMs, found.ino];
    }),
  );
}

async function remoteNames({ sandbox }: Place): Promise<string[]> {
  const { stdout } = await cli(['ls', '-R', '--json', '--cache', '/tmp', '--target', sandbox.url]);
  return jsonLines(stdout)
    .filter(({ isDirectory }) => isDirectory === false)
    .map((entry) => String(entry['path']))
    .sort();
}

describe('commands', () => {
  it('backup --json: events only, the last one the report', async () => {
    await withPlace(async ({ cache, run }) => {
      await fill(cache, 20);
      const { code, stdout, stderr } = await run('backup', '--json');
      assert.equal(code, 0, stderr);
      const events = jsonLines(stdout);
      assert.equal(events[0]?.['type'], 'pass:started');
      assert.ok(events.every(({ type }) => typeof type === 'string'));
      assert.equal(events.filter(({ type }) => type === 'file:copied').length, 20);
      const last = events.at(-1) as { type: string; report: { scanned: number; copied: number } };
      assert.equal(last.type, 'pass:finished');
      assert.deepEqual([last.report.scanned, last.report.copied], [20, 20]);
      assert.match(stderr, /INFO +backup finished/);
    });
  });

  it('backup --json --log-level debug: still nothing else on standard output', async () => {
    await withPlace(async ({ cache, run }) => {
      await fill(cache, 3);
      const { stdout, stderr } = await run('backup', '--json', '--log-level', 'debug');
      assert.equal(jsonLines(stdout).at(-1)?.['type'], 'pass:finished');
      assert.match(stderr, /DEBUG/);
    });
  });

  it('backup --dry-run changes nothing, here or there', async () => {
    await withPlace(async (place) => {
      const { cache, sandbox, run } = place;
      await fill(cache, 5);
      assert.equal((await run('backup')).code, 0);
      await sandbox.migrateAll();
      await writeFile(path.join(cache, 'new.h5'), 'new');
      const [local, remote] = [await snapshot(cache), await remoteNames(place)];
      const { code, stdout, stderr } = await run('backup', '--dry-run');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /nothing was changed/);
      assert.match(stdout, /^ {2}copied +1 /m);
      assert.match(stdout, /^ {2}removed +5/m);
      assert.match(stdout, /^copy +3 B {2}new\.h5 {2}\(not on the server yet\)$/m);
      assert.equal(stdout.match(/^remove +8 B {2}shots\/\d\.h5 {2}\(verified copy on tape\)$/gm)?.length, 5);
      const events = jsonLines((await run('backup', '--dry-run', '--json')).stdout);
      const planned = events.filter(({ type }) => type === 'file:planned');
      assert.deepEqual(planned.map(({ path: name, action }) => `${String(action)} ${String(name)}`).sort(), [
        'copy new.h5',
        ...[0, 1, 2, 3, 4].map((index) => `remove shots/${index}.h5`),
      ]);
      assert.deepEqual([await snapshot(cache), await remoteNames(place)], [local, remote]);
    });
  });

  it('status tells each record, and all of them at the end', async () => {
    await withPlace(async ({ cache, sandbox, run }) => {
      await fill(cache, 2);
      assert.equal((await run('backup', '--auto-remove', 'never')).code, 0);
      await sandbox.migrateAll();
      await writeFile(path.join(cache, 'new.h5'), 'new');
      const people = await run('status');
      assert.match(people.stdout, /^absent .* new\.h5$/m);
      assert.match(people.stdout, /^backed_up +online .* shots\/0\.h5$/m);
      assert.match(people.stdout, /^3 records: /m);
      assert.equal(people.code, 0);
      const machines = await run('status', 'shots', '--json', '--checksums');
      const states = jsonLines(machines.stdout).map(({ path: record, state }) => [record, state]);
      assert.deepEqual(states.sort(), [
        ['shots/0.h5', 'backed_up'],
        ['shots/1.h5', 'backed_up'],
      ]);
    });
  });

  it('status of what is not in the cache: 1', async () => {
    await withPlace(async ({ cache, run }) => {
      await fill(cache, 1);
      const { code, stdout, stderr } = await run('status', 'shots/', 'shot', '--json');
      assert.deepEqual([code, jsonLines(stdout).length], [1, 1]);
      assert.match(stderr, /^xrootd-archive: shot: not in the cache/m);
    });
  });

  it('status with a conflict: 1', async () => {
    await withPlace(async ({ cache, run }) => {
      await fill(cache, 1);
      await run('backup', '--auto-remove', 'never');
      await writeFile(path.join(cache, 'shots', '0.h5'), 'xecord 0');
      assert.equal((await run('status')).code, 0);
      const { code, stdout } = await run('status', '--checksums');
      assert.match(stdout, /^conflict .* shots\/0\.h5 {2}\(/m);
      assert.equal(code, 1);
    });
  });

  it('ls lists; what is not there is told, and makes it 1', async () => {
    await withPlace(async ({ cache, run }) => {
      await fill(cache, 1);
      await run('backup');
      assert.equal((await run('ls')).stdout, 'shots/\n');
      assert.equal((await run('ls', '-R', '.')).stdout, 'shots/\nshots/0.h5\n');
      assert.match(
        (await run('ls', '-l', 'shots')).stdout,
        /^online +8 B {2}.* shots\/0\.h5\ntotal 1 file, 8 B\n$/,
      );
      const missing = await run('ls', 'nowhere', 'shots', '--json');
      const lines = jsonLines(missing.stdout);
      assert.deepEqual(
        lines.map((line) => [line['path'], line['failed'] ?? false]),
        [
          ['nowhere', true],
          ['shots/0.h5', false],
        ],
      );
      assert.match(missing.stderr, /nowhere: .*no such/);
      assert.equal(missing.code, 1);
    });
  });

  it('usage tells how full the disk is', async () => {
    await withPlace(async ({ run }) => {
      assert.match((await run('usage')).stdout, /% used, .* free$/m);
      const [usage] = jsonLines((await run('usage', '--json')).stdout);
      assert.deepEqual(Object.keys(usage ?? {}).sort(), [
        'available',
        'total',
        'type',
        'used',
        'usedPercent',
        'warning',
      ]);
    });
  });

  it('config check tells what counts; options may stand before the command', async () => {
    await withTemp(async (directory) => {
      const config = path.join(directory, 'xrootd-archive.yaml');
      await writeFile(config, `backup:\n  cache_directory: .\n  target_url: root://server.example//base\n`);
      const found = await cli(['config', 'check'], { cwd: directory });
      assert.match(found.stdout, /xrootd-archive\.yaml is correct/);
      assert.match(found.stdout, /^ {2}auto_remove: backed_up$/m);
      const overruled = await cli([
        '--config',
        config,
        '--auto-remove',
        'never',
        'config',
        'check',
        '--json',
      ]);
      const [line] = jsonLines(overruled.stdout) as [{ file: string; backup: Record<string, unknown> }];
      assert.equal(line.file, config);
      assert.equal(line.backup['auto_remove'], 'never');
      assert.equal(line.backup['cache_directory'], directory);
    });
  });

  it('sandbox prints its URL and a line for the configuration, and serves until it is asked to end', async () => {
    const running = new RunningCli(['sandbox', '--base-path', '/base', '--stage-delay', '1-2']);
    await running.until(({ stdout }) => stdout.split('\n').length > 2);
    const [url = '', line] = running.stdout.split('\n');
    assert.match(url, /^root:\/\/127\.0\.0\.1:\d+\/\/base$/);
    assert.equal(line, `target_url: ${url}`);
    await new FileSystem(url).ping();
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.equal(stdout.split('\n').length, 3);
    await assert.rejects(new FileSystem(url).ping());
  });
});

describe('readers that go away', () => {
  it('end a listing without a word', async () => {
    await withPlace(async ({ cache, run, start }) => {
      await fill(cache, 200);
      assert.equal((await run('backup')).code, 0);
      const listing = start('ls', '-R');
      listing.child.stdout.destroy();
      const { code, stderr } = await listing.ended;
      assert.deepEqual([code, stderr], [0, '']);
    });
  });

  it('do not end a pass', async () => {
    await withPlace(async (place) => {
      await fill(place.cache, 50);
      const pass = place.start('backup', '--json');
      pass.child.stdout.destroy();
      const { code, stderr } = await pass.ended;
      assert.equal(code, 0, stderr);
      assert.equal((await remoteNames(place)).length, 50);
    });
  });
});

describe('interruptions', () => {
  const size = 8 * 2 ** 30;

  /** A pass that copies a file which takes no room here and long to copy. */
  async function withLongCopy(use: (pass: RunningCli, place: Place) => Promise<void>): Promise<void> {
    await withPlace(async (place) => {
      const record = path.join(place.cache, 'long.h5');
      await writeFile(record, 'precious');
      await truncate(record, size);
      const pass = place.start('backup', '--json');
      await pass.until(({ stdout }) => /"file:progress".*"bytes":[1-9]/.test(stdout));
      await use(pass, place);
      assert.equal((await stat(record)).size, size);
    });
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal}: a clean stop, a whole report, nothing half-copied left, 130`, async () => {
      await withLongCopy(async (pass, place) => {
        pass.child.kill(signal);
        const { code, stdout, stderr } = await pass.ended;
        assert.equal(code, 130, stderr);
        assert.match(stderr, new RegExp(`${signal}, stopping`));
        const last = jsonLines(stdout).at(-1) as { type: string; report: { interrupted: boolean } };
        assert.equal(last.type, 'pass:finished');
        assert.equal(last.report.interrupted, true);
        assert.deepEqual(await remoteNames(place), []);
      });
    });
  }

  it('a second one ends it at once, though the server is frozen', async () => {
    await withLongCopy(async (pass, { sandbox }) => {
      sandbox.pause();
      pass.child.kill('SIGINT');
      await pass.until(({ stderr }) => stderr.includes('stopping'));
      const again = setInterval(() => pass.child.kill('SIGINT'), 400);
      const first = performance.now();
      const { code, signal } = await pass.ended;
      clearInterval(again);
      assert.ok(performance.now() - first < 5000);
      // One more while it ends: the system's own way.
      assert.ok(code === 130 || signal === 'SIGINT', `${String(code)} ${String(signal)}`);
      sandbox.resume();
    });
  });

  it('twice in a moment, as npm does with a Ctrl-C, is once', async () => {
    await withLongCopy(async (pass) => {
      pass.child.kill('SIGINT');
      pass.child.kill('SIGINT');
      const { code, stdout } = await pass.ended;
      assert.equal(code, 130);
      assert.equal(jsonLines(stdout).at(-1)?.['type'], 'pass:finished');
    });
  });
});

describe('the local files of a pass on the command line', () => {
  it('go when they are on tape, and come to no harm before', async () => {
    await withPlace(async ({ cache, sandbox, run }) => {
      await fill(cache, 3);
      const first = await run('backup');
      assert.match(first.stdout, /^ {2}copied +3 /m);
      assert.equal(await readFile(path.join(cache, 'shots', '1.h5'), 'utf8'), 'record 1');
      await sandbox.migrateAll();
      const second = await run('backup');
      assert.match(second.stdout, /^ {2}removed +3 /m);
      assert.deepEqual(await snapshot(cache), []);
    });
  });
});
