/** What a bad line does to copies: bytes that arrive changed are noticed, on the way to the server and on the way back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { environment } from '../../lib/xrdcl/index.js';
import { assertAddsUp, recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { bytesOf, writeRecord } from '../support/records.js';
import { RoughLine, type LineFault } from '../support/rough_line.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

describe('a rough line', () => {
  /** What an echo sends back through a line with this fault, until the connection ends or so many bytes have come. */
  async function echoed(fault: LineFault | undefined, sent: Buffer, enough = sent.length): Promise<Buffer> {
    const echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    using line = await RoughLine.start(`root://127.0.0.1:${(echo.address() as AddressInfo).port}`);
    if (fault !== undefined) line.arm(fault);
    const socket = connect(Number(new URL(line.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const pieces: Buffer[] = [];
    let come = 0;
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      come += piece.length;
      if (come >= enough) socket.destroy();
    });
    socket.write(sent);
    await closed;
    echo.close();
    return Buffer.concat(pieces);
  }
  const sent = bytesOf('sent', 200_000);

  it('passes all as it is', async () => {
    assert.ok((await echoed(undefined, sent)).equals(sent));
  });

  for (const direction of ['requests', 'answers'] as const) {
    it(`garbles the bytes that are named, of ${direction}`, async () => {
      const come = await echoed({ kind: 'garble', direction, at: 70_001, by: 100_000 }, sent);
      const changed = [...come.keys()].filter((at) => come[at] !== sent[at]);
      assert.deepEqual(changed, [70_001, 170_001]);
    });

    it(`cuts at the byte that is named, of ${direction}`, async () => {
      const come = await echoed({ kind: 'cut', direction, at: 70_001 }, sent);
      assert.ok(come.length <= 70_001);
      if (direction === 'answers') assert.equal(come.length, 70_001);
      assert.ok(come.equals(sent.subarray(0, come.length)));
    });

    it(`passes all after a delay, or slowly, of ${direction}`, async () => {
      assert.ok((await echoed({ kind: 'delay', direction, at: 0, by: 5 }, sent)).equals(sent));
      assert.ok((await echoed({ kind: 'throttle', direction, at: 0, by: 1_000_000 }, sent)).equals(sent));
    });

    it(`swallows all from the byte that is named, of ${direction}`, async () => {
      const come = await echoed({ kind: 'swallow', direction, at: 70_001 }, sent, 70_001);
      assert.ok(come.equals(sent.subarray(0, 70_001)));
    });
  }
});

describe('a line that garbles or breaks', () => {
  // Seconds instead of ten: what a garbled answer leaves is a server that seems to be silent.
  before(() => environment.put('StreamTimeout', 3));

  const MiB = 2 ** 20;
  /** One is copied by `CopyProcess`, two by `File`. */
  const recordsOf = (directory: string): [name: string, size: number][] => [
    [`${directory}/large`, 2 * MiB],
    [`${directory}/small`, 200_000],
    [`${directory}/tiny`, 100],
  ];
  const all = recordsOf('all');
  const options = { requestTimeoutSeconds: 3, retryAttempts: 2, autoRemove: 'cached' } as const;
  // What a broken connection left on the server counts as unfinished at once.
  const later = { ...options, unfinishedAfterSeconds: 0 };

  async function onLine(use: (bench: Bench, line: RoughLine, targetUrl: string) => Promise<void>) {
    await withSharedArchive(async (bench) => {
      const { host, pathname } = new URL(bench.sandbox.url);
      using line = await RoughLine.start(`root://${host}`);
      await use(bench, line, `${line.url}/${pathname}`);
    });
  }

  /** Each is in the cache, or was removed from it and is on the server. */
  async function nothingLost({ cache, sandbox }: Bench, records: typeof all): Promise<void> {
    const local = await recordsIn(cache);
    for (const [name, size] of records) {
      const path = local.includes(name) ? join(cache, name) : sandbox.diskPath(name);
      assert.ok((await readFile(path)).equals(bytesOf(name, size)), path);
    }
  }

  /** Bytes of a direction: the first hundreds are logins and stats, most of the rest is data. */
  const places = {
    requests: [60, 500, 2000, 150_000, MiB, 2 * MiB],
    answers: [60, 300, 500, 1000, 1500, 2000],
  };

  const most = scaled('places of a fault', 3, 6);

  for (const kind of ['garble', 'cut'] as const)
    for (const direction of ['requests', 'answers'] as const)
      it(`loses nothing of a pass and restores nothing wrong: ${kind} in ${direction}`, async () => {
        await onLine(async (bench, line, targetUrl) => {
          for (const at of places[direction].slice(-most)) {
            const records = recordsOf(String(at));
            for (const [name, size] of records) await writeRecord(bench.cache, name, size);
            line.arm({ kind, direction, at, by: 3 * MiB });
            const archive = bench.archive({ ...options, targetUrl });
            const report = await archive.backup().catch((error: unknown) => {
              assert.ok(error instanceof Error);
            });
            await nothingLost(bench, records);
            assert.equal(line.disarm() > 0, true, `nothing happened at ${at}`);
            if (report) assertAddsUp(report);
            if (report && report.failed + report.conflicts + report.kept === 0)
              assert.deepEqual(await recordsIn(bench.cache), []);

            // What a garbled line left on the server is a conflict by S4: somebody has to remove it.
            for (const [name, size] of records) {
              const path = bench.sandbox.diskPath(name);
              const there = await readFile(path).catch(() => undefined);
              if (there?.equals(bytesOf(name, size)) === false) await rm(path);
            }
            const next = await bench.pass({ ...later, targetUrl });
            assert.deepEqual([next.failures, await recordsIn(bench.cache)], [[], []]);
            await nothingLost(bench, records);

            await withTemp(async (to) => {
              line.arm({ kind, direction, at, by: 3 * MiB });
              const restored = await archive.restore([String(at)], { to }).catch(() => undefined);
              line.disarm();
              for (const [name, size] of records) {
                const come = await readFile(join(to, name)).catch(() => undefined);
                if (come) assert.ok(come.equals(bytesOf(name, size)), `${name}: wrong bytes restored`);
                else
                  assert.ok(
                    restored === undefined || restored.failed > 0,
                    `${name}: nobody says that it isn't here`,
                  );
              }
            });
          }
        });
      });

  it('throttled and delayed, all arrives', async () => {
    await onLine(async (bench, line, targetUrl) => {
      for (const [name, size] of all) await writeRecord(bench.cache, name, size);
      for (const fault of [
        { kind: 'delay', direction: 'answers', at: 0, by: 20 },
        { kind: 'throttle', direction: 'requests', at: 0, by: 2_000_000 },
      ] as const) {
        line.arm(fault);
        const report = await bench.pass({ ...options, targetUrl, autoRemove: 'never' });
        assert.deepEqual(report.failures, []);
        assert.ok(line.disarm() > 0);
      }
      await nothingLost(bench, all);
      await access(bench.sandbox.diskPath('all/large'));
    });
  });

  it('swallows answers: the pass ends by itself, and says that the server is silent', async () => {
    await onLine(async (bench, line, targetUrl) => {
      for (const [name, size] of all) await writeRecord(bench.cache, name, size);
      line.arm({ kind: 'swallow', direction: 'answers', at: 100 });
      await assert.rejects(bench.pass({ ...options, retryAttempts: 1, targetUrl }));
      await until(() => line.happened > 0);
      line.disarm();
      assert.deepEqual((await bench.pass({ ...options, targetUrl })).failures, []);
      await nothingLost(bench, all);
    });
  });
});
