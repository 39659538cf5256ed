/** An upload that was cancelled while the server let it wait, and is opened after it was given up. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { CopyProcess } from '../../lib/xrdcl/index.js';
import { AnsweringRelay, waiting } from '../support/answering_relay.js';
import { PlainServer } from '../support/plain_server.js';
import { until } from '../support/tape.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

/** Seconds: longer than a cancelled upload is waited for. */
const wait = 22;

describe('uploads that were given up while the server let them wait', function () {
  this.timeout(120_000);

  it('leave nothing there when the server opens them at last', async function () {
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
      const removed = () => relay.requests.filter(({ kind }) => kind === 'rm').map(({ text }) => text);
      await until(() => removed().length === 2);
      await until(() => !existsSync(server.file('/small')) && !existsSync(server.file('/large')));
    } finally {
      await server.stop();
      local.remove();
    }
  });
});
