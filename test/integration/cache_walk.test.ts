import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { walk, walkBatches, type WalkEntry, type WalkOptions } from '../../lib/cache/walk.js';
import { asOrdinaryUser } from '../support/ordinary_user.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function list(directory: string, options?: WalkOptions): Promise<WalkEntry[]> {
  const root = await CacheDirectory.openRoot(directory);
  try {
    return await collect(walk(root, options));
  } finally {
    await root.close();
  }
}

const paths = (entries: WalkEntry[], kind: WalkEntry['kind']): string[] =>
  entries
    .filter((entry) => entry.kind === kind)
    .map((entry) => entry.path)
    .sort();

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

describe('the walk over the cache', () => {
  it('looks into no directory below 512 others, tells it once, and lists all the rest', async () => {
    await withTemp(async (cache) => {
      const levels = (count: number) => 'd/'.repeat(count);
      // Of 1,399 bytes, so that one call makes it.
      mkdirSync(path.join(cache, levels(700)), { recursive: true });
      for (const count of [0, 511, 512, 699]) writeFileSync(path.join(cache, levels(count), 'record'), 'x');
      const entries = await list(cache);
      assert.deepEqual(
        paths(entries, 'record'),
        [0, 511, 512].map((count) => `${levels(count)}record`).sort(),
      );
      const [problem, ...others] = entries.filter(({ kind }) => kind !== 'record');
      assert.deepEqual(others, []);
      assert.equal(problem?.path, levels(513).slice(0, -1));
      assert.match(
        JSON.stringify(problem, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
        /BadName.*too many directories/,
      );
    });
  });

  it('lists every record with its identity', async () => {
    await withTemp(async (cache) => {
      mkdirSync(path.join(cache, 'a/b/é'), { recursive: true });
      writeFileSync(path.join(cache, 'top'), 'x');
      writeFileSync(path.join(cache, 'a/b/é/日本'), 'xyz');
      const entries = await list(cache);
      assert.deepEqual(paths(entries, 'record'), ['a/b/é/日本', 'top']);
      const deep = entries.find((entry) => entry.path.startsWith('a'));
      assert.ok(deep?.kind === 'record');
      assert.equal(deep.absolute, path.join(cache, 'a/b/é/日本'));
      assert.equal(deep.identity.size, 3n);
      assert.equal(typeof deep.identity.ctimeNs, 'bigint');
    });
  });

  it('looks only at what is asked for, in all directories; a capture goes by its record’s name', async () => {
    await withTemp(async (cache) => {
      mkdirSync(path.join(cache, 'a/é'), { recursive: true });
      for (const name of ['one', 'two', 'é/one', 'é/two', '.xrootd-archive.removing.one'])
        writeFileSync(path.join(cache, 'a', name), 'x');
      symlinkSync('one', path.join(cache, 'a/link to one'));
      symlinkSync('one', path.join(cache, 'a/link to two'));
      const asked = new Set<string>();
      const only = (name: string) => {
        asked.add(name);
        return name.endsWith('one');
      };
      const entries = await list(cache, { only });
      assert.deepEqual(paths(entries, 'record'), ['a/one', 'a/é/one']);
      assert.deepEqual(paths(entries, 'leftover'), ['a/.xrootd-archive.removing.one']);
      assert.deepEqual(paths(entries, 'problem'), ['a/link to one']);
      const files = ['a/link to one', 'a/link to two', 'a/one', 'a/two', 'a/é/one', 'a/é/two'];
      assert.deepEqual([...asked].sort(), files);
    });
  });

  it('never follows links or special files, and reports them (S8)', async () => {
    await withTemp(async (outside) => {
      writeFileSync(path.join(outside, 'secret'), 'x');
      await withTemp(async (cache) => {
        symlinkSync(outside, path.join(cache, 'link-dir'));
        symlinkSync(path.join(outside, 'secret'), path.join(cache, 'link-file'));
        symlinkSync('nowhere', path.join(cache, 'dangling'));
        assert.equal(spawnSync('mkfifo', [path.join(cache, 'pipe')]).status, 0);
        const server = net.createServer().listen(path.join(cache, 'sock'));
        try {
          const entries = await list(cache);
          assert.deepEqual(
            entries
              .map((entry) => (entry.kind === 'problem' ? `${entry.path} ${entry.problem}` : entry))
              .sort(),
            ['dangling symlink', 'link-dir symlink', 'link-file symlink', 'pipe fifo', 'sock socket'],
          );
        } finally {
          server.close();
        }
      });
    });
  });

  it('starts in a cache that is named by a link', async () => {
    await withTemp(async (directory) => {
      mkdirSync(path.join(directory, 'real'));
      writeFileSync(path.join(directory, 'real/f'), '');
      symlinkSync('real', path.join(directory, 'cache'));
      const [entry] = await list(path.join(directory, 'cache'));
      assert.ok(entry?.kind === 'record');
      assert.equal(entry.absolute, path.join(directory, 'real/f'));
    });
  });

  it('reports names that are no UTF-8, and those that a rule refuses (S9)', async () => {
    await withTemp(async (cache) => {
      writeFileSync(Buffer.concat([Buffer.from(`${cache}/bad`), Buffer.from([0xff])]), 'x');
      mkdirSync(Buffer.concat([Buffer.from(`${cache}/dir`), Buffer.from([0xc3])]));
      writeFileSync(path.join(cache, 'a?b'), 'x');
      writeFileSync(path.join(cache, 'two\nlines'), 'x');
      writeFileSync(path.join(cache, 'good'), 'x');
      // No line of a log may be forged by what is above.
      mkdirSync(path.join(cache, 'e\n\x1b'));
      writeFileSync(Buffer.concat([Buffer.from(`${cache}/e\n\x1b/f`), Buffer.from([0xff])]), 'x');
      const entries = await list(cache, { nameProblem: (name) => (/[?\n]/.test(name) ? 'no' : undefined) });
      assert.deepEqual(paths(entries, 'record'), ['good']);
      assert.deepEqual(paths(entries, 'problem'), [
        ...['a?b', 'bad\\xff', 'dir\\xc3', 'e\\x0a\\x1b/f\\xff', 'two\\x0alines'],
      ]);
    });
  });

  it('tells our own files from records', async () => {
    await withTemp(async (cache) => {
      mkdirSync(path.join(cache, 'd'));
      for (const name of [
        '.xrootd-archive.lock',
        '.xrootd-archive.incoming.1',
        'd/.xrootd-archive.removing.f',
        '.xrootd-archive.x',
        'd/.xrootd-archive.y',
        'd/.xrootd-archive.lock',
        'd/.xrootd-archive.staged.1-of-2',
        'd/ignored',
        '.hidden',
      ])
        writeFileSync(path.join(cache, name), '');
      // Nobody can tell what is in it.
      mkdirSync(path.join(cache, 'd/.xrootd-archive.verified'));
      const entries = await list(cache, { ignore: new Set(['d/ignored']) });
      assert.deepEqual(paths(entries, 'record'), ['.hidden']);
      assert.deepEqual(paths(entries, 'leftover'), [
        '.xrootd-archive.incoming.1',
        'd/.xrootd-archive.removing.f',
      ]);
      assert.deepEqual(paths(entries, 'problem'), [
        '.xrootd-archive.x',
        'd/.xrootd-archive.verified',
        'd/.xrootd-archive.y',
      ]);
    });
  });

  it('stays inside when a directory is swapped for a link while it walks (S8)', async function () {
    if (process.platform !== 'linux') this.skip();
    await withTemp(async (outside) => {
      writeFileSync(path.join(outside, 'secret'), 'x');
      await withTemp(async (cache) => {
        for (let index = 0; index < 40; index++) {
          mkdirSync(path.join(cache, `d${index}/e`), { recursive: true });
          writeFileSync(path.join(cache, `d${index}/e/f`), '');
        }
        const root = await CacheDirectory.openRoot(cache);
        const seen: WalkEntry[] = [];
        try {
          for await (const entry of walk(root)) {
            seen.push(entry);
            // Swap everything that can be swapped, below and above what is being read.
            if (seen.length === 1)
              for (let index = 0; index < 40; index++) {
                renameSync(path.join(cache, `d${index}`), path.join(cache, `.gone${index}`));
                symlinkSync(outside, path.join(cache, `d${index}`));
              }
          }
        } finally {
          await root.close();
        }
        assert.ok(!seen.some((entry) => entry.path.includes('secret')));
        assert.ok(seen.some((entry) => entry.kind === 'problem'));
      });
    });
  });

  it('goes on after files that vanish, and closes what it opened when it is left early', async () => {
    await withTemp(async (cache) => {
      for (let index = 0; index < 300; index++) {
        mkdirSync(path.join(cache, `d${index % 3}`), { recursive: true });
        closeSync(openSync(path.join(cache, `d${index % 3}/f${index}`), 'w'));
      }
      const before = openDescriptors();
      for (const most of [1, 150]) {
        const root = await CacheDirectory.openRoot(cache);
        let seen = 0;
        for await (const entry of walk(root)) {
          assert.equal(entry.kind, 'record');
          if (++seen === most) break;
        }
        await root.close();
      }
      assert.equal(openDescriptors(), before);
      const root = await CacheDirectory.openRoot(cache);
      const abort = new AbortController();
      await assert.rejects(
        collect(
          (async function* () {
            for await (const batch of walkBatches(root, { signal: abort.signal, batch: 10 })) {
              abort.abort();
              yield batch;
            }
          })(),
        ),
        { name: 'AbortError' },
      );
      await root.close();
      assert.equal(openDescriptors(), before);
    });
  });

  it('reports a directory that it may not read, and goes on', async () => {
    await withTemp(async (cache) => {
      chmodSync(cache, 0o755);
      mkdirSync(path.join(cache, 'closed'));
      mkdirSync(path.join(cache, 'lost+found'));
      writeFileSync(path.join(cache, 'open'), '');
      chmodSync(path.join(cache, 'closed'), 0);
      chmodSync(path.join(cache, 'lost+found'), 0);
      try {
        const result = await asOrdinaryUser(
          `const { CacheDirectory } = await import(LIB + 'cache/directory.js');
           const { walk } = await import(LIB + 'cache/walk.js');
           const seen = [];
           for await (const entry of walk(await CacheDirectory.openRoot(${JSON.stringify(cache)})))
             seen.push([entry.kind, entry.path, entry.code, entry.message]);
           return seen;`,
        );
        assert.deepEqual((result as string[][]).sort(), [
          ['problem', 'closed', 'EACCES', "can't be read: EACCES: permission denied"],
          ['record', 'open', null, null],
        ]);
      } finally {
        chmodSync(path.join(cache, 'closed'), 0o700);
        chmodSync(path.join(cache, 'lost+found'), 0o700);
      }
    });
  });

  const entries = scaled('entries of a directory', 20_000, 100_000);
  it(`keeps memory flat over ${entries} entries of one directory`, async () => {
    await withTemp(async (cache) => {
      for (let index = 0; index < entries; index++)
        closeSync(openSync(path.join(cache, `record-${index}`), 'w'));
      const root = await CacheDirectory.openRoot(cache);
      let records = 0;
      let atStart = 0;
      let most = 0;
      for await (const entry of walk(root)) {
        if (entry.kind === 'record') records++;
        if (records === entries / 10) atStart = process.memoryUsage.rss();
        if (records % 1000 === 0) most = Math.max(most, process.memoryUsage.rss());
      }
      await root.close();
      assert.equal(records, entries);
      assert.ok(most - atStart < 60 * 1024 * 1024, `grew by ${((most - atStart) / 1048576).toFixed(0)} MiB`);
    });
  });
});
