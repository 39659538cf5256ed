/**
 * Whose threads the work runs on: a bounded number of our own, never libuv's; and how long they make others wait. Nothing
 * else runs beside this file (scripts/test/plan.mjs).
 */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import { checksumFile } from '../../lib/posix/index.js';
import { CopyProcess, FileSystem } from '../../lib/xrdcl/index.js';
import { runChild } from '../support/child.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

const MiB = 2 ** 20;
const threads = () => readdirSync('/proc/self/task').length;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

describe('threads', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  let large: string;
  before(async () => {
    server = await PlainServer.start();
    server.mkdir('/d');
    local = new TemporaryDirectory();
    large = local.sparse('large', 20 * 1024 * MiB);
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  it('while 24 copies and 40 checksums run, node:fs answers, and the threads are bounded', async () => {
    const stop = new AbortController();
    const { signal } = stop;
    await new FileSystem(server.url).ping();
    const before_ = threads();
    const copies = new CopyProcess();
    for (let i = 0; i < 24; i += 1) {
      copies.add({ source: large, target: server.urlOf(`/d/${i}`), xrate: MiB });
    }
    const flowing = new Set<number>();
    let allFlow = (): void => undefined;
    const flow = new Promise<void>((resolve) => (allFlow = resolve));
    const run = copies.run({
      parallel: 24,
      signal,
      onProgress: ({ index }) => {
        flowing.add(index);
        if (flowing.size === 24) allFlow();
      },
    });
    await flow;
    const sums = Array.from({ length: 40 }, () => checksumFile(large, { signal }).catch(() => undefined));
    const times: number[] = [];
    let most = 0;
    for (let i = 0; i < 50; i += 1) {
      const asked = performance.now();
      await stat(large);
      times.push(performance.now() - asked);
      most = Math.max(most, threads());
    }
    stop.abort();
    await Promise.all([run, ...sums]);
    // glibc's AIO, with which libXrdCl reads local files, has up to 16 of its own, and notifies on further ones.
    assert.ok(most - before_ <= 24 + 8 + 16 + 24, `${most - before_} more`);
    assert.ok(median(times) < 100, `${median(times)} ms`);
  });

  it('the event loop stays free while data flow', async () => {
    const source = local.sparse('flowing', 50 * MiB);
    const copies = new CopyProcess();
    for (let i = 0; i < 3; i += 1) copies.add({ source, target: server.urlOf(`/d/large${i}`) });
    const delays: number[] = [];
    const state = { copying: true };
    const watch = (async () => {
      while (state.copying) {
        const due = performance.now() + 5;
        await sleep(5);
        delays.push(performance.now() - due);
      }
    })();
    const results = await copies.run({ parallel: 3, progressPerSecond: 100 });
    state.copying = false;
    await watch;
    assert.ok(results.every(({ error }) => error === undefined));
    assert.equal(statSync(server.file('/d/large0')).size, 50 * MiB);
    assert.ok(median(delays) < 20, `${median(delays)} ms`);
  });

  it('more copies than threads wait for their turn', async () => {
    const source = local.write('small', 'small');
    const runs = Array.from({ length: 3 }, async (_, run) => {
      const copies = new CopyProcess();
      for (let i = 0; i < 100; i += 1) copies.add({ source, target: server.urlOf(`/d/run${run}-${i}`) });
      return await copies.run({ parallel: 100 });
    });
    const results = (await Promise.all(runs)).flat();
    assert.equal(results.length, 300);
    assert.ok(results.every(({ error }) => error === undefined));
    assert.ok(threads() < 200, `${threads()} threads`);
  });

  it('stand back behind the event loop: ours, and those that libXrdCl starts', async function () {
    if (process.platform !== 'linux') this.skip();
    const { code, stdout, stderr } = await runChild('niceness', [server.url, local.write('any', 'bytes')]);
    assert.equal(code, 0, stderr);
    const { before, after } = JSON.parse(stdout) as { before: number[]; after: number[] };
    const [mine] = before;
    assert.ok(mine !== undefined && before.every((nice) => nice === mine), stdout);
    // A sender, a thread for each kind of copy, and libXrdCl's own.
    assert.ok(after.length > 5 && after.every((nice) => nice === mine + 10), stdout);
  });
});
