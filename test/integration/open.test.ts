/** `open`: one archived record as a stream; and `cat`, which writes it. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ConfigError, OpenError, XRootDError, type ArchiveEvent } from '../../lib/index.js';
import { withArchive, withSharedArchive } from '../support/archive.js';
import { mainFile } from '../support/cli.js';
import { bytesOf, writeRecord } from '../support/records.js';

const MiB = 2 ** 20;
const quick = { stagePollMinSeconds: 0.2, stagePollMaxSeconds: 0.5 };

/** What came before the stream failed, and its error. */
async function failing(stream: Readable): Promise<{ bytes: number; error: Error & { code?: string } }> {
  let bytes = 0;
  try {
    for await (const piece of stream) bytes += (piece as Buffer).length;
  } catch (error) {
    return { bytes, error: error as Error };
  }
  throw new assert.AssertionError({ message: `it ended well after ${bytes} bytes` });
}

describe('open', () => {
  for (const size of [0, 1, 4 * MiB, 9 * MiB + 7])
    it(`gives the bytes of a record of ${size}`, async () => {
      await withSharedArchive(async ({ cache, pass, archive }) => {
        await writeRecord(cache, 'd/r', size);
        await pass({ autoRemove: 'cached' });
        for (const verify of ['auto', 'read', 'size'] as const) {
          const bytes = await buffer(await archive({ verify }).open('d/r'));
          assert.ok(bytes.equals(bytesOf('d/r', size)), verify);
        }
      });
    });

  it('fails at the end when the bytes are not those that server or catalogue say', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass, archive }) => {
      for (const name of ['one', 'two', 'three']) await writeRecord(cache, name, 5 * MiB);
      await pass({ autoRemove: 'cached' });
      // The server's stored checksum stays, or goes with the bytes: then only the catalogue knows.
      await sandbox.corrupt('one', { copy: 'disk', keepChecksums: true });
      await sandbox.corrupt('two', { copy: 'disk' });
      for (const name of ['one', 'two']) {
        const { bytes, error } = await failing(await archive().open(name));
        assert.deepEqual([bytes, error.code], [5 * MiB, 'LostCopy'], `${name}: ${error.message}`);
      }
      const alone = archive({ catalogue: false });
      const { error } = await failing(await alone.open('one'));
      assert.ok(error instanceof XRootDError && error.code === 'CheckSumError', String(error));
      assert.equal((await buffer(await alone.open('three'))).length, 5 * MiB);
    });
  });

  it('fails at the end when the catalogue cannot be used: nothing was compared with it', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass, archive }) => {
      await writeRecord(cache, 'r', 2000);
      await pass({ autoRemove: 'cached' });
      // The server's checksum goes with the bytes: only the catalogue would know.
      await sandbox.corrupt('r', { copy: 'disk' });
      await writeFile(join(cache, '.xrootd-archive.catalogue'), 'rubbish'.repeat(1000));
      const { bytes, error } = await failing(await archive().open('r'));
      assert.deepEqual([bytes, error.code], [2000, 'CatalogueUnusable'], error.message);
      assert.match(error.message, /is damaged.*catalogue: false/);
      assert.equal((await buffer(await archive({ catalogue: false }).open('r'))).length, 2000);
      const { code, stdout } = await runCli(['cat', 'r', '--cache', cache, '--target', sandbox.url]);
      assert.deepEqual([code, stdout.length], [1, 2000]);
    });
  });

  it('says why it cannot: not there, lost, a directory, a wrong name, a misspelt option', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass, archive }) => {
      for (const name of ['d/r', 'short']) await writeRecord(cache, name, 1000);
      await pass({ autoRemove: 'cached' });
      await writeFile(sandbox.diskPath('short'), 'x');
      const code = async (path: string) => {
        const error: unknown = await archive()
          .open(path)
          .catch((failure: unknown) => failure);
        assert.ok(error instanceof OpenError, String(error));
        return error.code;
      };
      assert.deepEqual(
        [await code('none'), await code('d'), await code('short')],
        ['NotFound', 'NotAFile', 'LostCopy'],
      );
      for (const path of ['', '.', '/d/r', '../d/r', 'a?b'])
        await assert.rejects(archive().open(path), ConfigError, path);
      await assert.rejects(archive().open('d/r', { staged: true } as object), /did you mean stage\?/);
    });
  });

  it('never opens a named pipe on the server, which would hold its connection up', async () => {
    await withArchive({ migrationDelay: 'never' }, async ({ sandbox, archive }) => {
      execFileSync('mkfifo', [sandbox.diskPath('pipe')]);
      const signal = AbortSignal.timeout(10_000);
      await assert.rejects(
        async () => buffer(await archive().open('pipe', { signal })),
        (error) =>
          error instanceof OpenError && error.code === 'NotAFile' && /named pipe/.test(error.message),
      );
    });
  });

  it('an offline record is an error, or comes from tape if that is asked for', async () => {
    await withArchive(
      { migrationDelay: 'never', stageDelay: 0.5 },
      async ({ sandbox, cache, pass, archive }) => {
        await writeRecord(cache, 'r', 5000);
        await pass({ autoRemove: 'cached' });
        await sandbox.migrateAll();
        await sandbox.evict(['r']);
        const it = archive(quick);
        await assert.rejects(it.open('r'), (error) => error instanceof OpenError && error.code === 'Offline');
        const events: ArchiveEvent[] = [];
        it.onAny((event) => events.push(event));
        const stream = await it.open('r', { stage: true, jobId: 'mine' });
        assert.ok((await buffer(stream)).equals(bytesOf('r', 5000)));
        assert.deepEqual(
          events.map(({ type, jobId }) => `${type} ${jobId}`),
          ['stage:requested mine', 'stage:online mine'],
        );
      },
    );
  });

  it('refuses a deadline that is no time before it asks any server: it would wait for ever', async () => {
    await withSharedArchive(async ({ archive }) => {
      for (const wrong of [NaN, -5, 'x', '5', null]) {
        const deadlineSeconds = wrong as number;
        for (const stage of [true, false])
          await assert.rejects(
            archive().open('r', { stage, deadlineSeconds }),
            (error) => error instanceof ConfigError && error.message.includes('deadlineSeconds'),
            `${wrong}`,
          );
        await assert.rejects(archive().waitUntilOnTape(['r'], { deadlineSeconds }), ConfigError);
      }
    });
  });

  it('reads no further than a piece ahead of its reader; destroyed or aborted it ends, and so may the server', async () => {
    await withSharedArchive(async ({ cache, pass, archive }) => {
      const size = 40 * MiB;
      await writeRecord(cache, 'r', size);
      await pass({ autoRemove: 'cached' });
      const slow = await archive().open('r');
      const pieces: Buffer[] = [];
      slow.on('data', (piece: Buffer) => {
        pieces.push(piece);
        slow.pause();
      });
      // Each piece comes only when the one before was taken, and no more than the stream's own buffer waits.
      let most = 0;
      slow.on('pause', () => {
        most = Math.max(most, slow.readableLength);
        setImmediate(() => slow.resume());
      });
      await once(slow, 'end');
      assert.ok(most <= 4 * MiB, `${most} bytes waited`);
      assert.ok(Buffer.concat(pieces).equals(bytesOf('r', size)));

      const left = await archive().open('r');
      await once(left, 'readable');
      left.destroy();
      await once(left, 'close');
      const stop = new AbortController();
      const aborted = await archive().open('r', { signal: stop.signal });
      await once(aborted, 'readable');
      const reason = new Error('enough');
      stop.abort(reason);
      const [error] = (await once(aborted, 'error')) as [Error];
      assert.equal(error, reason);
      await assert.rejects(archive().open('r', { signal: stop.signal }), reason);
    });
  });
});

/** The command, with the very bytes that it writes. */
function runCli(args: string[]): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 64 * MiB } as const;
    const child = execFile(process.execPath, [mainFile, ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr: stderr.toString() });
    });
  });
}

describe('cat', () => {
  it('writes the bytes; its exit code tells whether they are right', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass }) => {
      await writeRecord(cache, 'r', 3 * MiB);
      await pass({ autoRemove: 'cached' });
      const args = ['--cache', cache, '--target', sandbox.url];
      const good = await runCli(['cat', 'r', ...args]);
      assert.deepEqual([good.code, good.stderr], [0, '']);
      assert.ok(good.stdout.equals(bytesOf('r', 3 * MiB)));
      await sandbox.corrupt('r', { copy: 'disk' });
      const bad = await runCli(['cat', 'r', ...args]);
      assert.equal(bad.code, 1, bad.stderr);
      assert.match(bad.stderr, /the catalogue says/);
      const none = await runCli(['cat', 'none', ...args]);
      assert.deepEqual([none.code, none.stdout.length], [1, 0]);
      assert.match(none.stderr, /none: the server has no such file/);
      const usage = await runCli(['cat', 'r', '--json', ...args]);
      assert.equal(usage.code, 2);
    });
  });

  it('a reader that goes before the end has bytes that nothing vouches for: 1', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass }) => {
      await writeRecord(cache, 'r', 20 * MiB);
      await pass({ autoRemove: 'cached' });
      const child = spawn(process.execPath, [
        mainFile,
        'cat',
        'r',
        '--cache',
        cache,
        '--target',
        sandbox.url,
      ]);
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.stdout.once('data', () => child.stdout.destroy());
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 1, stderr);
      assert.match(stderr, /the reader has gone before the end/);
    });
  });
});
