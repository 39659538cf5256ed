import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import Database from 'libsql';
import type { CatalogueError } from '../../lib/catalogue/error.js';
import { ThreadLink } from '../../lib/catalogue/thread_link.js';
import {
  allRows,
  catalogueConfig,
  factsOf,
  fileIn,
  mustOpen,
  rowOf,
  withCatalogue,
} from '../support/catalogue.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const SCRIPT = fileURLToPath(new URL('children/catalogue_writer.js', import.meta.url));

interface Writer {
  paths: string[];
  kill(): void;
  /** It has printed something. */
  begun: Promise<unknown>;
  ended: Promise<[number | null, NodeJS.Signals | null]>;
}

function writer(cache: string, how = '', prefix = 'a/'): Writer {
  const child = spawn(process.execPath, [SCRIPT, cache, how, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    get paths() {
      // A line that was cut was not said.
      return text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line.startsWith(prefix));
    },
    kill: () => child.kill('SIGKILL'),
    begun: once(child.stdout, 'data'),
    ended: once(child, 'close') as Writer['ended'],
  };
}

async function hasAll(cache: string, paths: readonly string[]): Promise<void> {
  await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write' });
  assert.equal(catalogue.damaged, undefined);
  await catalogue.check();
  for (const [i, row] of (await catalogue.rowsOf(paths)).entries()) {
    assert.equal(row?.removing, 2, paths[i]);
    assert.equal(row.size, row.path.length);
    assert.deepEqual(row.checksums, factsOf('').checksums);
  }
  await catalogue.close();
}

describe('a process that writes a catalogue', () => {
  it('and is killed at any moment has said nothing that isn’t there', async function () {
    this.timeout(600_000);
    await withTemp(async (cache) => {
      const said: string[] = [];
      const times = scaled('kills', 6, 200);
      for (let round = 0; round < times; round++) {
        const child = writer(cache, '', `${round}/`);
        // Also while it opens, or makes, the file.
        if (round % 4 > 0) await child.begun;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
        child.kill();
        assert.deepEqual(await child.ended, [null, 'SIGKILL']);
        said.push(...child.paths);
        await hasAll(cache, child.paths);
      }
      await hasAll(cache, said);
      assert.ok(said.length > 0);
      assert.deepEqual(
        fs.readdirSync(cache).filter((name) => name.includes('damaged')),
        [],
      );
    });
  });

  it('and calls process.exit() with commits under way ends at once, with its own code', async () => {
    await withTemp(async (cache) => {
      const child = writer(cache, 'exit');
      assert.deepEqual(await child.ended, [7, null]);
      assert.ok(child.paths.length > 100);
      await hasAll(cache, child.paths);
    });
  });

  it('and ends without close() has written what it noted', async () => {
    await withTemp(async (cache) => {
      assert.deepEqual(await writer(cache, 'end').ended, [0, null]);
      await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'read' });
      assert.equal((await allRows(catalogue)).length, 100);
    });
  });

  it('shares it with others, and with a reader', async () => {
    await withTemp(async (cache) => {
      const children = [writer(cache, 'exit', 'a/'), writer(cache, 'exit', 'b/')];
      await Promise.all(children.map(({ begun }) => begun));
      await using reader = await mustOpen(catalogueConfig(cache), { mode: 'read' });
      let reads = 0;
      let seen = 0;
      const all = Promise.all(children.map(({ ended }) => ended));
      const state = { over: false };
      void all.then(() => (state.over = true));
      while (!state.over) {
        const rows = await allRows(reader);
        assert.ok(rows.length >= seen, 'what was there is there');
        seen = rows.length;
        reads += 1;
      }
      assert.deepEqual(await all, [
        [7, null],
        [7, null],
      ]);
      assert.ok(reads > 0);
      await hasAll(
        cache,
        children.flatMap(({ paths }) => paths),
      );
    });
  });

  it('syncs its log to the disk before it says so', function () {
    try {
      execFileSync('strace', ['-V'], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    return withTemp((cache) => {
      const trace = `${cache}/trace`;
      const calls = 'trace=pwrite64,fsync,fdatasync,write';
      const strace = ['-f', '-qq', '-y', '-e', calls, '-o', trace];
      try {
        execFileSync('strace', [...strace, process.execPath, SCRIPT, cache, 'one', 'a/'], {
          stdio: 'ignore',
        });
      } catch (error) {
        // 7: ours. Others: it may not trace.
        if ((error as { status?: number }).status !== 7) this.skip();
      }
      let [written, synced, said] = [0, 0, 0];
      for (const line of fs.readFileSync(trace, 'utf8').split('\n')) {
        if (/pwrite64\(\d+<[^>]*catalogue-wal>/.test(line)) written += 1;
        if (/f(data)?sync\(\d+<[^>]*catalogue-wal>/.test(line)) synced = written;
        if (!/write\(1<[^>]*>, "a\//.test(line)) continue;
        said += 1;
        assert.equal(synced, written, line);
      }
      assert.ok(said > 100 && written > 0 && synced > 0);
      return Promise.resolve();
    });
  });
});

describe('a catalogue', () => {
  it('that is open twice in one process takes the changes of both', async () => {
    await withCatalogue({}, async ({ catalogue, open }) => {
      await using other = await open({ mode: 'write' });
      await Promise.all(
        Array.from({ length: 400 }, (_, i) =>
          (i % 2 === 0 ? catalogue : other).durable({ kind: 'imported', row: rowOf(String(i)) }),
        ),
      );
      assert.equal((await allRows(catalogue)).length, 400);
      assert.ok(catalogue.batch > 0 && other.batch > 0 && catalogue.batch !== other.batch);
    });
  });

  it('that another program holds for a while waits for it', async () => {
    await withCatalogue({}, async ({ catalogue, cache }) => {
      const database = new Database(fileIn(cache));
      database.exec('BEGIN IMMEDIATE');
      let isDurable = false;
      const waiting = catalogue.durable({ kind: 'imported', row: rowOf('a') }).then(() => (isDurable = true));
      // It reads meanwhile in another connection.
      await using reader = await mustOpen(catalogueConfig(cache), { mode: 'read' });
      assert.deepEqual(await allRows(reader), []);
      assert.ok(!isDurable);
      database.exec('ROLLBACK');
      database.close();
      await waiting;
    });
  });

  it('that is opened once more in this process keeps the locks of those who have it open', async () => {
    await withCatalogue({ rows: [rowOf('a')] }, async ({ catalogue, cache, open }) => {
      const inode = fs.statSync(fileIn(cache)).ino;
      const locks = () =>
        fs
          .readFileSync('/proc/locks', 'utf8')
          .split('\n')
          .filter((line) => line.includes(`:${inode} `)).length;
      assert.ok(locks() > 0, 'SQLite holds a lock as long as it is open');
      for (const mode of ['read', 'write'] as const) {
        await (await open({ mode })).close();
        assert.ok(locks() > 0, mode);
      }
      await catalogue.durable({ kind: 'imported', row: rowOf('b') });
    });
  });

  it('in a directory with an odd name is opened', async () => {
    await withTemp(async (directory) => {
      const cache = `${directory}/100% ?mode=memory#'"\u{1f600}`;
      for (let i = 0; i < 2; i++) {
        await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write' });
        await catalogue.durable({ kind: 'imported', row: rowOf(String(i)) });
        assert.equal((await allRows(catalogue)).length, i + 1);
      }
      assert.ok(fs.existsSync(fileIn(cache)));
    });
  });

  it('that is closed with changes waiting has written them, and refuses others', async () => {
    await withCatalogue({}, async ({ catalogue, open }) => {
      for (let i = 0; i < 5000; i++) catalogue.note({ kind: 'imported', row: rowOf(String(i)) });
      const waiting = catalogue.durable({ kind: 'imported', row: rowOf('last') });
      await catalogue.close();
      await waiting;
      await assert.rejects(catalogue.durable({ kind: 'imported', row: rowOf('x') }), {
        name: 'CatalogueError',
        message: /closed/,
      });
      await assert.rejects(allRows(catalogue), /closed/);
      await catalogue.close();
      await using again = await open();
      assert.equal((await again.summary()).in_cache.records, 5001);
    });
  });

  it('leaves no log behind when it is closed', async () => {
    await withCatalogue({}, async ({ catalogue, cache }) => {
      await catalogue.durable({ kind: 'imported', row: rowOf('a') });
      await allRows(catalogue);
      await catalogue.close();
      const files = fs.readdirSync(cache).filter((name) => !name.includes('.reserve-'));
      assert.deepEqual(files, ['.xrootd-archive.catalogue']);
    });
  });

  it('can be opened in a worker thread', async () => {
    await withTemp(async (cache) => {
      const module = new URL('../support/catalogue.js', import.meta.url).href;
      const code = `
        const { parentPort, workerData } = require('node:worker_threads');
        import(workerData.module).then(async ({ mustOpen, catalogueConfig, rowOf }) => {
          const catalogue = await mustOpen(catalogueConfig(workerData.cache), { mode: 'write' });
          await catalogue.durable({ kind: 'imported', row: rowOf('a') });
          await catalogue.close();
          parentPort.postMessage((await catalogue.rowsOf(['a']).catch((error) => error.message)));
        });`;
      const worker = new Worker(code, { eval: true, workerData: { module, cache } });
      // Both events may come in one turn of the event loop.
      const exited = once(worker, 'exit');
      const [answer] = (await once(worker, 'message')) as [string];
      assert.match(answer, /closed/);
      await exited;
      await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'read' });
      assert.equal((await allRows(catalogue)).length, 1);
    });
  });

  it('can be opened and closed again and again without keeping anything', async () => {
    await withCatalogue({ rows: [rowOf('a')] }, async ({ open }) => {
      const descriptors = () => fs.readdirSync('/proc/self/fd').length;
      const round = async () => {
        await using catalogue = await open();
        await allRows(catalogue);
      };
      for (let i = 0; i < 5; i++) await round();
      const before = descriptors();
      for (let i = 0; i < scaled('openings', 30, 1000); i++) await round();
      assert.ok(descriptors() <= before + 2, `${before} descriptors, then ${descriptors()}`);
    });
  });
});

describe('the link to the catalogue’s thread', () => {
  it('fails all that wait when the thread ends, and everything afterwards', async () => {
    await withTemp(async (cache) => {
      const link = new ThreadLink(fileIn(cache));
      const options = { file: fileIn(cache), mode: 'write', target: 'x', cache: undefined, now: 0 } as const;
      await link.ask('open', options);
      const many = Array.from({ length: 20 }, () => link.ask('check', undefined));
      const ended = link.end();
      for (const each of await Promise.allSettled(many)) {
        assert.equal(each.status, 'rejected');
        assert.equal((each.reason as CatalogueError).name, 'CatalogueError');
      }
      await ended;
      await assert.rejects(link.ask('check', undefined), { code: 'Unavailable' });
    });
  });
});
