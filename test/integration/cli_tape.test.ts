import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { jsonLines } from '../support/cli.js';
import { withTape, type TapePlace } from '../support/cli_tape.js';
import { cancelled } from '../support/tape.js';

const records = { '2025/a.h5': 'record a', '2025/b.h5': 'record b', '2026/c.h5': 'record c' };

/** As `ls -l` tells it: path and where it is. */
async function listed({ run }: TapePlace): Promise<Record<string, string>> {
  const { stdout } = await run('ls', '-l', '-R');
  // The last line is the total.
  const all = stdout.trimEnd().split('\n').slice(0, -1);
  const lines = all.filter((line) => !line.endsWith('/'));
  return Object.fromEntries(
    lines.map((line) => {
      const [where = '', tape = ''] = line.split(/ +/);
      return [line.split(/ {2}/).at(-1) ?? '', `${where} ${tape}`];
    }),
  );
}

describe('stage on the command line', () => {
  it('asks tape and goes; with --wait until all is online; ls -l shows it; evict gives it up again', async () => {
    await withTape(records, { stageDelay: 1 }, async (place) => {
      const { run, sandbox } = place;
      const asked = await run('stage', '2025/a.h5');
      assert.equal(asked.code, 0, asked.stderr);
      assert.match(asked.stdout, /^ {2}requested +1 {2}8 B$/m);
      const waited = await run('stage', '2025', '--wait');
      assert.equal(waited.code, 0, waited.stderr);
      assert.match(waited.stdout, /^Stage finished/);
      assert.deepEqual(await listed(place), {
        '2025/a.h5': 'online tape',
        '2025/b.h5': 'online tape',
        '2026/c.h5': 'offline tape',
      });
      const evicted = await run('evict', '.');
      assert.equal(evicted.code, 0, evicted.stderr);
      assert.match(evicted.stdout, /^ {2}evicted +2$/m);
      assert.match(evicted.stdout, /^ {2}skipped +1$/m);
      assert.deepEqual(new Set(Object.values(await listed(place))), new Set(['offline tape']));
      assert.ok(sandbox.prepares.some(({ kind }) => kind === 'evict'));
    });
  });

  it('takes lists; --dry-run asks for nothing', async () => {
    await withTape(records, {}, async ({ sandbox, runWith, run }) => {
      const dry = await runWith('2026/c.h5\n', 'stage', '2025', '--from-file', '-', '--dry-run', '--json');
      const last = jsonLines(dry.stdout).at(-1) as {
        report: { job: string; scanned: number; dryRun: boolean };
      };
      assert.deepEqual([last.report.job, last.report.scanned, last.report.dryRun], ['stage', 3, true]);
      const planned = jsonLines(dry.stdout).filter(({ type }) => type === 'file:planned');
      assert.deepEqual(
        planned.map(({ action }) => action),
        ['stage', 'stage', 'stage'],
      );
      assert.equal(dry.code, 0, dry.stderr);
      assert.equal((await run('evict', '.', '--dry-run')).code, 0);
      assert.deepEqual(sandbox.prepares, []);
    });
  });

  it('what cannot be staged, or is not there: 1; nothing named: 2', async () => {
    await withTape(records, { failStage: '2026/**' }, async ({ run }) => {
      const { code, stdout } = await run('stage', '2026', '2024', '--wait');
      assert.equal(code, 1);
      assert.match(stdout, /^ {2}2026\/c\.h5: .*tape/m);
      assert.match(stdout, /^ {2}2024: /m);
      for (const command of ['stage', 'evict']) assert.equal((await run(command)).code, 2);
    });
  });

  it('--wait, interrupted: cancel is sent, 130', async () => {
    await withTape(records, { neverStage: '**' }, async ({ start, sandbox }) => {
      const stage = start('stage', '.', '--wait', '--json');
      await stage.until(({ stdout }) => stdout.includes('"stage:requested"'));
      stage.child.kill('SIGINT');
      const { code, stdout } = await stage.ended;
      assert.equal(code, 130);
      assert.equal(jsonLines(stdout).at(-1)?.['type'], 'pass:finished');
      assert.equal((await cancelled(sandbox, 3)).length, 3);
    });
  });

  it('evict refuses what is not on tape: 1', async () => {
    await withTape({ 'a.h5': 'a' }, {}, async ({ run, cache, sandbox }) => {
      await writeFile(path.join(cache, 'new.h5'), 'new');
      await run('backup', '--auto-remove', 'never');
      const { code, stdout } = await run('evict', 'new.h5');
      assert.equal(code, 1);
      assert.match(stdout, /^ {2}new\.h5: .*tape/m);
      assert.deepEqual(sandbox.prepares, []);
    });
  });
});

describe('verify on the command line', () => {
  it('the cache, a restored tree, a list of checksums: 0; what differs or is not there: 1', async () => {
    await withTape(records, {}, async ({ run, runWith, cache, to }) => {
      assert.equal((await run('restore', '.', '--to', to)).code, 0);
      const tree = await run('verify', '--directory', to);
      assert.equal(tree.code, 0, tree.stderr);
      assert.match(tree.stdout, /^ {2}verified +3 {2}24 B$/m);

      await mkdir(path.join(cache, '2025'), { recursive: true });
      await writeFile(path.join(cache, '2025/a.h5'), 'xecord a');
      const conflict = await run('verify', '--json');
      assert.equal(conflict.code, 1);
      const last = jsonLines(conflict.stdout).at(-1) as { report: { conflicts: number; job: string } };
      assert.deepEqual([last.report.job, last.report.conflicts], ['verify', 1]);

      // As xrdadler32 prints them.
      const right = await runWith('0e6d0301  2025/a.h5\n', 'verify', '--checksums', '-');
      assert.equal(right.code, 0, right.stdout + right.stderr);
      const wrong = await runWith('adler32:00000bad  2025/a.h5\n', 'verify', '--checksums', '-');
      assert.equal(wrong.code, 1);
      assert.match(wrong.stdout, /^ {2}conflicts +1$/m);
      assert.equal((await run('verify', 'nowhere', '--directory', to)).code, 1);
    });
  });

  it('a sample that can be drawn again', async () => {
    await withTape(records, {}, async ({ run, to }) => {
      assert.equal((await run('restore', '.', '--to', to)).code, 0);
      const sample = ['verify', '--directory', to, '--sample', '60%', '--seed', 'x'] as const;
      const [first, second] = [await run(...sample), await run(...sample)];
      assert.match(first.stdout, /^ {2}seed +x /m);
      const count = (text: string) => /verified +(\d)/.exec(text)?.[1];
      assert.equal(count(first.stdout), count(second.stdout));
    });
  });

  it('is asked wrongly: 2', async () => {
    await withTape({ 'a.h5': 'a' }, {}, async ({ run, runWith }) => {
      assert.equal((await run('verify', '--sample', '0')).code, 2);
      assert.equal((await run('verify', '--directory', '/nowhere')).code, 2);
      assert.equal((await run('verify', '--directory', '/', '--checksums', '-')).code, 2);
      const list = await runWith('what is this\n', 'verify', '--checksums', '-');
      assert.match(list.stderr, /checksums:1: /);
      assert.equal(list.code, 2);
    });
  });
});

describe('drill on the command line', () => {
  it('reads a sample back from tape, leaves nothing, and evicts: 0', async () => {
    await withTape(records, {}, async (place) => {
      const { run, cache } = place;
      const { code, stdout, stderr } = await run('drill', '--files', '2', '--scratch', cache, '--seed', 'x');
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^Drill finished/);
      assert.match(stdout, /^ {2}read back +2 {2}16 B$/m);
      assert.match(stdout, /^ {2}evicted +2$/m);
      assert.match(stdout, /^ {2}seed +x /m);
      const left = (await readdir(cache)).filter((name) => !name.startsWith('.xrootd-archive.'));
      assert.deepEqual(left, []);
    });
  });

  it('finds bytes that changed on tape: 1', async () => {
    await withTape(records, {}, async ({ run, sandbox }) => {
      await sandbox.corrupt('2026/c.h5', { copy: 'tape' });
      const { code, stdout } = await run('drill', '--bytes', '10G');
      assert.equal(code, 1);
      assert.match(stdout, /^ {2}2026\/c\.h5: /m);
      assert.match(stdout, /did not come back from tape/);
    });
  });

  it('--dry-run stages nothing', async () => {
    await withTape(records, {}, async ({ run, sandbox }) => {
      assert.equal((await run('drill', '--dry-run')).code, 0);
      assert.deepEqual(sandbox.prepares, []);
    });
  });
});
