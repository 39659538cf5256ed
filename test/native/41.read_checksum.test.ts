import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { renameSync, truncateSync, utimesSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { checksumFile } from '../../lib/posix/index.js';
import { FileSystem, RateLimit, readChecksum, statOpened, XRootDError } from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

const MiB = 2 ** 20;

/** Does something before the second piece is asked for: the file is open by then. */
class Between extends RateLimit {
  #pieces = 0;
  readonly #task: () => Promise<void> | void;

  constructor(task: () => Promise<void> | void) {
    super(1e9);
    this.#task = task;
  }

  override async take(bytes: number, signal?: AbortSignal): Promise<void> {
    this.#pieces += 1;
    if (this.#pieces === 2) await this.#task();
    await super.take(bytes, signal);
  }
}

describe('checksum of a file on a server, read back', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  before(async () => {
    // It has no checksums of its own: none are needed.
    server = await PlainServer.start();
    local = new TemporaryDirectory();
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  for (const size of [0, 1, 4095, MiB - 1, MiB, MiB + 1, 4 * MiB, 4 * MiB + 1, 9 * MiB])
    it(`of ${size} bytes`, async () => {
      const bytes = randomBytes(size);
      server.write('/f', bytes);
      const path = local.write('f', bytes);
      for (const type of ['adler32', 'crc32c'] as const) {
        const expected = await checksumFile(path, { type });
        for (const options of [{}, { rateLimit: new RateLimit(1e9) }]) {
          const { opened, ...sum } = await readChecksum(server.urlOf('/f'), type, options);
          assert.deepEqual(sum, expected);
          assert.equal(opened.size, size);
        }
      }
    });

  it('tells what the open file is: on an xrootd the same as its path', async () => {
    const files = new FileSystem(server.url);
    for (const [name, size] of [
      ['/empty', 0],
      ['/small', 1],
      ['/large', 9 * MiB],
    ] as const) {
      server.write(name, randomBytes(size));
      utimesSync(server.file(name), 1_000_000_000, 1_000_000_000.5);
      const { id, mtime } = await files.stat(name);
      assert.notEqual(id, '');
      const expected = { id, size, mtime };
      assert.deepEqual((await readChecksum(server.urlOf(name), 'crc32c')).opened, expected);
      assert.deepEqual(await statOpened(server.urlOf(name)), expected);
    }
  });

  it('tells of the file that it reads, also when another has its path by then', async () => {
    const old = randomBytes(9 * MiB);
    server.write('/replaced', old);
    const { id } = await new FileSystem(server.url).stat('/replaced');
    const rateLimit = new Between(() => {
      renameSync(server.file('/replaced'), server.file('/replaced.old'));
      server.write('/replaced', randomBytes(9 * MiB));
    });
    const { opened, value } = await readChecksum(server.urlOf('/replaced'), 'crc32c', { rateLimit });
    assert.equal(opened.id, id);
    assert.equal(value, (await checksumFile(server.file('/replaced.old'), { type: 'crc32c' })).value);
    assert.notEqual((await statOpened(server.urlOf('/replaced'))).id, id);
  });

  it('a look at what is open fails as reading does', async () => {
    await assert.rejects(statOpened(server.urlOf('/missing')), { name: 'XRootDError', code: 'NotFound' });
    assert.throws(() => void statOpened('/f'), TypeError);
    server.write('/frozen', 'f');
    const stop = new AbortController();
    server.freeze();
    const look = statOpened(server.urlOf('/frozen'), { signal: stop.signal });
    stop.abort(new Error('enough'));
    server.thaw();
    await assert.rejects(look, /enough/);
  });

  it('of many at once', async () => {
    const bytes = randomBytes(70_000);
    const path = local.write('g', bytes);
    const { value } = await checksumFile(path, { type: 'crc32c' });
    server.write('/g', bytes);
    const sums = await Promise.all(
      Array.from({ length: 500 }, () => readChecksum(server.urlOf('/g'), 'crc32c')),
    );
    assert.ok(sums.every((sum) => sum.value === value && sum.bytes === 70_000));
  });

  it('moves no faster than it may', async () => {
    server.write('/r', Buffer.alloc(9 * MiB));
    const started = performance.now();
    await readChecksum(server.urlOf('/r'), 'crc32c', { rateLimit: new RateLimit(9 * MiB) });
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds > 0.8, `${seconds} s`);
  });

  it('of a missing file: NotFound; of a directory: an error, too', async () => {
    await assert.rejects(readChecksum(server.urlOf('/missing'), 'crc32c'), (error: unknown) => {
      assert.ok(error instanceof XRootDError);
      assert.deepEqual([error.code, error.operation], ['NotFound', 'read back']);
      return true;
    });
    server.mkdir('/directory');
    await assert.rejects(readChecksum(server.urlOf('/directory'), 'crc32c'), XRootDError);
  });

  it('of a file that gets shorter meanwhile: an error, no checksum', async () => {
    server.write('/shrinks', Buffer.alloc(12 * MiB));
    const rateLimit = new Between(() => {
      truncateSync(server.file('/shrinks'), 5 * MiB);
    });
    await assert.rejects(
      readChecksum(server.urlOf('/shrinks'), 'crc32c', { rateLimit }),
      (error: unknown) => {
        assert.ok(error instanceof XRootDError);
        // xrootd ends the connection: it has announced more bytes than it has.
        assert.equal(error.code, 'SocketError');
        assert.ok(error.retryable);
        return true;
      },
    );
  });

  it('aborted: the reason, before and while it waits', async () => {
    server.write('/a', Buffer.alloc(9 * MiB));
    await assert.rejects(async () => {
      await readChecksum(server.urlOf('/a'), 'crc32c', { signal: AbortSignal.abort(new Error('early')) });
    }, /early/);
    const stop = new AbortController();
    const rateLimit = new RateLimit(2 ** 16);
    const reading = readChecksum(server.urlOf('/a'), 'crc32c', { signal: stop.signal, rateLimit });
    setImmediate(() => {
      stop.abort(new Error('enough'));
    });
    await assert.rejects(reading, /enough/);
  });

  it('of a server that is killed meanwhile: an error', async () => {
    const other = await PlainServer.start();
    try {
      other.write('/k', Buffer.alloc(12 * MiB));
      const rateLimit = new Between(() => other.crash());
      await assert.rejects(readChecksum(other.urlOf('/k'), 'crc32c', { rateLimit }), XRootDError);
    } finally {
      await other.stop();
    }
  });

  it('of a server that comes back meanwhile: an error, and nothing of what has the path by then', async () => {
    const other = await PlainServer.start();
    try {
      other.write('/back', Buffer.alloc(12 * MiB, 1));
      const rateLimit = new Between(async () => {
        await other.crash();
        renameSync(other.file('/back'), other.file('/back.old'));
        other.write('/back', Buffer.alloc(12 * MiB, 2));
        await other.restart();
      });
      await assert.rejects(readChecksum(other.urlOf('/back'), 'crc32c', { rateLimit }), (error: unknown) => {
        assert.ok(error instanceof XRootDError && error.isConnectionFailure, String(error));
        return true;
      });
    } finally {
      await other.stop();
    }
  });

  it('refuses what is no type, and what is no file on a server', () => {
    assert.throws(() => void readChecksum(server.urlOf('/f'), 'sha1' as 'crc32c'), RangeError);
    for (const url of ['/f', server.url, `http://127.0.0.1//f`, `${server.url}//f\n`])
      assert.throws(() => void readChecksum(url, 'crc32c'), TypeError, url);
  });
});
