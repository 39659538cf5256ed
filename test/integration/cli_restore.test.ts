import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { cli, jsonLines } from '../support/cli.js';
import { filesBelow, withTape, type TapePlace } from '../support/cli_tape.js';
import { cancelled } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const records = {
  '2025/a.h5': 'record a',
  '2025/b.h5': 'record b',
  '2025/notes.txt': 'notes',
  '2026/c.h5': 'record c',
  'odd [1].h5': 'odd',
};

type Name = keyof typeof records;

/** Exactly these files are there, with their bytes. */
async function assertRestored(to: string, names: readonly Name[]): Promise<void> {
  assert.deepEqual(await filesBelow(to), [...names].sort());
  for (const name of names) assert.equal(await readFile(path.join(to, name), 'utf8'), records[name]);
}

function staged({ sandbox }: TapePlace): string[] {
  const base = sandbox.basePath.length + 1;
  return sandbox.prepares
    .filter(({ kind }) => kind === 'stage')
    .flatMap(({ paths }) => paths.map((each) => each.slice(base)));
}

describe('restore on the command line', () => {
  it('a directory: only that is staged and comes, and a summary tells of it', async () => {
    await withTape(records, {}, async (place) => {
      const { code, stdout, stderr } = await place.run('restore', '2025', '--to', place.to);
      assert.equal(code, 0, stderr);
      await assertRestored(place.to, ['2025/a.h5', '2025/b.h5', '2025/notes.txt']);
      assert.deepEqual(staged(place).sort(), ['2025/a.h5', '2025/b.h5', '2025/notes.txt']);
      assert.match(stdout, /^Restore finished after /);
      assert.match(stdout, /^ {2}restored +3 {2}21 B/m);
    });
  });

  it('a glob, and everything; what is there is skipped', async () => {
    await withTape(records, {}, async ({ run, to }) => {
      assert.equal((await run('restore', '**/[ab].h5', '--to', to)).code, 0);
      await assertRestored(to, ['2025/a.h5', '2025/b.h5']);
      const { code, stdout } = await run('restore', '.', '--to', to);
      assert.equal(code, 0);
      assert.match(stdout, /^ {2}restored +3 /m);
      assert.match(stdout, /^ {2}skipped +2$/m);
      await assertRestored(to, Object.keys(records) as Name[]);
    });
  });

  it('lists from a file and from standard input, in which no letter is special, and a path beside them', async () => {
    await withTape(records, {}, async ({ runWith, run, to, cache }) => {
      const file = path.join(cache, 'wanted.txt');
      await writeFile(file, '2025/b.h5\n');
      const lists = ['--from-file', '-', '--from-file', file];
      const lines = await runWith('odd [1].h5\n\n2025/a.h5\r\n', 'restore', '2026', ...lists, '--to', to);
      assert.equal(lines.code, 0, lines.stderr);
      await assertRestored(to, ['2025/a.h5', '2025/b.h5', '2026/c.h5', 'odd [1].h5']);
      const special = await runWith('2025/*.txt\n', 'restore', '--from-file', '-', '--to', to);
      assert.match(special.stdout, /Failed:\n {2}2025\/\*\.txt: /);
      assert.equal(special.code, 1);
      assert.equal((await run('restore', '2025/*.txt', '--to', to)).code, 0);
    });
  });

  it('a list with NUL bytes between its paths', async () => {
    await withTape(records, {}, async ({ runWith, to }) => {
      const { code, stderr } = await runWith('odd [1].h5\0', 'restore', '-0', '--from-file', '-', '--to', to);
      assert.equal(code, 0, stderr);
      await assertRestored(to, ['odd [1].h5']);
    });
  });

  it('by time', async () => {
    await withTape(records, {}, async ({ run, to }) => {
      const old = await run('restore', '.', '--to', to, '--until', '2020-01-01');
      assert.match(old.stdout, /^ {2}scanned +0$/m);
      const recent = await run('restore', '.', '--to', to, '--since', '1d', '--dry-run');
      assert.match(recent.stdout, /^ {2}restored +5 /m);
    });
  });

  it('--json: events only, the last one the report, whatever is logged', async () => {
    await withTape(records, {}, async ({ run, to }) => {
      const options = ['--to', to, '--evict', '--json', '--log-level', 'debug'];
      const { code, stdout, stderr } = await run('restore', '.', 'nowhere', ...options);
      assert.equal(code, 1, stderr);
      const events = jsonLines(stdout);
      assert.equal(events[0]?.['type'], 'pass:started');
      const types = new Set(events.map(({ type }) => type));
      for (const type of ['stage:requested', 'stage:online', 'file:copying', 'file:restored', 'progress'])
        assert.ok(types.has(type), `${type} is missing`);
      const last = events.at(-1) as { type: string; report: Record<string, unknown> };
      assert.equal(last.type, 'pass:finished');
      const { job, scanned, copied, failed, evicted } = last.report;
      assert.deepEqual([job, scanned, copied, failed, evicted], ['restore', 6, 5, 1, 5]);
      assert.match(stderr, /DEBUG/);
    });
  });

  it('--dry-run stages and writes nothing, and tells what would be done', async () => {
    await withTape(records, {}, async ({ sandbox, run, to }) => {
      const { code, stdout, stderr } = await run('restore', '.', '--to', to, '--dry-run');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /nothing was changed/);
      assert.match(stdout, /^ {2}restored +5 /m);
      const named = stdout.match(/^restore +\d+ B {2}.* {2}\(not here yet; must be staged\)$/gm);
      assert.equal(named?.length, 5, stdout);
      assert.deepEqual(existsSync(to) ? await filesBelow(to) : [], []);
      assert.deepEqual(sandbox.prepares, []);
    });
  });

  it('what differs is a conflict, which stays: 1; --overwrite replaces it: 0', async () => {
    await withTape(records, {}, async ({ run, to }) => {
      await mkdir(path.join(to, '2025'), { recursive: true });
      await writeFile(path.join(to, '2025/a.h5'), 'RECORD A');
      const { code, stdout } = await run('restore', '2025/a.h5', '--to', to);
      assert.equal(code, 1);
      assert.match(stdout, /^ {2}conflicts +1$/m);
      assert.match(stdout, /--overwrite replaces files that differ/);
      assert.equal(await readFile(path.join(to, '2025/a.h5'), 'utf8'), 'RECORD A');
      assert.equal((await run('restore', '2025/a.h5', '--to', to, '--overwrite')).code, 0);
      await assertRestored(to, ['2025/a.h5']);
    });
  });

  it('what tape cannot give and what is not there are failures: 1', async () => {
    await withTape(records, { failStage: '2026/c.h5' }, async ({ run, to }) => {
      const { code, stdout } = await run('restore', '2026', '2024', '2025/a.h5', '--to', to);
      assert.equal(code, 1);
      assert.match(stdout, /^ {2}2026\/c\.h5: .*tape/m);
      assert.match(stdout, /^ {2}2024: /m);
      await assertRestored(to, ['2025/a.h5']);
    });
  });

  it('needs no cache: neither named, nor there', async () => {
    await withTape(records, {}, async ({ sandbox, to }) => {
      const target = ['--target', sandbox.url];
      const unnamed = await cli(['restore', '2025/a.h5', '--to', to, ...target]);
      assert.equal(unnamed.code, 0, unnamed.stderr);
      const missing = await cli(['restore', '2026', '--to', to, ...target, '--cache', '/nowhere/cache']);
      assert.equal(missing.code, 0, missing.stderr);
      await assertRestored(to, ['2025/a.h5', '2026/c.h5']);
    });
  });

  it('to another server', async () => {
    await withTape(records, {}, async ({ run }) => {
      await using other = await TapeSandbox.start({ tapeFlags: false });
      const { code, stderr } = await run('restore', '2025', '--to', other.url);
      assert.equal(code, 0, stderr);
      assert.equal(await readFile(other.diskPath('2025/a.h5'), 'utf8'), 'record a');
    });
  });

  it('SIGINT: cancel is sent, nothing half-copied stays, what is complete does, 130', async () => {
    const size = 2 * 2 ** 30;
    const offline = { 'slow/1.h5': 'one', 'slow/2.h5': 'two', 'quick.h5': 'quick' };
    await withTape(offline, { neverStage: 'slow/**' }, async ({ sandbox, start, to }) => {
      // One that takes long to copy, and no room there.
      const long = sandbox.diskPath('long.h5');
      await writeFile(long, '');
      await truncate(long, size);
      const restore = start('restore', '.', '--to', to, '--json');
      await restore.until(
        ({ stdout }) =>
          stdout.includes('"stage:requested"') &&
          /"file:restored","path":"quick.h5"/.test(stdout) &&
          /"file:progress","path":"long.h5","bytes":[1-9]/.test(stdout),
      );
      restore.child.kill('SIGINT');
      const { code, stdout, stderr } = await restore.ended;
      assert.equal(code, 130, stderr);
      assert.match(stderr, /SIGINT, stopping cleanly/);
      const last = jsonLines(stdout).at(-1) as { type: string; report: { interrupted: boolean } };
      assert.deepEqual([last.type, last.report.interrupted], ['pass:finished', true]);
      assert.deepEqual(
        await cancelled(sandbox, 2),
        ['slow/1.h5', 'slow/2.h5'].map((name) => `${sandbox.basePath}/${name}`),
      );
      assert.deepEqual(await filesBelow(to), ['quick.h5']);
    });
  });
});

describe('restore that is asked wrongly: 2, and nothing is touched', () => {
  const usage: [title: string, args: string[], told: RegExp, input?: string][] = [
    ['no --to', ['.'], /required option '--to <place>' not specified/],
    ['no path', ['--to', 'x'], /name the files: PATH… or --from-file FILE; \. is everything/],
    ['--to somewhere else', ['.', '--to', 'https://server/x'], /It must be a directory or a URL of XRootD/],
    ['a path out of the base', ['../x', '--to', 'x'], /the path "\.\.\/x" has the component "\.\."/],
    ['an absolute path', ['/x', '--to', 'x'], /is absolute; paths are relative to the target's base/],
    ['a time that is none', ['.', '--to', 'x', '--since', 'soon'], /The time must be a date/],
    [
      'times the wrong way round',
      ['.', '--to', 'x', '--since', '1d', '--until', '2d'],
      /--until must be after/,
    ],
    ['--null without a list', ['.', '--to', 'x', '-0'], /--null goes with --from-file/],
    [
      'a list that is not there',
      ['--from-file', '/nowhere', '--to', 'x'],
      /--from-file: \/nowhere can't be read/,
    ],
    ['an empty list', ['--from-file', '-', '--to', 'x'], /--from-file: standard input is empty/],
    ['standard input twice', ['--from-file', '-', '--from-file', '-', '--to', 'x'], /read once only/],
    [
      'a list with a bad path',
      ['--from-file', '-', '--to', 'x'],
      /"a\/\.\.\/b" has the component/,
      'a/../b\n',
    ],
  ];
  for (const [title, args, told, input] of usage) {
    it(title, async () => {
      await withTemp(async (cwd) => {
        const target = ['--target', 'root://127.0.0.1:1//archive'];
        const { code, stdout, stderr } = await cli(['restore', ...args, ...target], { cwd, input });
        assert.match(stderr, told);
        assert.doesNotMatch(stderr, /^ +at /m);
        assert.deepEqual([code, stdout], [2, '']);
        assert.deepEqual(await readdir(cwd), []);
      });
    });
  }

  it('no target', async () => {
    await withTemp(async (cwd) => {
      const { code, stderr } = await cli(['restore', '.', '--to', 'x'], { cwd });
      assert.match(stderr, /no configuration: name a file by --config, or the target by --target/);
      assert.equal(code, 2);
    });
  });
});

describe('a restore that finds', () => {
  it('another one in its directory: 4', async () => {
    await withTape(records, { neverStage: '**' }, async ({ run, start, to }) => {
      const first = start('restore', '.', '--to', to, '--json');
      await first.until(({ stdout }) => stdout.includes('"stage:requested"'));
      assert.equal((await run('restore', '.', '--to', to)).code, 4);
      first.child.kill('SIGTERM');
      assert.equal((await first.ended).code, 130);
    });
  });

  it('a server that cannot be reached: 3', async () => {
    await withTemp(async (directory) => {
      const args = ['.', '--to', path.join(directory, 'x'), '--target', 'root://127.0.0.1:1//archive'];
      const { code, stderr } = await cli(['restore', ...args]);
      assert.match(stderr, /cannot be reached/);
      assert.equal(code, 3);
    });
  });

  it('a file where its directory should be: 2, and nothing happens to it', async () => {
    await withTape({ 'a.h5': 'a' }, {}, async ({ run, to, sandbox }) => {
      await writeFile(to, 'precious');
      const before = await stat(to);
      const { code, stderr } = await run('restore', '.', '--to', to);
      assert.equal(code, 2, stderr);
      assert.doesNotMatch(stderr, /This is a bug/);
      assert.deepEqual([await readFile(to, 'utf8'), (await stat(to)).ino], ['precious', before.ino]);
      assert.deepEqual(sandbox.prepares, []);
    });
  });
});
