/** The listener of a service, asked by HTTP. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { resolveOptions } from '../../lib/config/index.js';
import type { JobEvent } from '../../lib/jobs/events/events.js';
import { Monitor } from '../../lib/service/monitor.js';
import type { Status } from '../../lib/service/status_board.js';
import { plain, StatusServer } from '../../lib/service/status_server.js';
import { keepingLogger, withArchive } from '../support/archive.js';
import { closedPort } from '../support/ports.js';
import { parseExposition, type Exposition } from '../support/prometheus.js';
import { failure, finished, started } from '../support/reports.js';

const options = { cacheDirectory: '/cache', targetUrl: 'root://host//base', http: { port: 0 } };

async function withMonitor(use: (url: string, monitor: Monitor) => Promise<void>): Promise<void> {
  const monitor = new Monitor(() => resolveOptions(options), keepingLogger().logger);
  await monitor.start();
  try {
    await use(monitor.url ?? assert.fail('nothing listens'), monitor);
  } finally {
    await monitor.stop();
  }
}

const statusOf = async (url: string) => (await (await fetch(`${url}/status`)).json()) as Status;

/** Once somebody answers there; fails after ten seconds. */
async function answered(url: string): Promise<string> {
  const late = performance.now() + 10_000;
  for (;;) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (performance.now() > late) throw error;
      await wait(10);
    }
  }
}

describe('the HTTP listener', () => {
  it('is on loopback, and not there unless it is asked for', async () => {
    await withMonitor((url) => {
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
      return Promise.resolve();
    });
    const { http: _, ...without } = options;
    const monitor = new Monitor(() => resolveOptions(without), keepingLogger().logger);
    await monitor.start();
    assert.equal(monitor.url, undefined);
    await monitor.stop();
  });

  it('shows a pass while it runs, and what it did', async () => {
    await withArchive({}, async ({ archive }) => {
      // Slow enough to be looked at.
      const [size, maxRate] = [4_000_000, 2_000_000];
      const watched = archive({ http: { port: 0 }, autoRemove: 'never', maxRate });
      const monitor = new Monitor(() => watched.config, keepingLogger().logger);
      watched.onAny(monitor.hear);
      await monitor.start();
      const url = monitor.url ?? '';
      const metrics = async () => parseExposition(await (await fetch(`${url}/metrics`)).text());
      try {
        await watched.put('slow', Buffer.alloc(size, 'x'));
        let looked: Promise<[Status, Exposition]> | undefined;
        watched.on('progress', ({ copying }) => {
          if (copying > 0) looked ??= Promise.all([statusOf(url), metrics()]);
        });
        await watched.backup();
        const [during, counting] = (await looked) ?? assert.fail('no copy was seen');
        const [current] = during.running;
        assert.deepEqual([current?.job, current?.progress?.copying], ['backup', 1]);
        assert.equal(counting.value('xrootd_archive_copies_in_flight'), 1);
        assert.equal(counting.value('xrootd_archive_pass_running', { kind: 'backup' }), 1);
        const { running, passes, usage } = await statusOf(url);
        assert.deepEqual([running, passes[0]?.outcome, passes[0]?.copied], [[], 'ok', 1]);
        assert.ok(usage !== null && usage.total > 0);
        const { value } = await metrics();
        assert.equal(value('xrootd_archive_files_total', { result: 'copied' }), 1);
        assert.equal(value('xrootd_archive_bytes_total', { result: 'copied' }), size);
        assert.equal(value('xrootd_archive_passes_total', { kind: 'backup', outcome: 'ok' }), 1);
        assert.equal(value('xrootd_archive_copies_in_flight'), 0);
        assert.ok((value('xrootd_archive_cache_bytes', { state: 'total' }) ?? 0) > 0);
        assert.ok((value('process_resident_memory_bytes') ?? 0) > 1e7);
      } finally {
        await monitor.stop();
      }
    });
  });

  it('tells the next pass, and that one is late', async () => {
    await withMonitor(async (url, monitor) => {
      const health = async () => {
        const answer = await fetch(`${url}/healthz`);
        return [answer.status, await answer.text()];
      };
      assert.deepEqual(await health(), [200, 'ok\n']);
      const at = (seconds: number): JobEvent => ({
        ...{
          type: 'pass:scheduled',
          job: 'backup',
          late: false,
          at: new Date(Date.now() + seconds * 1000).toISOString(),
        },
      });
      const soon = at(60);
      monitor.hear(soon);
      assert.deepEqual((await statusOf(url)).planned, [{ job: 'backup', at: 'at' in soon && soon.at }]);
      assert.deepEqual(await health(), [200, 'ok\n']);
      monitor.hear(at(-3600));
      assert.equal((await health())[0], 503);
      monitor.hear(started());
      assert.equal((await health())[0], 200);
    });
  });

  it('shows a pass that could not begin, and one that lost its server once', async () => {
    await withMonitor(async (url, monitor) => {
      const failed: JobEvent = {
        type: 'pass:failed',
        job: 'backup',
        code: 'EACCES',
        message: 'no cache',
      };
      const error = { path: '', code: 'ConnectionError', message: 'lost' };
      monitor.hear(failed);
      for (const event of [started(), finished({ error }), { ...failed, ...error }] as JobEvent[])
        monitor.hear(event);
      monitor.hear(failed);
      monitor.hear({ type: 'pass:scheduled', job: 'backup', at: new Date().toISOString(), late: false });
      monitor.hear(failed);
      const { passes } = await statusOf(url);
      assert.deepEqual(
        passes.map((pass) => pass.error?.code),
        ['EACCES', 'ConnectionError', 'EACCES'],
      );
    });
  });

  it('serves a page whose only script is the one that its policy names', async () => {
    await withMonitor(async (url, monitor) => {
      monitor.hear(finished({ failed: 1, failures: [failure('<b>')] }));
      const answer = await fetch(url);
      const page = await answer.text();
      assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const policy = answer.headers.get('content-security-policy') ?? '';
      for (const tag of ['script', 'style']) {
        const inline = [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))];
        assert.equal(inline.length, 1);
        const hash = createHash('sha256')
          .update(inline[0]?.[1] ?? '')
          .digest('base64');
        assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), policy);
      }
      assert.doesNotMatch(page, / on\w+=| style=|src=|<b>/);
      assert.match(page, /&lt;b&gt;/);
    });
  });

  it('only reads, and only what there is', async () => {
    await withMonitor(async (url) => {
      for (const path of ['/no', '/status/', '/__proto__', '/constructor'])
        assert.equal((await fetch(url + path)).status, 404);
      assert.equal((await fetch(`${url}/status?x=1`)).status, 200);
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const answer = await fetch(`${url}/status`, { method });
        assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD']);
      }
      const head = await fetch(`${url}/`, { method: 'HEAD' });
      assert.ok(head.status === 200 && Number(head.headers.get('content-length')) > 1000);
      assert.equal(await head.text(), '');
    });
  });

  it('ends at once, whoever is still connected', async () => {
    await withMonitor(async (url, monitor) => {
      const idle = connect(Number(new URL(url).port), '127.0.0.1');
      idle.on('error', () => undefined);
      await new Promise((resolve) => idle.once('connect', resolve));
      idle.write('GET / HTTP/1.1\r\n');
      const begun = performance.now();
      await monitor.stop();
      assert.ok(performance.now() - begun < 10_000);
      await assert.rejects(fetch(url));
    });
  });

  it('is taken over by another service once the first one has ended', async () => {
    const config = { host: '127.0.0.1', port: await closedPort() };
    const { logger, lines } = keepingLogger();
    const named = (name: string) =>
      new StatusServer({ config, logger, tryAgain: 10, routes: { '/': () => plain(200, name) } });
    const [first, second] = [named('first'), named('second')];
    await first.start();
    await second.start();
    try {
      assert.equal(second.url, undefined);
      assert.ok(lines.some(({ message }) => message.endsWith('is in use; it is tried again')));
      assert.equal(await answered(first.url ?? ''), 'first\n');
      await first.stop();
      assert.equal(await answered(`http://127.0.0.1:${config.port}`), 'second\n');
    } finally {
      await second.stop();
    }
  });

  it('tells an address that it can’t have', async () => {
    const config = { host: '192.0.2.1', port: 0 };
    const server = new StatusServer({ config, logger: keepingLogger().logger, routes: {} });
    await assert.rejects(server.start(), { code: 'EADDRNOTAVAIL' });
    await server.stop();
  });

  it('answers 500 to what fails, with the reason in the log alone', async () => {
    const { logger, lines } = keepingLogger();
    const routes = { '/': () => Promise.reject(new Error('broken')) };
    const server = new StatusServer({ config: { host: '127.0.0.1', port: 0 }, logger, routes });
    await server.start();
    try {
      const answer = await fetch(server.url ?? '');
      assert.equal(answer.status, 500);
      assert.doesNotMatch(await answer.text(), /broken/);
      assert.ok(lines.some(({ level, message }) => level === 'error' && message.includes('broken')));
    } finally {
      await server.stop();
    }
  });
});
