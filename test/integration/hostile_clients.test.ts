/** The HTTP listener, asked by those who want something else of it than numbers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { resolveOptions } from '../../lib/config/index.js';
import { Monitor } from '../../lib/service/monitor.js';
import { plain, StatusServer } from '../../lib/service/status_server.js';
import { keepingLogger } from '../support/archive.js';
import { failure, finished } from '../support/reports.js';
import { scaled } from '../support/tier.js';

const nasty = `"><img src=x onerror=alert(1)></td><script>alert('2')</script>&lt;`;

async function withMonitor(
  use: (port: number, monitor: Monitor) => Promise<void>,
  host?: string,
): Promise<void> {
  const http = { port: 0, ...(host !== undefined && { host }) };
  const options = {
    cacheDirectory: `/cache${nasty}`,
    targetUrl: `root://host//base${nasty.replace('?', '')}`,
    http,
  };
  const monitor = new Monitor(() => resolveOptions(options), keepingLogger().logger);
  await monitor.start();
  try {
    await use(Number(new URL(monitor.url ?? assert.fail('nothing listens')).port), monitor);
  } finally {
    await monitor.stop();
  }
}

interface Answered {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

async function asked(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answered> {
  const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: false });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

/** All that comes until the other side closes. */
async function raw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end(bytes);
  let came = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (came += piece));
  await once(socket, 'close');
  return came;
}

describe('the HTTP listener and hostile clients', () => {
  it('each answer forbids frames, guesses of its type, copies, and other sites', async () => {
    await withMonitor(async (port) => {
      for (const path of ['/', '/status', '/metrics', '/healthz', '/no'])
        for (const method of ['GET', 'HEAD', 'POST']) {
          const { headers } = await asked(port, path, {}, method);
          assert.match(
            String(headers['content-security-policy']),
            /default-src 'none'.*frame-ancestors 'none'/,
          );
          assert.deepEqual(
            ['x-frame-options', 'x-content-type-options', 'referrer-policy', 'cache-control'].map(
              (name) => headers[name],
            ),
            ['DENY', 'nosniff', 'no-referrer', 'no-store'],
          );
          assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
          assert.equal(headers['access-control-allow-origin'], undefined);
        }
    });
  });

  it('on loopback, a name that another site has made lead here gets nothing', async () => {
    await withMonitor(async (port) => {
      for (const host of [
        'evil.example',
        `evil.example:${port}`,
        'localhost.evil.example',
        '127.0.0.1.evil.example',
        'a@b',
      ])
        for (const path of ['/', '/status', '/metrics']) {
          const { status, body } = await asked(port, path, { host });
          assert.equal(status, 421, host);
          assert.doesNotMatch(body, /cache|base/);
        }
      for (const host of [
        'localhost',
        `LOCALHOST:${port}`,
        `127.0.0.1:${port}`,
        '[::1]',
        `[::1]:${port}`,
        '192.0.2.7:80',
      ])
        assert.equal((await asked(port, '/status', { host })).status, 200, host);
    });
    await withMonitor(async (port) => {
      // Bound to all addresses: a client by loopback is treated so all the same; nobody knows this machine's other names.
      assert.equal((await asked(port, '/status', { host: 'evil.example' })).status, 421);
    }, '0.0.0.0');
  });

  it('no path reaches a file, whatever it is', async () => {
    await withMonitor(async (port) => {
      const known = new Set(['/', '/status', '/metrics', '/healthz']);
      const part = fc.constantFrom(
        '..',
        '.',
        '%2e%2e',
        '%2f',
        '\\',
        '/',
        'etc',
        'passwd',
        'proc',
        'self',
        'environ',
        'status',
        '%00',
        '#',
        '?',
        '__proto__',
      );
      await fc.assert(
        fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
          const path = `/${parts.join('/')}`;
          const { status, body } = await asked(port, path);
          const isKnown = known.has(path.replace(/\?.*$/s, ''));
          assert.equal(status, isKnown ? 200 : 404, path);
          assert.doesNotMatch(body, /root:x:0|PATH=/);
        }),
        { numRuns: scaled('paths', 100, 1000) },
      );
    });
  });

  it('odd and long requests end in an answer or a closed connection', async () => {
    await withMonitor(async (port) => {
      const head = (line: string, more = '') => `${line}\r\nHost: localhost\r\n${more}\r\n`;
      for (const [bytes, status] of [
        [head(`GET /${'a'.repeat(100_000)} HTTP/1.1`), 431],
        [head('GET / HTTP/1.1', `X: ${'a'.repeat(100_000)}\r\n`), 431],
        [head('GET / HTTP/9.9'), 400],
        [head('BREW / HTTP/1.1'), 400],
        [head('GET http://localhost/status HTTP/1.1', 'Connection: close\r\n'), 404],
        [head('TRACE /status HTTP/1.1', 'Connection: close\r\n'), 405],
        ['GET / HTTP/1.1\r\n\r\n', 400],
        [head('GET / HTTP/1.1', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'), 400],
        [Buffer.alloc(1000, 0), 400],
      ] as const)
        assert.match(
          await raw(port, bytes),
          new RegExp(`^HTTP/1.1 ${status} `),
          bytes.toString().slice(0, 60),
        );
      assert.equal(await raw(port, head('CONNECT localhost:22 HTTP/1.1')), '');
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
          await raw(port, Buffer.from(bytes));
        }),
        { numRuns: scaled('requests of random bytes', 50, 1000) },
      );
      assert.equal((await asked(port, '/healthz')).status, 200);
    });
  });

  it('who is slow is sent away, and then others are answered', async () => {
    const routes = { '/': () => plain(200, 'here'), '/large': () => plain(200, 'x'.repeat(50_000_000)) };
    const config = { host: '127.0.0.1', port: 0 };
    const server = new StatusServer({ config, logger: keepingLogger().logger, routes, patience: 300 });
    await server.start();
    const port = Number(new URL(server.url ?? '').port);
    try {
      const slow: Socket[] = [];
      for (let i = 0; i < 64; i++) {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined);
        await once(socket, 'connect');
        // Silent, begun, one header at a time, a body without end, or an answer that isn't read.
        if (i % 5 === 1) socket.write('GET / HT');
        if (i % 5 === 2) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
        if (i % 5 === 3)
          socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
        if (i % 5 === 4) socket.pause().write('GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n');
        else socket.resume();
        slow.push(socket);
      }
      // The headers of these never end.
      const drip = setInterval(() => {
        for (const [i, socket] of slow.entries()) if (i % 5 === 2) socket.write(`X-${i}: 1\r\n`);
      }, 50);
      const late = performance.now() + 30_000;
      let body = '';
      while (body === '' && performance.now() < late)
        body = await asked(port, '/').then(
          (answer) => answer.body,
          () => '',
        );
      clearInterval(drip);
      assert.equal(body, 'here\n');
      for (const socket of slow) socket.destroy();
    } finally {
      await server.stop();
    }
  });

  it('no name, code, text or value of the configuration becomes markup', async () => {
    await withMonitor(async (port, monitor) => {
      const failures = [{ ...failure(nasty), code: nasty, message: nasty }];
      const error = { path: nasty, code: nasty, message: nasty };
      monitor.hear(finished({ failed: 1, failures, error, warnings: [nasty] }));
      const page = (await asked(port, '/')).body;
      assert.ok(page.includes('onerror'));
      assert.doesNotMatch(page, /<img|<script>alert|<\/td><script/);
      // Nothing but the page's own tags.
      const tags = new Set(
        [...page.matchAll(/<\/?([a-z!][a-z0-9]*)/gi)].map(([, tag]) => tag?.toLowerCase()),
      );
      for (const tag of tags)
        assert.match(
          tag ?? '',
          /^(!doctype|html|head|meta|title|noscript|style|body|main|h[12]|p|time|table|thead|tbody|tr|th|td|script|section|meter|progress|strong|ul|li|a|form|input|button|code|span)$/,
        );
      assert.equal([...page.matchAll(/<script/g)].length, 1);
      const { headers, body } = await asked(port, '/status');
      assert.match(headers['content-type'] ?? '', /^application\/json/);
      assert.equal(
        (JSON.parse(body) as { passes: { error: { code: string } }[] }).passes[0]?.error.code,
        nasty,
      );
    });
  });
});
