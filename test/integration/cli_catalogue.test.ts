/** `find` and `catalogue …` as their users run them. The target is a port that counts who connects: nobody does. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { cli, jsonLines, type CliOptions, type Ended } from '../support/cli.js';
import { fileIn, NOON, rowOf, withCatalogue } from '../support/catalogue.js';
import { withTemp } from '../support/temporary.js';

const gone = { removing: NOON + 1, removed: NOON + 2, rule: 'cached' } as const;

const rows: CatalogueRow[] = [
  rowOf('2025/a.h5', { ...gone, onTape: NOON + 3 }),
  rowOf('2025/b.h5', { ...gone, lost: NOON + 9, loss: 'the server has no such file' }),
  rowOf('2026/c.h5', { size: 5_000_000, mtime: (NOON + 86_400_000) * 1000 }),
];

interface Place {
  cache: string;
  run: (args: string[], options?: CliOptions) => Promise<Ended>;
  target: string;
}

async function withPlace(
  given: readonly CatalogueRow[],
  use: (place: Place) => Promise<void>,
): Promise<void> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = `root://127.0.0.1:${(server.address() as AddressInfo).port}//base`;
  try {
    await withCatalogue({ rows: given, targetUrl: target }, async ({ cache, catalogue }) => {
      await catalogue.close();
      const run: Place['run'] = (args, options) =>
        cli([...args, '--cache', cache, '--target', target], options);
      await use({ cache, run, target });
    });
    assert.equal(connections, 0, 'a server was asked');
  } finally {
    server.close();
  }
}

describe('find', () => {
  it('prints a line a record, and with --json an object', async () => {
    await withPlace(rows, async ({ run }) => {
      const people = await run(['find', '2025']);
      assert.match(
        people.stdout,
        /^on_tape {3}\d{4}-\S+ \S+ {4}1\.0 kB {2}\d{4}-\S+ \S+ {2}adler32:0a1b2c3d {2}2025\/a\.h5$/m,
      );
      assert.match(people.stdout, /^lost .* 2025\/b\.h5 {2}\(the server has no such file\)$/m);
      assert.deepEqual([people.code, people.stderr], [0, '']);
      const machines = await run(['find', '--json', '--state', 'on_tape,lost', '--state', 'waiting']);
      assert.deepEqual(
        jsonLines(machines.stdout).map(({ path, state, stateSince, size, source }) => [
          path,
          state,
          stateSince,
          size,
          source,
        ]),
        [
          ['2025/a.h5', 'on_tape', new Date(NOON + 3).toJSON(), 1000, 'read'],
          ['2025/b.h5', 'lost', new Date(NOON + 9).toJSON(), 1000, 'read'],
        ],
      );
    });
  });

  it('takes times, sizes, lists and globs', async () => {
    await withPlace(rows, async ({ run }) => {
      const found = async (...args: string[]) => {
        const { stdout } = await run(['find', '--json', ...args], { input: '2025/a.h5\n' });
        return jsonLines(stdout).map(({ path }) => path);
      };
      const day = new Date(NOON + 1).toJSON();
      assert.deepEqual(await found('--since', day), ['2026/c.h5']);
      assert.deepEqual(await found('--until', day), ['2025/a.h5', '2025/b.h5']);
      assert.deepEqual(await found('--min-size', '5MB'), ['2026/c.h5']);
      assert.deepEqual(await found('--from-file', '-'), ['2025/a.h5']);
      assert.deepEqual(await found('*/[bc].h5'), ['2025/b.h5', '2026/c.h5']);
    });
  });

  it('ends with 1 for what is nowhere, with 2 for what is no state', async () => {
    await withPlace(rows, async ({ run }) => {
      const nowhere = await run(['find', '2027', '2026']);
      assert.equal(nowhere.code, 1);
      assert.match(nowhere.stderr, /^xrootd-archive: 2027: the catalogue has no record of this name$/m);
      assert.match(nowhere.stdout, /2026\/c\.h5/);
      const state = await run(['find', '--state', 'on_disk']);
      assert.deepEqual([state.code, state.stdout], [2, '']);
      assert.match(state.stderr, /in_cache, waiting, on_tape, lost/);
    });
  });

  it('looks at no secret and no cache: a keytab that is missing, a cache that is gone', async () => {
    await withPlace(rows, async ({ cache, target }) => {
      const place = ['--target', target, '--keytab', '/nowhere/keytab'];
      await withTemp(async (directory) => {
        const config = join(directory, 'c.yaml');
        await writeFile(config, `backup:\n  catalogue_path: ${fileIn(cache)}\n`);
        const { code, stdout, stderr } = await cli(['find', '2026', '-c', config, ...place, '--json']);
        assert.equal(code, 0, stderr);
        assert.equal(jsonLines(stdout).length, 1);
      });
    });
  });
});

describe('without a catalogue', () => {
  it('find and catalogue end with 2, and say why', async () => {
    await withTemp(async (cache) => {
      const place = ['--cache', cache, '--target', 'root://localhost:1//base'];
      for (const args of [['find'], ['catalogue', 'status'], ['catalogue', 'forget', 'a', '--reason', 'b']]) {
        const { code, stderr } = await cli([...args, ...place]);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /there is no catalogue at /);
      }
      assert.deepEqual(await readdir(cache), []);
    });
  });

  it('they end with 1 for one that is damaged or newer', async () => {
    await withTemp(async (cache) => {
      await writeFile(fileIn(cache), 'no database at all, but as long as one has to be'.repeat(100));
      const place = ['--cache', cache, '--target', 'root://localhost:1//base'];
      for (const args of [['find'], ['catalogue', 'check'], ['catalogue', 'status']]) {
        const { code, stderr } = await cli([...args, ...place]);
        assert.equal(code, 1, stderr);
        assert.ok(stderr.includes(fileIn(cache)), stderr);
      }
    });
  });
});

describe('catalogue', () => {
  it('status tells what is lost, and ends with 0', async () => {
    await withPlace(rows, async ({ run, cache }) => {
      const people = await run(['catalogue', 'status']);
      assert.equal(people.code, 0, people.stderr);
      assert.match(people.stdout, /^ {2}lost +1 +1\.0 kB$/m);
      assert.match(people.stdout, /^Lost:\n {2}lost .* 2025\/b\.h5/m);
      const [status] = jsonLines((await run(['catalogue', 'status', '--json'])).stdout);
      assert.deepEqual(
        [status?.['type'], (status?.['files'] as { file: string }[])[0]?.file, status?.['records']],
        ['catalogue:status', fileIn(cache), 3],
      );
    });
  });

  it('check: 0 for a sound one, 1 for a row that contradicts itself', async () => {
    await withPlace(rows, async ({ run }) => {
      const { code, stdout } = await run(['catalogue', 'check']);
      assert.equal(code, 0);
      assert.match(stdout, /3 records, all is well$/m);
    });
    await withPlace([rowOf('odd', { rule: 'cached' })], async ({ run }) => {
      const { code, stdout, stderr } = await run(['catalogue', 'check', '--json']);
      assert.equal(code, 1);
      assert.match(stderr, /^xrootd-archive: odd: it has the rule of a removal/m);
      assert.equal(jsonLines(stdout)[0]?.['wrong'], 1);
    });
  });

  it('export and import: from one catalogue to another', async () => {
    await withPlace(rows, async ({ run, cache, target }) => {
      const file = join(cache, 'out.jsonl');
      const written = await run(['catalogue', 'export', '--format', 'jsonl', '-o', file]);
      assert.equal(written.code, 0, written.stderr);
      assert.match(written.stdout, /^3 records written to /);
      assert.deepEqual(
        (await readdir(cache)).filter((name) => name.startsWith('out')),
        ['out.jsonl'],
      );
      const text = await readFile(file, 'utf8');
      assert.equal((await run(['catalogue', 'export', '--json'])).stdout, text);
      // What isn't a regular file is written to, and not replaced.
      const pipe = `${file}.pipe`;
      execFileSync('mkfifo', [pipe]);
      const reader = await open(pipe, 'r+');
      try {
        assert.equal((await run(['catalogue', 'export', '--format', 'jsonl', '-o', pipe])).code, 0);
        assert.ok((await lstat(pipe)).isFIFO(), 'the pipe was replaced by a file');
        const { buffer, bytesRead } = await reader.read(Buffer.alloc(65_536));
        assert.equal(buffer.toString('utf8', 0, bytesRead), text);
      } finally {
        await reader.close();
      }
      await withTemp(async (other) => {
        const place = ['--cache', other, '--target', target];
        const dry = await cli(['catalogue', 'import', file, '-n', ...place]);
        assert.deepEqual(
          [dry.code, dry.stdout, await readdir(other)],
          [0, '3 records would be imported, 0 failed\n', []],
        );
        const brought = await cli(['catalogue', 'import', file, ...place]);
        assert.deepEqual([brought.code, brought.stdout], [0, '3 records imported, 0 failed\n']);
        assert.equal((await cli(['catalogue', 'export', '--json', ...place])).stdout, text);
      });
    });
  });

  it('import of a file with a wrong line: 2, the line is named, nothing is imported', async () => {
    await withPlace(rows, async ({ run, cache }) => {
      const good = Array.from({ length: 2500 }, (_, index) => `${JSON.stringify(rowOf(`r/${index}`))}\n`);
      const file = join(cache, 'in.jsonl');
      await writeFile(file, `${good.join('')}{"path":"/x","size":1}\n`);
      const { code, stderr } = await run(['catalogue', 'import', file]);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /line 2501 is no row of a catalogue: its name is absolute; nothing was imported$/m,
      );
      assert.match((await run(['catalogue', 'status'])).stdout, /, 3 records,/);
      const piped = await run(['catalogue', 'import', '-'], { input: `${good.join('')}x\n` });
      assert.equal(piped.code, 1);
      assert.match(piped.stderr, /line 2501 is no JSON.*; 2000 rows before it were imported/);
    });
  });

  it('import of what is no text, or not there: 2', async () => {
    await withPlace(rows, async ({ run, cache }) => {
      const file = join(cache, 'in');
      await writeFile(file, Buffer.from([0x61, 0xff, 0x0a]));
      const binary = await run(['catalogue', 'import', file]);
      assert.deepEqual([binary.code, /is not UTF-8/.test(binary.stderr)], [2, true]);
      const missing = await run(['catalogue', 'import', join(cache, 'none')]);
      assert.deepEqual([missing.code, /can't be read/.test(missing.stderr)], [2, true]);
    });
  });

  it('export of a checksum list names what it cannot hold, and ends with 1', async () => {
    await withPlace([...rows, rowOf('new\nline'), rowOf('none', { checksums: [] })], async ({ run }) => {
      const { code, stdout, stderr } = await run(['catalogue', 'export']);
      assert.equal(code, 1);
      assert.equal(
        stdout,
        ['2025/a.h5', '2025/b.h5', '2026/c.h5'].map((name) => `adler32:0a1b2c3d  ${name}\n`).join(''),
      );
      assert.match(stderr, /none: the catalogue has no checksum of it: it is left out/);
      assert.match(stderr, /new.*line: a checksum list cannot hold its name/);
      assert.equal((await run(['catalogue', 'export', '--json', '--format', 'checksums'])).code, 2);
    });
  });

  it('forget: needs a reason, tells what it forgot, and what no row has', async () => {
    await withPlace(rows, async ({ run, cache }) => {
      assert.equal((await run(['catalogue', 'forget', '2025/b.h5'])).code, 2);
      assert.equal((await run(['catalogue', 'forget', '--reason', 'x'])).code, 2);
      await mkdir(join(cache, '2026'));
      await writeFile(join(cache, '2026/c.h5'), '');
      const dry = await run(['catalogue', 'forget', '2025/b.h5', '--reason', 'given up', '--dry-run']);
      assert.deepEqual([dry.code, dry.stdout.split('\n').at(-2)], [0, '1 record would be forgotten']);
      const { code, stdout, stderr } = await run([
        'catalogue',
        'forget',
        '2025/b.h5',
        '2026/c.h5',
        '2025',
        '--reason',
        'given up',
      ]);
      assert.equal(code, 1);
      assert.match(stdout, /^forgotten {2}lost .* 2025\/b\.h5/m);
      assert.match(
        stderr,
        /^xrootd-archive: 2026\/c\.h5: its record is still in the cache, and is noted anew/m,
      );
      assert.match(stderr, /^xrootd-archive: 2025: the catalogue has no record of this name/m);
      assert.match((await run(['catalogue', 'status'])).stdout, /, 1 record, .*; 2 forgotten$/m);
    });
  });

  it('adopt: after a move of the target', async () => {
    await withPlace(rows, async ({ cache }) => {
      const place = ['--cache', cache, '--target', 'root://new.example.org//base'];
      const refused = await cli(['find', ...place]);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /run "xrootd-archive catalogue adopt"/);
      const adopted = await cli(['catalogue', 'adopt', ...place]);
      assert.equal(adopted.code, 0, adopted.stderr);
      assert.match(
        adopted.stdout,
        /^ {2}target: 127\.0\.0\.1:\d+\/\/base before, new\.example\.org:1094\/\/base now$/m,
      );
      assert.equal((await cli(['find', ...place])).code, 0);
      assert.match((await cli(['catalogue', 'adopt', ...place])).stdout, /nothing was changed/);
    });
  });
});
