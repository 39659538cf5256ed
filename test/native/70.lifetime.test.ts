/** Processes that end in the midst of work: with their own exit code, no signal, no word on standard error. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { runChild, type ChildEnd, type ChildOptions } from '../support/child.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

/** How often each is run; races don't show the first time. LIFETIME_REPEATS is for who looks for one. */
const repeats = Number(process.env['LIFETIME_REPEATS'] ?? scaled('times', 1, 6));
const atOnce = 3;

interface Expected {
  code?: number;
  signal?: NodeJS.Signals;
  stderr?: RegExp;
  nodeOptions?: string[];
}

const onPurpose = /on purpose/;

const matrix: Record<string, Expected> = {
  'exit in mid-upload': { code: 7 },
  'exit in mid-download': { code: 7 },
  'exit as copies start': { code: 7 },
  'exit as uploads wait for a rate limit': { code: 7 },
  'exit as downloads wait for a rate limit': { code: 7 },
  'exit in a storm of small uploads': { code: 7 },
  'exit in a storm of small downloads': { code: 7 },
  'exit as small copies start': { code: 7 },
  'exit as files get their names': { code: 7 },
  'exit as files are written': { code: 7 },
  'exit as files are written piece by piece': { code: 7 },
  'exit in a storm of stats': { code: 7 },
  'exit in a storm of stats, at once': { code: 7 },
  'exit with many stats asked for as one': { code: 7 },
  'exit in mid-listing': { code: 7 },
  'exit in mid-checksum': { code: 7 },
  'exit as files are read back': { code: 7 },
  'exit as reading back waits for a rate limit': { code: 7 },
  'end by itself': {},
  'end by itself, having only loaded': {},
  'an exception in mid-copy': { code: 1, stderr: onPurpose },
  'an exception in a listener': { code: 1, stderr: onPurpose },
  'an unhandled rejection': { code: 1, stderr: onPurpose },
  'three workers in a row': {},
  'two workers at once, and the main thread': {},
  'a worker ended in mid-copy': {},
  'a worker ended as copies wait for a rate limit': {},
  'a worker ended in a storm of stats': {},
  'a worker ended in a storm of small copies': {},
  'a worker ended as it writes files': {},
  'a worker ended as it writes a file piece by piece': {},
  'a worker ended as it reads files back': {},
  'a worker ended as reading back waits for a rate limit': {},
  'a worker that exits in mid-copy': {},
  'exit while a worker copies': { code: 7 },
  'objects collected while they work': { nodeOptions: ['--expose-gc'] },
};

describe('lifetime', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  let large: string;

  async function startServer(): Promise<PlainServer> {
    const started = await PlainServer.start();
    started.mkdir('/d');
    started.write('/small', 'small');
    started.write('/large', '');
    truncateSync(started.file('/large'), 2 ** 30);
    return started;
  }

  before(async () => {
    server = await startServer();
    server.mkdir('/many');
    for (let i = 0; i < 3000; i += 1) writeFileSync(server.file(`/many/${i}`), '');
    local = new TemporaryDirectory();
    large = local.sparse('large', 2 ** 30);
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  const run = (scenario: string, of: PlainServer, options?: ChildOptions) =>
    runChild('lifetime', [scenario, of.url, String(of.pid), large], options);

  function check(end: ChildEnd, { code = 0, signal, stderr }: Expected): void {
    assert.deepEqual(
      [end.code, end.signal],
      [signal === undefined ? code : null, signal ?? null],
      end.stderr + end.stdout,
    );
    if (stderr === undefined) assert.equal(end.stderr, '');
    else assert.match(end.stderr, stderr);
  }

  async function repeat(times: number, work: () => Promise<void>): Promise<void> {
    let left = times;
    const one = async () => {
      while (left > 0) {
        left -= 1;
        await work();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  for (const [scenario, expected] of Object.entries(matrix)) {
    it(`${scenario} (${repeats} times)`, () =>
      repeat(repeats, async () => {
        check(await run(scenario, server, { nodeOptions: expected.nodeOptions ?? [] }), expected);
      }));
  }

  for (const scenario of ['a signal in mid-copy', 'a signal in a storm of stats']) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`${scenario}: ${signal} (${repeats} times)`, () =>
        repeat(repeats, async () => {
          const end = await run(scenario, server, {
            onOutput: (_, kill) => {
              kill(signal);
            },
          });
          check(end, { signal });
        }));
    }
  }

  it(`the addon in workers only (${repeats} times)`, () =>
    repeat(repeats, async () => {
      check(await runChild('worker_only', [server.url, large]), {});
    }));

  for (const scenario of [
    'exit at a frozen server, copying',
    'exit at a frozen server, copying small files',
    'exit at a frozen server, asking',
  ]) {
    it(`${scenario}: within 5 s, with its own code`, () =>
      repeat(atOnce, async () => {
        const frozen = await startServer();
        try {
          let exiting = Infinity;
          const end = await run(scenario, frozen, {
            onOutput: () => {
              exiting = performance.now();
            },
          });
          check(end, { code: 7 });
          const seconds = (performance.now() - exiting) / 1000;
          assert.ok(seconds < 5, `${seconds} s`);
        } finally {
          await frozen.stop();
        }
      }));
  }

  it('the server is none the worse', async () => {
    check(await run('end by itself', server), {});
  });
});
