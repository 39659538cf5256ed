import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { FileSystem } from '../../lib/xrdcl/index.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

interface Started {
  owner: ChildProcess;
  nextLine: () => Promise<string>;
  pid: number;
  directory: string;
  /** Waited for from the start: it may end in the turn in which its line comes. */
  ended: Promise<unknown[]>;
}

const sandbox = new URL('../../lib/sandbox/index.js', import.meta.url).href;

/** A process of its own that starts a sandbox, tells where it is, and runs `then`. */
async function startOwner(then: string, options = '{}'): Promise<Started> {
  const program = `
    import { dirname } from 'node:path';
    import { TapeSandbox } from ${JSON.stringify(sandbox)};
    const sandbox = await TapeSandbox.start(${options});
    console.log(JSON.stringify({ pid: sandbox.pid, directory: dirname(sandbox.logFile) }));
    ${then}`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', then.includes('throw') ? 'ignore' : 'inherit'],
  });
  const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => String((await lines.next()).value);
  const ended = once(owner, 'exit');
  const line = await Promise.race([
    nextLine(),
    ended.then(() => assert.fail('the owner ended before its sandbox was there')),
  ]);
  return { owner, nextLine, ended, ...(JSON.parse(line) as { pid: number; directory: string }) };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone({ pid, directory }: Started): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (isRunning(pid) || existsSync(directory)) {
    if (Date.now() > deadline)
      assert.fail(`left: ${isRunning(pid) ? `process ${String(pid)} ` : ''}${directory}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Processes that ask for checksums. */
function helpersOf(owner: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return parent === String(owner) && words.some((word) => word.endsWith('checksum_process.js'));
      } catch {
        return false; // it has ended
      }
    })
    .map(Number);
}

describe('TapeSandbox: nothing outlives its owner', () => {
  const ends: [string, string, (started: Started) => void][] = [
    ['is killed by SIGKILL', '', ({ owner }) => owner.kill('SIGKILL')],
    ['is interrupted', '', ({ owner }) => owner.kill('SIGINT')],
    [
      'exits without stop()',
      "process.stdin.on('data', () => process.exit(3));",
      ({ owner }) => owner.stdin?.write('x'),
    ],
    [
      'throws',
      "process.stdin.on('data', () => { throw new Error('as asked'); });",
      ({ owner }) => owner.stdin?.write('x'),
    ],
    [
      'is killed after somebody removed the directory',
      '',
      ({ owner, directory }) => {
        rmSync(directory, { recursive: true });
        owner.kill('SIGKILL');
      },
    ],
    ['is killed while the server is frozen', 'sandbox.pause();', ({ owner }) => owner.kill('SIGKILL')],
  ];
  for (const [how, then, end] of ends) {
    it(`when it ${how}`, async () => {
      const started = await startOwner(then);
      assert.ok(isRunning(started.pid));
      const { ended } = started;
      end(started);
      await ended;
      await untilGone(started);
    });
  }

  for (const [how, end] of [
    ['stops', ({ owner }: Started) => owner.stdin?.write('x')],
    ['is killed by SIGKILL', ({ owner }: Started) => owner.kill('SIGKILL')],
  ] as const) {
    it(`not even the process that has its key, when it ${how}`, async () => {
      const started = await startOwner(
        `import { writeFileSync } from 'node:fs';
         writeFileSync(sandbox.diskPath('f'), 'bytes');
         await sandbox.migrateAll();
         await sandbox.evict(['f']);
         console.log('evicted');
         process.stdin.once('data', () => sandbox.stop().then(() => process.stdin.destroy()));`,
        "{ sss: true, migrationDelay: 'never' }",
      );
      await started.nextLine();
      const [helper, ...more] = helpersOf(started.owner.pid ?? 0);
      assert.ok(helper !== undefined && more.length === 0);
      const { ended } = started;
      end(started);
      await ended;
      await untilGone(started);
      await untilGone({ ...started, pid: helper });
    });
  }

  it('lets its owner end by itself after stop()', async () => {
    const started = await startOwner('await sandbox.stop();');
    const [code] = (await started.ended) as [number];
    assert.equal(code, 0);
    await untilGone(started);
  });

  it('costs nothing while nothing happens', async () => {
    const started = await startOwner(
      `const before = process.cpuUsage();
       setTimeout(() => { const { user, system } = process.cpuUsage(before); console.log(user + system); }, 2000);`,
      "{ migrationDelay: 'never' }",
    );
    const microseconds = await started.nextLine();
    started.owner.kill('SIGKILL');
    assert.ok(Number(microseconds) < 60_000, `${microseconds} µs of 2 s`);
    await untilGone(started);
  });
});

describe('TapeSandbox: what its server has started', () => {
  const variable = 'XROOTD_ARCHIVE_SANDBOX_PROGRAMS';
  const before = process.env[variable];
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, variable);
    else process.env[variable] = before;
  });

  it('ends with it, so that its port is free again', async () => {
    await withTemp(async (directory) => {
      // xrootd runs as another user.
      chmodSync(directory, 0o777);
      const started = join(directory, 'started');
      process.env[variable] = directory;
      const program = join(directory, 'tape_prepare');
      writeFileSync(
        program,
        `#!/bin/sh\necho $$ > '${started}.new'; mv '${started}.new' '${started}'; sleep 600\n`,
      );
      await using sandbox = await TapeSandbox.start();
      const { pid: server, host } = sandbox;
      await new FileSystem(`root://${host}`).stage(['/archive/a']);
      await until(() => existsSync(started));
      const pid = Number(readFileSync(started, 'utf8'));
      assert.equal(statOf(pid)?.session, server, 'it is of the session of its server');
      await sandbox.kill();
      // Nobody may have taken note of its end yet.
      assert.ok([undefined, 'Z'].includes(statOf(pid)?.state), 'it has ended');
      await sandbox.restart();
      assert.equal(sandbox.host, host);
    });
  });
});

describe('a sandbox whose port somebody else has got after its end', () => {
  /** Restarts it while the port is held for so long. */
  async function restartAfter(sandbox: TapeSandbox, milliseconds: number): Promise<void> {
    await sandbox.kill();
    const other = createServer().listen(sandbox.port, '127.0.0.1');
    await once(other, 'listening');
    const timer = setTimeout(() => other.close(), milliseconds);
    try {
      await sandbox.restart();
    } finally {
      clearTimeout(timer);
      other.close();
    }
  }

  it('comes back on it when it is free again', async () => {
    await using sandbox = await TapeSandbox.start();
    const { host } = sandbox;
    await restartAfter(sandbox, 1000);
    assert.equal(sandbox.host, host);
    await new FileSystem(`root://${host}`).stat('/archive');
  });

  it('says so if it is still taken after ten seconds', async () => {
    await using sandbox = await TapeSandbox.start();
    const begun = performance.now();
    await assert.rejects(restartAfter(sandbox, 60_000), {
      code: 'StartFailed',
      log: /address already in use/i,
    });
    assert.ok(performance.now() - begun >= 10_000);
  });
});

function statOf(pid: number): { state: string; session: number } | undefined {
  if (!isRunning(pid)) return undefined;
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const [state = '', , , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, session: Number(session) };
}
