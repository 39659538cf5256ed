/** S5: an upload or a removal that was cancelled while the server let it wait, and what comes of it after that. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CopyProcess } from '../../lib/xrdcl/index.js';
import { AnsweringRelay, refused, waiting, type Decide } from '../support/answering_relay.js';
import { withArchive } from '../support/archive.js';
import { PlainServer } from '../support/plain_server.js';
import { until } from '../support/tape.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

/** Seconds: longer than a cancelled upload is waited for. */
const wait = 22;

describe('uploads that were given up while the server let them wait', function () {
  it('are not taken back when the server opens them at last', async function () {
    if (scaled('uploads that are given up', 0, 2) === 0) this.skip();
    const local = new TemporaryDirectory();
    const server = await PlainServer.start();
    try {
      const waits = new Set<string>();
      await using relay = await AnsweringRelay.start(server.url, ({ kind, paths: [path = ''] }) => {
        const [name = ''] = path.split('?', 1);
        if (kind !== 'open' || waits.has(name)) return undefined;
        waits.add(name);
        return waiting(wait);
      });
      const stop = new AbortController();
      const copies = new CopyProcess();
      copies.add({ source: local.write('small', 'small'), target: `${relay.url}//small`, sizeHint: 5 });
      copies.add({ source: local.sparse('large', 100 * 2 ** 20), target: `${relay.url}//large` });
      const running = copies.run({ parallel: 2, signal: stop.signal });
      await until(() => waits.size === 2);
      const aborted = performance.now();
      stop.abort();
      const results = await running;
      const seconds = (performance.now() - aborted) / 1000;
      assert.ok(seconds < wait, `${seconds} s`);
      assert.deepEqual(
        results.map(({ error, partialLeft }) => [error?.code, partialLeft]),
        Array.from({ length: 2 }, () => ['OperationInterrupted', true]),
      );
      await until(() => relay.requests.filter(({ kind }) => kind === 'close').length === 2);
      await until(() => existsSync(server.file('/small')) && existsSync(server.file('/large')));
      assert.ok(relay.requests.every(({ kind }) => kind !== 'rm'));
    } finally {
      await server.stop();
      local.remove();
    }
  });
});

/** A pass by way of the relay is stopped at the first request that `decide` lets wait; another one then removes the record. */
async function passAfterStopped(
  kind: 'close' | 'rm',
  { wait, part }: { wait: number; part?: number },
  last: Decide,
): Promise<void> {
  await withArchive({ migrationDelay: 'never' }, async ({ sandbox, cache, archive, pass }) => {
    const { host } = new URL(sandbox.url);
    const asked = () => relay.requests.filter((request) => request.kind === kind).length;
    await using relay = await AnsweringRelay.start(`root://${host}`, (request) => {
      if (request.kind !== kind) return undefined;
      return asked() === 1 ? waiting(wait) : last(request);
    });
    const local = join(cache, 'a');
    const bytes = randomBytes(20 * 2 ** 20);
    await writeFile(local, bytes);
    const remote = sandbox.diskPath('a');
    if (part !== undefined) {
      await writeFile(remote, bytes.subarray(0, part));
      await chmod(remote, 0o666);
      await utimes(remote, 1_700_000_000, 1_700_000_000);
    }
    const stop = new AbortController();
    const targetUrl = sandbox.url.replace(host, new URL(relay.url).host);
    const stopped = archive({ targetUrl, autoRemove: 'cached', catalogue: false }).backup({
      signal: stop.signal,
    });
    await until(() => asked() === 1);
    stop.abort();
    assert.equal((await stopped).interrupted, true);
    const report = await pass({ autoRemove: 'cached', catalogue: false });
    assert.deepEqual(report.failures, []);
    assert.deepEqual([existsSync(local), existsSync(remote)], [false, true]);
    await until(() => asked() === 2);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.ok(existsSync(remote), 'the only copy was removed');
  });
}

describe('the only copy of a record that a second pass removed from the cache', function () {
  it('stays when the close of an upload fails that the first pass has given up', async function () {
    if (scaled('uploads that are given up', 0, 1) === 0) this.skip();
    await passAfterStopped('close', { wait }, () => refused(3007, 'the close has failed'));
  });

  it('stays when the server ends the wait of a removal that the first pass had sent', async () => {
    await passAfterStopped('rm', { wait: 5, part: 1000 }, () => undefined);
  });
});
