/** The directory that retention makes for a moment on an online server: it goes again, or its URL is told. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseTarget } from '../../lib/config/index.js';
import { SeparateServers } from '../../lib/jobs/separation/separate_servers.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { keepingLogger } from '../support/archive.js';
import { PlainServer } from '../support/plain_server.js';
import { Relay } from '../support/relay.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

interface Marking {
  server: PlainServer;
  relay: Relay;
  store: XRootDStore;
  /** What was told of marks that were left. */
  left: string[];
  mark: (task: () => Promise<string>, signal?: AbortSignal) => Promise<string>;
}

/** The server is behind a relay, and has the mark as `/base/mark`. */
async function withMarking(use: (on: Marking) => Promise<void>): Promise<void> {
  const server = await PlainServer.start();
  const relay = await Relay.start(server.url);
  try {
    server.mkdir('/base');
    const store = new XRootDStore(parseTarget(`${relay.url}//base`), { request: 10, checksum: 10 });
    const left: string[] = [];
    const onLeft = (url: string, why: unknown) => void left.push(`${url}: ${String(why)}`);
    const mark: Marking['mark'] = (task, signal) => store.mark('mark', task, { onLeft, signal });
    await use({ server, relay, store, left, mark });
  } finally {
    relay.stop();
    await server.stop();
  }
}

describe('a mark', () => {
  it('is there during the task, and gone after it', async () => {
    await withMarking(async ({ server, left, mark }) => {
      const task = () => Promise.resolve(existsSync(server.file('/base/mark')) ? 'there' : 'not there');
      assert.equal(await mark(task), 'there');
      assert.ok(!existsSync(server.file('/base/mark')));
      await assert.rejects(
        mark(() => Promise.reject(new Error('a task'))),
        /a task/,
      );
      assert.ok(!existsSync(server.file('/base/mark')));
      assert.deepEqual(left, []);
    });
  });

  it('goes when the pass is aborted before the server has answered that it is made', async () => {
    await withMarking(async ({ server, relay, left, mark }) => {
      const stop = new AbortController();
      relay.holdAfter('/base/mark', 'answers');
      const marking = mark(() => Promise.resolve('done'), stop.signal);
      await until(() => existsSync(server.file('/base/mark')));
      stop.abort(new Error('enough'));
      relay.release();
      await assert.rejects(marking, /enough/);
      assert.ok(!existsSync(server.file('/base/mark')));
      assert.deepEqual(left, []);
    });
  });

  it('nothing is asked for after an abort', async () => {
    await withMarking(async ({ left, mark }) => {
      await assert.rejects(
        mark(() => Promise.resolve('done'), AbortSignal.abort(new Error('early'))),
        /early/,
      );
      assert.deepEqual(left, []);
    });
  });

  it('that can’t be removed is told with its URL, and what the task came to is kept', async () => {
    await withMarking(async ({ server, relay, left, mark }) => {
      const task = () => {
        server.write('/base/mark/x', 'somebody’s');
        return Promise.resolve('done');
      };
      assert.equal(await mark(task), 'done');
      assert.equal(left.length, 1);
      assert.ok(left[0]?.startsWith(`${relay.url}//base/mark: XRootDError: rmdir `), left.join());
    });
  });

  it('of retention: the log names it', async () => {
    await withMarking(async ({ server, relay, store }) => {
      server.mkdir('/base/d');
      const { logger, lines } = keepingLogger();
      const place = `${relay.url}//base`;
      const separate = new SeparateServers({
        ...{ online: store, place, targetUrl: 'root://target//base', logger },
        target: {
          list: (...query) => store.list(...query),
          stat: () => Promise.resolve(null),
          surroundings: () => Promise.resolve([]),
          statMany: async (names) => {
            server.write(`/base/${names[0] ?? ''}/x`, 'somebody’s');
            return await Promise.resolve(names.map(() => null));
          },
        },
        signal: new AbortController().signal,
      });
      await separate.prove('d');
      assert.equal(lines.length, 1);
      assert.equal(lines[0]?.level, 'warn');
      assert.match(lines[0].message, /base\/d\/\.xrootd-archive\.mark\.[0-9a-f]{24}/);
    });
  });
});
