import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { SandboxOptions } from '../../lib/sandbox/index.js';
import { SandboxError, TapeSandbox } from '../../lib/sandbox/index.js';
import { CopyProcess, FileSystem, XRootDError } from '../../lib/xrdcl/index.js';
import { withTemp } from '../support/temporary.js';

const run = promisify(execFile);

/** Runs with a sandbox and a client for it. */
async function withSandbox(
  options: SandboxOptions,
  use: (sandbox: TapeSandbox, client: FileSystem) => Promise<void>,
): Promise<void> {
  await using sandbox = await TapeSandbox.start(options);
  await use(sandbox, new FileSystem(`root://${sandbox.host}`));
}

async function copy(source: string, target: string, force = false): Promise<void> {
  const copies = new CopyProcess();
  copies.add({ source, target, force });
  const [result] = await copies.run();
  if (result?.error !== undefined) throw result.error;
}

async function upload(sandbox: TapeSandbox, path: string, bytes: Buffer, force = false): Promise<void> {
  await withTemp(async (directory) => {
    await writeFile(join(directory, 'file'), bytes);
    await copy(join(directory, 'file'), `${sandbox.url}/${path}`, force);
  });
}

async function download(sandbox: TapeSandbox, path: string): Promise<Buffer> {
  return withTemp(async (directory) => {
    await copy(`${sandbox.url}/${path}`, join(directory, 'file'));
    return readFile(join(directory, 'file'));
  });
}

async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(`not in 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof XRootDError || error instanceof SandboxError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

describe('TapeSandbox: flags and evicted files', () => {
  it('goes from cached to backed up to offline and back, as xrdfs sees it', async () => {
    await withSandbox({ migrationDelay: 'never' }, async (sandbox) => {
      const bytes = randomBytes(300_000);
      const flags = async (): Promise<string> => {
        const { stdout } = await run('xrdfs', [sandbox.host, 'stat', '/archive/a/b c.h5']);
        return /Flags:.*\((.*)\)/.exec(stdout)?.[1] ?? '';
      };
      await upload(sandbox, 'a/b c.h5', bytes);
      assert.equal(await flags(), 'IsReadable|IsWritable');

      assert.equal(await sandbox.migrateAll(), 1);
      assert.equal(await flags(), 'IsReadable|IsWritable|BackUpExists');

      await sandbox.evict(['a/b c.h5']);
      assert.equal(await flags(), 'Offline|IsReadable|IsWritable|BackUpExists');
      await assert.rejects(download(sandbox, 'a/b c.h5'), hasCode('FSError'));

      await sandbox.stage(['a/b c.h5']);
      await until('online', async () => !(await flags()).includes('Offline'));
      assert.deepEqual(await download(sandbox, 'a/b c.h5'), bytes);
    });
  });

  it('answers checksums of an offline file, which takes no room on disk', async () => {
    await withSandbox({}, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1_000_000));
      const before = await client.queryChecksum('/archive/f', 'adler32');
      await sandbox.settle();
      await sandbox.evict(['f']);
      const stub = await stat(sandbox.diskPath('f'));
      assert.equal(stub.size, 1_000_000);
      // Its attributes may take a block.
      assert.ok(stub.blocks * 512 < 10_000, `${String(stub.blocks)} blocks`);
      assert.deepEqual(await client.queryChecksum('/archive/f', 'adler32'), before);
      assert.equal((await client.queryChecksum('/archive/f', 'crc32c')).type, 'crc32c');
      assert.equal((await client.stat('/archive/f')).size, 1_000_000);
    });
  });

  it('tells of a stub what tape has, also while its bytes are being taken away', async () => {
    await withSandbox({}, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1000));
      await sandbox.settle();
      await sandbox.evict(['f']);
      const before = await client.stat('/archive/f');
      await truncate(sandbox.diskPath('f'), 0);
      assert.deepEqual(await client.stat('/archive/f'), before);
      assert.ok(before.backUpExists && before.offline && before.size === 1000);
      const state = await sandbox.stateOf('f');
      assert.deepEqual([state?.size, state?.onTape, state?.offline], [1000, true, true]);
    });
  });

  it('is backed up no more when the file is written again, and follows rm and mv', async () => {
    await withSandbox({ migrationDelay: 'never' }, async (sandbox, client) => {
      for (const name of ['again', 'gone', 'dir/old']) await upload(sandbox, name, randomBytes(1000));
      assert.equal(await sandbox.migrateAll(), 3);

      await upload(sandbox, 'again', randomBytes(1000), true);
      assert.equal((await client.stat('/archive/again')).backUpExists, false);

      await client.rm('/archive/gone');
      assert.equal(existsSync(sandbox.tapePath('gone')), false);

      await sandbox.evict(['dir/old']);
      await client.mkdir('/archive/other');
      await client.mv('/archive/dir/old', '/archive/other/new');
      const moved = await client.stat('/archive/other/new');
      assert.deepEqual([moved.backUpExists, moved.offline], [true, true]);
      assert.equal(existsSync(sandbox.tapePath('dir/old')), false);
    });
  });

  it('takes an evicted file off the tape when it is overwritten', async () => {
    await withSandbox({ migrationDelay: 'never' }, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1000));
      await sandbox.migrateAll();
      await sandbox.evict(['f']);
      const bytes = randomBytes(500);
      await upload(sandbox, 'f', bytes, true);
      const state = await client.stat('/archive/f');
      assert.deepEqual([state.size, state.backUpExists, state.offline], [500, false, false]);
      assert.deepEqual(await download(sandbox, 'f'), bytes);
    });
  });

  it('migrates after its delay, evicts after migration, keeps empty files online', async () => {
    await withSandbox({ migrationDelay: [2, 2.1], evictAfterMigration: true }, async (sandbox, client) => {
      await upload(sandbox, 'full', randomBytes(1000));
      assert.equal((await client.stat('/archive/full')).backUpExists, false);
      await upload(sandbox, 'empty', Buffer.alloc(0));
      await sandbox.settle();
      const [full, empty] = await Promise.all([client.stat('/archive/full'), client.stat('/archive/empty')]);
      assert.deepEqual([full.backUpExists, full.offline], [true, true]);
      assert.deepEqual([empty.backUpExists, empty.offline], [true, false]);
    });
  });

  it('does not take a file to tape while it is written', async () => {
    await withSandbox({}, async (sandbox, client) => {
      await withTemp(async (directory) => {
        const source = join(directory, 'big');
        await writeFile(source, '');
        await truncate(source, 40_000_000);
        // 10 MB/s, in small chunks: it is open for seconds.
        const copies = new CopyProcess();
        copies.add({
          ...{
            source,
            target: `${sandbox.url}/big`,
            chunkSize: 1_000_000,
            parallelChunks: 1,
            xrate: 10_000_000,
          },
        });
        const copied = copies.run();
        await until(
          'begun',
          async () => (await sandbox.stateOf('big').catch(() => undefined))?.size !== undefined,
        );
        await sandbox.migrateAll();
        assert.deepEqual(sandbox.activity, []);
        assert.equal((await client.stat('/archive/big')).backUpExists, false);
        assert.equal((await copied)[0]?.error, undefined);
      });
      await sandbox.settle();
      assert.deepEqual(
        sandbox.activity.map(({ type, path }) => [type, path]),
        [['migrated', '/archive/big']],
      );
    });
  });

  it('takes a file to tape once, however many ask for it at the same time', async () => {
    await withSandbox({ migrationDelay: 'never' }, async (sandbox) => {
      await upload(sandbox, 'big', randomBytes(20_000_000));
      await Promise.all([sandbox.migrateAll(), sandbox.migrateAll()]);
      assert.deepEqual(
        sandbox.activity.map(({ type, path }) => [type, path]),
        [['migrated', '/archive/big']],
      );
    });
  });

  it('evicts a file once for two who ask at once', async () => {
    await withSandbox({ migrationDelay: 'never' }, async (sandbox) => {
      await writeFile(sandbox.diskPath('f'), 'bytes');
      await sandbox.migrateAll();
      await Promise.all([sandbox.evict(['f']), sandbox.evict(['f'])]);
      assert.equal((await sandbox.stateOf('f'))?.offline, true);
      assert.equal(sandbox.activity.filter(({ type }) => type === 'evicted').length, 1);
    });
  });

  it('is stopped at once, though many files are still to be evicted', async () => {
    const sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
    const names = Array.from({ length: 40 }, (_, index) => String(index));
    for (const name of names) await writeFile(sandbox.diskPath(name), name);
    await sandbox.migrateAll();
    const evicted = Promise.allSettled(names.map((name) => sandbox.evict([name])));
    await sandbox.stop();
    assert.equal((await evicted).at(-1)?.status, 'rejected');
    // Each that would still ask the server that is gone takes a second.
  });

  it('copes with thousands of files', async () => {
    await withSandbox({ migrationDelay: 0.05 }, async (sandbox, client) => {
      await withTemp(async (directory) => {
        const copies = new CopyProcess();
        for (let i = 0; i < 2000; i++) {
          const source = join(directory, String(i));
          await writeFile(source, `record ${String(i)}`);
          copies.add({ source, target: `${sandbox.url}/d${String(i % 20)}/${String(i)}` });
        }
        for (const result of await copies.run({ parallel: 16 })) assert.equal(result.error, undefined);
      });
      await sandbox.settle();
      assert.equal(sandbox.activity.length, 2000);
      assert.equal((await client.stat('/archive/d7/1987')).backUpExists, true);
    });
  });

  it('reports no tape at all with tapeFlags false', async () => {
    await withSandbox({ tapeFlags: false }, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1000));
      const state = await client.stat('/archive/f');
      assert.deepEqual([state.backUpExists, state.offline], [false, false]);
      await assert.rejects(sandbox.settle(), hasCode('WrongState'));
    });
  });
});

describe('TapeSandbox: prepare requests', () => {
  interface Response {
    path: string;
    path_exists: boolean;
    on_tape: boolean;
    online: boolean;
    requested: boolean;
    has_reqid: boolean;
    req_time: string;
    error_text: string;
  }
  async function query(client: FileSystem, id: string, paths: string[]): Promise<Response[]> {
    const answer = JSON.parse(await client.queryPrepare(id, paths)) as {
      request_id: string;
      responses: Response[];
    };
    assert.equal(answer.request_id, id);
    return answer.responses;
  }

  async function offline(sandbox: TapeSandbox, ...names: string[]): Promise<string[]> {
    for (const name of names) await upload(sandbox, name, randomBytes(1000));
    await sandbox.migrateAll();
    await sandbox.evict(names);
    return names.map((name) => `/archive/${name}`);
  }

  it('stages once, however often it is asked, and answers queries', async () => {
    await withSandbox(
      { migrationDelay: 'never', stageDelay: 3, mountDelay: 0.2 },
      async (sandbox, client) => {
        const paths = await offline(sandbox, 'one', 'two words');
        const started = Date.now();
        const first = await client.stage(paths, { priority: 2 });
        // xrootd runs the programs of two requests in no certain order.
        await until('the first seen', () => sandbox.prepares.length === 1);
        const second = await client.stage(paths);
        assert.notEqual(first, second);
        await until('both seen', () => sandbox.prepares.length === 2);

        const [one, two, missing] = await query(client, first, [...paths, '/archive/missing']);
        assert.deepEqual(
          [one?.path_exists, one?.on_tape, one?.online, one?.requested, one?.has_reqid, one?.error_text],
          [true, true, false, true, true, ''],
        );
        assert.match(one?.req_time ?? '', /^\d+$/);
        assert.equal(two?.path, '/archive/two words');
        assert.deepEqual([missing?.path_exists, missing?.online], [false, false]);
        assert.notEqual(missing?.error_text, '');

        await until('online', async () =>
          (await query(client, first, paths)).every((response) => response.online),
        );
        assert.ok(Date.now() - started >= 3200, 'mount and stage take their time');
        assert.equal((await query(client, first, paths))[0]?.requested, false);
        const staged = sandbox.activity.filter(({ type }) => type === 'staged').map(({ path }) => path);
        assert.deepEqual(staged.sort(), [...paths].sort());

        const stages = sandbox.prepares.filter(({ kind }) => kind === 'stage');
        assert.deepEqual(
          stages.map(({ requestId, priority }) => [requestId, priority]),
          [
            [first, 2],
            [second, 0],
          ],
        );
        assert.deepEqual(stages[0]?.paths, paths);
      },
    );
  });

  it('evicts on request, and cancels', async () => {
    await withSandbox({ migrationDelay: 'never', stageDelay: 3 }, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1000));
      await sandbox.migrateAll();
      await client.evict(['/archive/f']);
      await until('offline', async () => (await client.stat('/archive/f')).offline);

      const id = await client.stage(['/archive/f']);
      await until('requested', async () => (await sandbox.stateOf('f'))?.requested === true);
      await client.cancelStage(id, ['/archive/f']);
      await until('cancelled', async () => (await sandbox.stateOf('f'))?.requested === false);
      assert.equal((await query(client, id, ['/archive/f']))[0]?.has_reqid, false);
      await new Promise((resolve) => setTimeout(resolve, 3500));
      assert.equal((await client.stat('/archive/f')).offline, true);
    });
  });

  it('says why a file can not be staged; others are', async () => {
    await withSandbox({ migrationDelay: 'never', failStage: 'bad/**' }, async (sandbox, client) => {
      const paths = await offline(sandbox, 'bad/1', 'good/1');
      const id = await client.stage(paths);
      await until('good', async () => !(await client.stat('/archive/good/1')).offline);
      await until('failed', async () => (await sandbox.stateOf('bad/1'))?.stageError !== undefined);
      const [bad] = await query(client, id, paths);
      assert.deepEqual([bad?.online, bad?.requested], [false, false]);
      assert.notEqual(bad?.error_text, '');
    });
  });

  it('refuses more files than maxPrepareFiles in one request', async () => {
    await withSandbox({ maxPrepareFiles: 2 }, async (_sandbox, client) => {
      await assert.rejects(client.stage(['/archive/1', '/archive/2', '/archive/3']), XRootDError);
    });
  });

  it('loses none of many requests at once', async () => {
    await withSandbox({}, async (sandbox, client) => {
      await Promise.all(Array.from({ length: 50 }, (_, i) => client.stage([`/archive/${String(i)}`])));
      await until('all seen', () => sandbox.prepares.length === 50);
      assert.equal(new Set(sandbox.prepares.map(({ requestId }) => requestId)).size, 50);
    });
  });

  it('never writes the files of failMigration to tape, and settles all the same', async () => {
    await withSandbox({ failMigration: /\.tmp$/ }, async (sandbox, client) => {
      await upload(sandbox, 'f.tmp', randomBytes(10));
      await upload(sandbox, 'f', randomBytes(10));
      await sandbox.settle();
      assert.equal((await client.stat('/archive/f')).backUpExists, true);
      assert.equal((await client.stat('/archive/f.tmp')).backUpExists, false);
    });
  });
});

describe('TapeSandbox: corruption and a full buffer', () => {
  it('changes bytes behind the server, keeping size and time; the checksum tells', async () => {
    await withSandbox({ migrationDelay: 'never' }, async (sandbox, client) => {
      const bytes = randomBytes(1000);
      await upload(sandbox, 'f', bytes);
      await sandbox.migrateAll();
      const before = [
        await client.stat('/archive/f'),
        await client.queryChecksum('/archive/f', 'adler32'),
      ] as const;
      await sandbox.corrupt('f');
      const after = [
        await client.stat('/archive/f'),
        await client.queryChecksum('/archive/f', 'adler32'),
      ] as const;
      assert.deepEqual([after[0].size, after[0].mtime], [before[0].size, before[0].mtime]);
      assert.equal(after[0].backUpExists, true);
      assert.notEqual(after[1].value, before[1].value);

      const read = await download(sandbox, 'f');
      assert.equal(read.filter((byte, i) => byte !== bytes[i]).length, 1);
      assert.deepEqual(await readFile(sandbox.tapePath('f')), read);

      await sandbox.corrupt('f', { copy: 'disk', keepChecksums: true, offset: 0 });
      assert.deepEqual(await client.queryChecksum('/archive/f', 'adler32'), after[1]);
      await assert.rejects(sandbox.corrupt('missing'), hasCode('WrongState'));
    });
  });

  it('refuses uploads that do not fit with NoSpace, and takes them when there is room again', async () => {
    await withSandbox({ migrationDelay: 'never', bufferSize: 3_000_000 }, async (sandbox, client) => {
      await upload(sandbox, '1', randomBytes(2_000_000));
      await assert.rejects(upload(sandbox, '2', randomBytes(2_000_000)), hasCode('NoSpace'));
      await assert.rejects(client.stat('/archive/2'), hasCode('NotFound'));
      // dynamicSource: the client doesn't announce the size, so it fails in mid-write.
      await withTemp(async (directory) => {
        await writeFile(join(directory, 'f'), randomBytes(2_000_000));
        const copies = new CopyProcess();
        copies.add({ source: join(directory, 'f'), target: `${sandbox.url}/3`, dynamicSource: true });
        assert.equal((await copies.run())[0]?.error?.code, 'NoSpace');
      });
      await client.rm('/archive/3').catch(() => undefined);

      await sandbox.migrateAll();
      await sandbox.evict(['1']);
      await upload(sandbox, '2', randomBytes(2_000_000));

      // Staging waits for room, as tape systems do.
      await client.stage(['/archive/1']);
      await until('asked', async () => (await sandbox.stateOf('1'))?.requested === true);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal((await client.stat('/archive/1')).offline, true);
      await client.rm('/archive/2');
      await until('online', async () => !(await client.stat('/archive/1')).offline);

      await sandbox.restart();
      // A request on the connection that broke fails.
      await until('connected anew', () =>
        client
          .ping()
          .then(() => true)
          .catch(() => false),
      );
      await assert.rejects(upload(sandbox, '4', randomBytes(1_100_000)), hasCode('NoSpace'));
      await upload(sandbox, '5', randomBytes(900_000));
    });
  });
});

describe('TapeSandbox: the server', () => {
  it('listens on loopback only', async () => {
    await withSandbox({}, async (sandbox) => {
      const other = Object.values(networkInterfaces())
        .flat()
        .find((address) => address?.internal === false && address.family === 'IPv4');
      if (other === undefined) return;
      const socket = connect({ host: other.address, port: sandbox.port });
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNREFUSED');
    });
  });

  it('lets only loopback in where xrootd takes no socket over from us', async () => {
    await withTemp(async (directory) => {
      await chmod(directory, 0o755);
      const { stdout } = await run('sh', ['-c', 'command -v xrootd']);
      const xrootd = join(directory, 'xrootd');
      const script = `#!/bin/sh\nunset LISTEN_FDS LISTEN_PID\nexec ${stdout.trim()} "$@"\n`;
      await writeFile(xrootd, script, { mode: 0o755 });
      await withSandbox({ xrootd }, async (sandbox) => {
        const bytes = randomBytes(1000);
        await upload(sandbox, 'f', bytes);
        assert.deepEqual(await download(sandbox, 'f'), bytes);
        const { port } = sandbox;
        await sandbox.restart();
        assert.equal(sandbox.port, port);
      });
    });
  });

  it('is frozen and goes on, is killed and comes back on its port with its files', async () => {
    await withSandbox({}, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1000));
      sandbox.pause();
      await assert.rejects(client.stat('/archive/f', { timeout: 1 }), XRootDError);
      sandbox.resume();
      assert.equal((await client.stat('/archive/f')).size, 1000);

      const { pid, url } = sandbox;
      await sandbox.kill();
      assert.equal(sandbox.pid, undefined);
      await assert.rejects(client.stat('/archive/f', { timeout: 5 }), XRootDError);
      await sandbox.restart();
      assert.notEqual(sandbox.pid, pid);
      assert.equal(sandbox.url, url);
      assert.equal((await new FileSystem(`root://x@${sandbox.host}`).stat('/archive/f')).size, 1000);
      await sandbox.settle();
    });
  });

  it('runs twice side by side; stop removes everything and may be called again', async () => {
    const [first, second] = await Promise.all([TapeSandbox.start(), TapeSandbox.start()]);
    const directories = [first, second].map((sandbox) => dirname(sandbox.logFile));
    await upload(first, 'f', randomBytes(10));
    assert.equal(await second.stateOf('f'), undefined);
    assert.notEqual(first.port, second.port);
    const pids = [first.pid, second.pid];
    await Promise.all([first.stop(), second.stop()]);
    await first.stop();
    for (const directory of directories) {
      assert.equal(existsSync(directory), false);
      const siblings = await readdir(dirname(directory));
      assert.ok(!siblings.includes(basename(directory)));
    }
    for (const pid of pids) assert.throws(() => process.kill(pid ?? 0, 0), { code: 'ESRCH' });
    await assert.rejects(first.restart(), hasCode('NotRunning'));
  });

  it('gives a line for the configuration', async () => {
    await withSandbox({ basePath: '/eos/facility/' }, (sandbox) => {
      assert.equal(sandbox.url, `root://127.0.0.1:${String(sandbox.port)}//eos/facility`);
      assert.equal(sandbox.configSnippet(), `target_url: ${sandbox.url}`);
      return Promise.resolve();
    });
  });
});

describe('TapeSandbox: what can go wrong at the start', () => {
  const wrong: [string, SandboxOptions, string, RegExp][] = [
    [
      'no xrootd',
      { xrootd: 'no-such-xrootd' },
      'NotInstalled',
      /no-such-xrootd is not installed.*apt install/,
    ],
    [
      'a line that xrootd refuses',
      { extraConfig: ['oss.localroot'] },
      'StartFailed',
      /ended with status[^]*localroot/,
    ],
    ['an unknown option', { migrationdelay: 1 } as SandboxOptions, 'InvalidOption', /migrationdelay/],
    ['a negative delay', { stageDelay: -1 }, 'InvalidOption', /stageDelay: seconds/],
    ['a range the wrong way round', { mountDelay: [2, 1] }, 'InvalidOption', /mountDelay/],
    ['an empty buffer', { bufferSize: 0 }, 'InvalidOption', /bufferSize/],
    ['a base that is no path', { basePath: 'a b' }, 'InvalidOption', /basePath/],
    ['too many files', { maxPrepareFiles: 1025 }, 'InvalidOption', /1 to 1024/],
    [
      'a right that is none',
      { rights: { a: 'write' as 'read' } },
      'InvalidOption',
      /rights: a: none or read/,
    ],
    ['a right to what is outside', { rights: { '../a': 'read' } }, 'InvalidOption', /rights: \.\.\/a: a rel/],
    ['a write-once directory outside', { writeOnce: ['../a'] }, 'InvalidOption', /writeOnce: \.\.\/a: a rel/],
    ['no stage requests', { maxStageRequests: 0 }, 'InvalidOption', /maxStageRequests: .*1 to 10000/],
    ['no such directory', { directory: '/no/such/directory' }, 'InvalidOption', /can't write/],
  ];
  for (const [what, options, code, message] of wrong) {
    it(`${what}: ${code}`, async () => {
      await assert.rejects(TapeSandbox.start(options), (error: unknown) => {
        assert.ok(error instanceof SandboxError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('a port that is taken: StartFailed, and nothing is left', async () => {
    await using first = await TapeSandbox.start();
    await withTemp(async (directory) => {
      await assert.rejects(TapeSandbox.start({ port: first.port, directory }), hasCode('StartFailed'));
      assert.deepEqual(await readdir(directory), []);
      await rm(directory, { recursive: true });
    });
  });
});
