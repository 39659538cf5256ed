import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { checksumFile, RateLimit, readChecksum, XRootDError } from '../../lib/xrdcl/index.js';
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

describe('checksum of a file on a server, read back', function () {
  this.timeout(60_000);
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
        assert.deepEqual(await readChecksum(server.urlOf('/f'), type), expected);
        const rateLimit = new RateLimit(1e9);
        assert.deepEqual(await readChecksum(server.urlOf('/f'), type, { rateLimit }), expected);
      }
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
        assert.equal(error.code, 'DataError');
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

  it('refuses what is no type, and what is no file on a server', () => {
    assert.throws(() => void readChecksum(server.urlOf('/f'), 'md5' as 'crc32c'), RangeError);
    for (const url of ['/f', server.url, `http://127.0.0.1//f`, `${server.url}//f\n`])
      assert.throws(() => void readChecksum(url, 'crc32c'), TypeError, url);
  });
});
