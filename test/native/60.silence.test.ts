/** Servers that are dead, silent or frozen: everything ends, in time, as an error. */
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import {
  CopyProcess,
  FileSystem,
  XRootDError,
  type CopyJobOptions,
  type CopyResult,
} from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { blackHole, silentListener, type SilentPort } from '../support/silent.js';
import { TemporaryDirectory } from '../support/temporary.js';

const MiB = 2 ** 20;

/** Seconds: what the issue asks for. */
const mostToFail = 30;
/** The stream timeout of 10 s, looked at every second, and the try to remove what was begun. */
const mostToStop = 10 + 4;

interface Outcome {
  error: XRootDError | undefined;
  partialLeft?: boolean;
  /** From the moment of silence, or of the abort. */
  seconds: number;
}

class Clock {
  #started = performance.now();
  restart(): void {
    this.#started = performance.now();
  }
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}

interface CopyHooks {
  signal?: AbortSignal;
  /** Called once when 2 MiB have gone over. */
  onFlow?: () => void;
}

async function copy(job: CopyJobOptions, { signal, onFlow }: CopyHooks = {}): Promise<CopyResult> {
  const copies = new CopyProcess();
  copies.add({ xrate: 8 * MiB, ...job });
  let flows = false;
  const [result] = await copies.run({
    ...(signal && { signal }),
    onProgress: ({ bytes }) => {
      if (flows || bytes < 2 * MiB) return;
      flows = true;
      onFlow?.();
    },
  });
  assert.ok(result);
  return result;
}

describe('silence', () => {
  let local: TemporaryDirectory;
  let big: string;
  let tiny: string;
  let silent: SilentPort;
  let hole: SilentPort;
  const servers: PlainServer[] = [];
  const outcomes = new Map<string, Promise<Outcome>>();

  async function startServer(): Promise<PlainServer> {
    const server = await PlainServer.start({
      config: ['xrootd.chksum max 2 adler32 {dir}/sum'],
      programs: { sum: '#!/bin/sh\nexec sleep 100\n' },
    });
    servers.push(server);
    server.write('/big', '');
    truncateSync(server.file('/big'), 100 * MiB);
    return server;
  }

  async function ask(work: (clock: Clock) => Promise<unknown>): Promise<Outcome> {
    const clock = new Clock();
    try {
      await work(clock);
      return { error: undefined, seconds: clock.seconds };
    } catch (error) {
      assert.ok(error instanceof XRootDError, String(error));
      return { error, seconds: clock.seconds };
    }
  }

  async function transfer(work: (clock: Clock) => Promise<CopyResult>): Promise<Outcome> {
    const clock = new Clock();
    const { error, partialLeft } = await work(clock);
    return { error, partialLeft, seconds: clock.seconds };
  }

  const frozenInMidst = (direction: 'up' | 'down', abort: boolean) =>
    transfer(async (clock) => {
      const server = await startServer();
      const stop = new AbortController();
      const remote = server.urlOf(direction === 'up' ? '/new' : '/big');
      const job =
        direction === 'up'
          ? { source: big, target: remote }
          : { source: remote, target: local.file(`down${server.pid}`) };
      return await copy(job, {
        signal: stop.signal,
        onFlow: () => {
          server.freeze();
          clock.restart();
          if (abort) stop.abort();
        },
      });
    });

  /** Many small copies; the first that fails tells. */
  const smallInMidst = (direction: 'up' | 'down') =>
    transfer(async (clock) => {
      const server = await startServer();
      server.write('/tiny', 'tiny');
      const copies = new CopyProcess();
      for (let i = 0; i < 2000; i += 1) {
        const [source, target] =
          direction === 'up'
            ? [tiny, server.urlOf(`/small/${i}`)]
            : [server.urlOf('/tiny'), local.file(`small${server.pid}/${i}`)];
        copies.add({ source, target, sizeHint: 1 });
      }
      let done = 0;
      const stop = new AbortController();
      const results = await copies.run({
        ...{ parallel: 32, signal: stop.signal },
        onJobEnd: ({ error }) => {
          if (error !== undefined) stop.abort();
          if ((done += 1) !== 100) return;
          server.freeze();
          clock.restart();
        },
      });
      const failed = results.find(({ error }) => error && error.code !== 'OperationInterrupted');
      assert.ok(failed);
      return failed;
    });

  const frozenBefore = (work: (server: PlainServer) => Promise<CopyResult>) =>
    transfer(async (clock) => {
      const server = await startServer();
      server.freeze();
      clock.restart();
      return await work(server);
    });

  /** A request on a connection that exists, to a server that froze. */
  const askFrozen = (request: (fs: FileSystem) => Promise<unknown>) =>
    ask(async (clock) => {
      const server = await startServer();
      const fs = new FileSystem(server.url);
      await fs.ping();
      server.freeze();
      clock.restart();
      await request(fs);
    });

  const scenarios: Record<string, () => Promise<Outcome>> = {
    'an upload, frozen in its midst': () => frozenInMidst('up', false),
    'a download, frozen in its midst': () => frozenInMidst('down', false),
    'a new upload to a frozen server': () =>
      frozenBefore((server) => copy({ source: big, target: server.urlOf('/new') })),
    'a new download from a frozen server': () =>
      frozenBefore((server) => copy({ source: server.urlOf('/big'), target: local.file('new') })),
    'a copy from a server that freezes to another': () =>
      transfer(async (clock) => {
        const [from, to] = [await startServer(), await startServer()];
        return await copy(
          { source: from.urlOf('/big'), target: to.urlOf('/new') },
          {
            onFlow: () => {
              from.freeze();
              clock.restart();
            },
          },
        );
      }),
    'a stat, known connection, frozen': () => askFrozen((fs) => fs.stat('/big')),
    'a ping, known connection, frozen': () => askFrozen((fs) => fs.ping()),
    'a listing, known connection, frozen': () => askFrozen((fs) => fs.dirList('/').next()),
    'a prepare, known connection, frozen': () => askFrozen((fs) => fs.stage(['/big'])),
    'a checksum query, known connection, frozen': () => askFrozen((fs) => fs.queryChecksum('/big')),
    'a checksum query that the server is at when it freezes': () =>
      ask(async (clock) => {
        const server = await startServer();
        server.write('/summed', 'x');
        const sum = new FileSystem(server.url).queryChecksum('/summed');
        sum.catch(() => undefined);
        // It has begun when the server's program runs.
        await programRuns(server);
        server.freeze();
        clock.restart();
        await sum;
      }),
    'an upload during a checksum query, frozen': () =>
      transfer(async (clock) => {
        const server = await startServer();
        server.write('/summed', 'x');
        const sum = new FileSystem(server.url).queryChecksum('/summed');
        sum.catch(() => undefined);
        await programRuns(server);
        return await copy(
          { source: big, target: server.urlOf('/new') },
          {
            onFlow: () => {
              server.freeze();
              clock.restart();
            },
          },
        );
      }),
    'a stat, new connection, frozen': () =>
      ask(async (clock) => {
        const server = await startServer();
        server.freeze();
        clock.restart();
        await new FileSystem(server.url).stat('/');
      }),
    'a stat, listener that says nothing': () => ask(() => new FileSystem(silent.url).stat('/')),
    'an upload, listener that says nothing': () =>
      transfer(() => copy({ source: big, target: `${silent.url}//new` })),
    'a stat, black hole': () => ask(() => new FileSystem(hole.url).stat('/')),
    'an upload, black hole': () => transfer(() => copy({ source: big, target: `${hole.url}//new` })),
    'small uploads, frozen in their midst': () => smallInMidst('up'),
    'small downloads, frozen in their midst': () => smallInMidst('down'),
    'a small upload to a frozen server': () =>
      frozenBefore((server) => copy({ source: tiny, target: server.urlOf('/new'), sizeHint: 1, xrate: 0 })),
    'an upload, killed in its midst': () =>
      transfer(async (clock) => {
        const server = await startServer();
        return await copy(
          { source: big, target: server.urlOf('/new') },
          {
            onFlow: () => {
              clock.restart();
              void server.crash();
            },
          },
        );
      }),
    'a download, killed in its midst': () =>
      transfer(async (clock) => {
        const server = await startServer();
        return await copy(
          { source: server.urlOf('/big'), target: local.file('killed') },
          {
            onFlow: () => {
              clock.restart();
              void server.crash();
            },
          },
        );
      }),
  };

  const aborted: Record<string, () => Promise<Outcome>> = {
    'an upload': () => frozenInMidst('up', true),
    'a download': () => frozenInMidst('down', true),
    'a small upload that connects': () =>
      frozenBefore((server) =>
        copy(
          { source: tiny, target: server.urlOf('/new'), sizeHint: 1, xrate: 0 },
          { signal: AbortSignal.timeout(200) },
        ),
      ),
    'an upload that connects': () =>
      frozenBefore((server) =>
        copy({ source: big, target: server.urlOf('/new') }, { signal: AbortSignal.timeout(200) }),
      ),
    'a download that connects': () =>
      frozenBefore((server) =>
        copy({ source: server.urlOf('/big'), target: local.file('c') }, { signal: AbortSignal.timeout(200) }),
      ),
    'an upload to a black hole': () =>
      transfer(() => copy({ source: big, target: `${hole.url}//n` }, { signal: AbortSignal.timeout(200) })),
    'a copy whose checksum the server is at': () =>
      transfer(async (clock) => {
        const server = await startServer();
        const stop = new AbortController();
        const result = copy(
          {
            source: local.write('small', 'x'),
            target: server.urlOf('/new'),
            checkSumMode: 'end2end',
            checkSumType: 'adler32',
          },
          { signal: stop.signal },
        );
        await programRuns(server);
        server.freeze();
        clock.restart();
        stop.abort();
        return await result;
      }),
  };

  async function programRuns(server: PlainServer): Promise<void> {
    while (!server.runsProgram) await sleep(20);
  }

  before(async () => {
    local = new TemporaryDirectory();
    big = local.sparse('big', 100 * MiB);
    tiny = local.write('tiny', 'tiny');
    [silent, hole] = await Promise.all([silentListener(), blackHole()]);
    // All at once: each waits for seconds, and does nothing in them.
    for (const [name, start] of Object.entries(scenarios)) outcomes.set(name, start());
    for (const [name, start] of Object.entries(aborted)) outcomes.set(`${name}, aborted`, start());
    for (const outcome of outcomes.values()) outcome.catch(() => undefined);
  });

  after(async () => {
    await Promise.allSettled(outcomes.values());
    await Promise.all(servers.map((server) => server.stop()));
    silent.close();
    hole.close();
    local.remove();
  });

  describe(`is an error within ${mostToFail} s`, () => {
    for (const name of Object.keys(scenarios)) {
      it(name, async () => {
        const outcome = await outcomes.get(name);
        assert.ok(outcome);
        assert.ok(outcome.error, 'no error');
        assert.ok(outcome.error.isConnectionFailure, outcome.error.message);
        assert.ok(outcome.error.retryable);
        assert.ok(outcome.seconds < mostToFail, `${outcome.seconds} s`);
        report(name, outcome);
      });
    }
  });

  describe(`lets an aborted copy end within the stream timeout (${mostToStop} s with all)`, () => {
    for (const name of Object.keys(aborted)) {
      it(name, async () => {
        const outcome = await outcomes.get(`${name}, aborted`);
        assert.ok(outcome);
        assert.equal(outcome.error?.code, 'OperationInterrupted');
        assert.ok(outcome.seconds < mostToStop, `${outcome.seconds} s`);
        report(`${name}, aborted`, outcome);
      });
    }

    it('and says that a part of an upload is left', async () => {
      assert.equal((await outcomes.get('an upload, aborted'))?.partialLeft, true);
      assert.equal((await outcomes.get('a download, aborted'))?.partialLeft, false);
    });
  });

  describe('of another kind', () => {
    it('a closed port is an error at once', async () => {
      const { error, seconds } = await ask(() => new FileSystem('root://127.0.0.1:1').stat('/'));
      assert.equal(error?.code, 'ConnectionError');
      assert.ok(seconds < 10, `${seconds} s`);
    });

    it('an unknown host too', async () => {
      const { error } = await ask(() => new FileSystem('root://no-such-host.invalid').stat('/'));
      assert.equal(error?.code, 'InvalidAddr');
      assert.equal(error.retryable, false);
    });

    it('a host that failed is asked again: no half hour of silence', async () => {
      const server = await startServer();
      const fs = new FileSystem(server.url);
      await fs.ping();
      server.freeze();
      await assert.rejects(fs.stat('/', { timeout: 1 }), XRootDError);
      server.thaw();
      await fs.stat('/');
    });
  });

  function report(name: string, { error, seconds, partialLeft }: Outcome): void {
    if (process.env['FIGURES'] === undefined) return;
    console.log(`      ${seconds.toFixed(1)} s ${error?.code}${partialLeft ? ', part left' : ''}: ${name}`);
  }
});
