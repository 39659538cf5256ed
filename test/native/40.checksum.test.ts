import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { padChecksum } from '../../lib/posix/checksum.js';
import { checksumFile, checksumTypes } from '../../lib/posix/index.js';
import { copyFile, FileSystem, readChecksum, XRootDError } from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

function adler32(data: Uint8Array): string {
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return (b * 65_536 + a).toString(16).padStart(8, '0');
}

const crc32cTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0x82f63b78 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32c(data: Uint8Array): string {
  let c = 0xffffffff;
  for (const byte of data) c = (crc32cTable[(c ^ byte) & 255] ?? 0) ^ (c >>> 8);
  return ((c ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

const known: [text: string, adler: string, crc: string][] = [
  ['', '00000001', '00000000'],
  ['a', '00620062', 'c1d04330'],
  ['123456789', '091e01de', 'e3069283'],
];

describe('checksum of local files', () => {
  let local: TemporaryDirectory;
  before(() => {
    local = new TemporaryDirectory();
  });
  after(() => {
    local.remove();
  });

  for (const [text, adler, crc] of known) {
    it(`of ${JSON.stringify(text)}, leading zeros kept`, async () => {
      const file = local.write('known', text);
      const bytes = text.length;
      assert.deepEqual(await checksumFile(file), { type: 'adler32', value: adler, bytes });
      assert.deepEqual(await checksumFile(file, { type: 'crc32c' }), { type: 'crc32c', value: crc, bytes });
    });
  }

  it('of any range of any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2000 }),
        fc.nat(2500),
        fc.nat(2500),
        async (data, offset, length) => {
          const file = local.write('any', data);
          const part = data.subarray(offset, offset + length);
          const adler = await checksumFile(file, { offset, length });
          assert.deepEqual(adler, { type: 'adler32', value: adler32(part), bytes: part.length });
          const crc = await checksumFile(file, { type: 'crc32c', offset, length });
          assert.deepEqual(crc, { type: 'crc32c', value: crc32c(part), bytes: part.length });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of more than one piece', async () => {
    const data = randomBytes(1_000_003);
    const file = local.write('pieces', data);
    assert.equal((await checksumFile(file)).value, adler32(data));
    assert.equal((await checksumFile(file, { type: 'crc32c' })).value, crc32c(data));
  });

  // The vectors of a processor work in steps of 32 bytes, 173 of them at once.
  it('of any number of steps, with the largest sums that there can be', async () => {
    const random = randomBytes(12_000);
    const full = Buffer.alloc(12_000, 255);
    const steps = [1, 2, 172, 173, 174, 346, 347].flatMap((count) =>
      [-1, 0, 1].map((more) => 32 * count + more),
    );
    for (const [name, data] of Object.entries({ random, full })) {
      const file = local.write('steps', data);
      for (const length of steps)
        for (const offset of [0, 1, 31]) {
          const { value } = await checksumFile(file, { offset, length });
          assert.equal(value, adler32(data.subarray(offset, offset + length)), `${name} ${offset} ${length}`);
        }
    }
    const large = Buffer.alloc(20_000_000, 255);
    assert.equal((await checksumFile(local.write('large', large))).value, adler32(large));
  });

  it('of a range beyond 4 GiB', async () => {
    const file = local.file('huge');
    const fd = openSync(file, 'w');
    ftruncateSync(fd, 5 * 2 ** 30);
    writeSync(fd, 'hello', 5 * 2 ** 30);
    closeSync(fd);
    const sum = await checksumFile(file, { offset: 5 * 2 ** 30 - 100 });
    assert.deepEqual(sum, {
      type: 'adler32',
      value: adler32(Buffer.concat([Buffer.alloc(100), Buffer.from('hello')])),
      bytes: 105,
    });
  });

  it('of an open file, wherever its position is, also when it is closed meanwhile', async () => {
    const data = randomBytes(3_000_000);
    const handle = await open(local.write('open', data));
    await handle.read(Buffer.alloc(10), 0, 10);
    const sum = checksumFile(handle);
    await handle.close();
    assert.equal((await sum).value, adler32(data));
  });

  it('many at once', async () => {
    const data = randomBytes(100_000);
    const file = local.write('many', data);
    const sums = await Promise.all(Array.from({ length: 200 }, () => checksumFile(file)));
    assert.deepEqual(new Set(sums.map(({ value }) => value)), new Set([adler32(data)]));
  });

  it('leaves no descriptor open once it has resolved', async function () {
    if (process.platform !== 'linux') this.skip();
    const file = local.write('closed', randomBytes(1000));
    const leftOpen = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === file;
        } catch {
          return false; // the descriptor by which the directory was read
        }
      });
    for (let i = 0; i < 20; i += 1) await checksumFile(file);
    assert.deepEqual(leftOpen(), []);
  });

  it('fails with the system’s error', async () => {
    await assert.rejects(checksumFile(local.file('nothing')), { code: 'ENOENT' });
    mkdirSync(local.file('directory'));
    await assert.rejects(checksumFile(local.file('directory')), { code: 'EISDIR', syscall: 'pread' });
    const handle = await open(local.write('closed', ''));
    await handle.close();
    await assert.rejects(checksumFile(handle), { code: 'EBADF' });
  });

  it('does not follow a symbolic link, nor wait for a writer of a pipe', async () => {
    symlinkSync(local.write('real', 'x'), local.file('link'));
    await assert.rejects(checksumFile(local.file('link')), { code: 'ELOOP' });
    execFileSync('mkfifo', [local.file('pipe')]);
    await assert.rejects(checksumFile(local.file('pipe')), { code: 'ESPIPE' });
  });

  it('refuses nonsense', async () => {
    const file = local.write('x', 'x');
    for (const offset of [-1, 1.5, NaN, 2 ** 53])
      await assert.rejects(checksumFile(file, { offset }), RangeError);
    for (const length of [-1, 1.5, NaN]) await assert.rejects(checksumFile(file, { length }), RangeError);
    await assert.rejects(checksumFile(file, { type: 'sha1' as never }), RangeError);
    await assert.rejects(checksumFile(file, { type: 'ADLER32' as never }), RangeError);
  });

  it('is stopped by a signal, before and in its midst', async () => {
    const file = local.sparse('sparse', 200 * 2 ** 30);
    const reason = new Error('enough');
    await assert.rejects(checksumFile(file, { signal: AbortSignal.abort(reason) }), reason);
    const stop = new AbortController();
    const sum = checksumFile(file, { signal: stop.signal });
    setTimeout(() => {
      stop.abort(reason);
    }, 100);
    const started = performance.now();
    await assert.rejects(sum, reason);
    // All of it would take more than half a minute.
    assert.ok(performance.now() - started < 5000);
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  });
});

describe('checksum queries', () => {
  let server: PlainServer;
  let fs: FileSystem;
  before(async () => {
    // A slow checksum program, as a server has for a file that it must read whole.
    const sum = `#!/bin/sh
asked="$(dirname "$0")/data/asked"
echo "$1" >> "$asked"
case "$1" in
*slow*) sleep 2;;
*bad*) exit 1;;
*short*) echo abc; exit;;
esac
echo 00000abc
`;
    server = await PlainServer.start({
      config: ['xrootd.chksum max 8 adler32 {dir}/sum'],
      programs: { sum },
    });
    fs = new FileSystem(server.url);
    for (const name of ['/a', '/slow', '/slow2', '/bad', '/short', '/asked']) server.write(name, 'x');
  });
  after(() => server.stop());

  it('tells type and value, leading zeros kept', async () => {
    assert.deepEqual(await fs.queryChecksum('/a', 'adler32'), { type: 'adler32', value: '00000abc' });
    assert.deepEqual(await fs.queryChecksum('/a'), { type: 'adler32', value: '00000abc' });
    assert.deepEqual(await fs.queryChecksum('/short'), { type: 'adler32', value: '00000abc' });
  });

  it('fails when the server’s program does', async () => {
    await assert.rejects(fs.queryChecksum('/bad', 'adler32'), XRootDError);
  });

  it('two for one path at once are both answered', async () => {
    const both = await Promise.all([
      fs.queryChecksum('/slow'),
      new FileSystem(server.url).queryChecksum('/slow'),
    ]);
    assert.deepEqual(
      both.map(({ value }) => value),
      ['00000abc', '00000abc'],
    );
  });

  it('the second for one path can be given up while it waits for the first', async () => {
    let answered = false;
    const first = fs.queryChecksum('/slow').finally(() => (answered = true));
    const reason = new Error('enough');
    const stop = new AbortController();
    const second = fs.queryChecksum('/slow', undefined, { signal: stop.signal });
    stop.abort(reason);
    await assert.rejects(second, reason);
    assert.equal(answered, false);
    assert.equal((await first).value, '00000abc');
  });

  it('one that was given up does not leave the next for the same path without an answer', async () => {
    const stop = new AbortController();
    const given = fs.queryChecksum('/slow2', undefined, { signal: stop.signal });
    setTimeout(() => {
      stop.abort(new Error('enough'));
    }, 300);
    await assert.rejects(given, /enough/);
    assert.equal((await fs.queryChecksum('/slow2')).value, '00000abc');
  });

  it('one that expired does not either', async () => {
    await assert.rejects(fs.queryChecksum('/slow', undefined, { timeout: 1 }), { code: 'OperationExpired' });
    assert.equal((await fs.queryChecksum('/slow')).value, '00000abc');
  });

  it('is asked again over another connection when no answer comes, and computed once', async () => {
    server.write('/slow3', 'x');
    assert.equal((await fs.queryChecksum('/slow3', undefined, { patience: 0.5 })).value, '00000abc');
    assert.equal(readFileSync(server.file('/asked'), 'utf8').split('/slow3').length - 1, 1);
  });

  it('24 paths at once are all answered', async () => {
    const paths = Array.from({ length: 24 }, (_, i) => `/many${i}`);
    for (const path of paths) server.write(path, 'x');
    const sums = await Promise.all(paths.map((path) => fs.queryChecksum(path)));
    assert.ok(sums.every(({ value }) => value === '00000abc'));
  });
});

describe('every type of checksum that is computed here', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  before(async () => {
    local = new TemporaryDirectory();
    server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32 crc32c md5'] });
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  for (const type of checksumTypes)
    it(`${type}: a server has the same for empty, short and long files`, async () => {
      const fs = new FileSystem(server.url);
      for (const size of [0, 1, 4096, 5_000_000]) {
        const bytes = randomBytes(size);
        const name = `${type}-${size}`;
        const source = local.write(name, bytes);
        server.write(`/${name}`, bytes);
        const expected = await fs.queryChecksum(`/${name}`, type);
        assert.match(expected.value, type === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{8}$/);
        const { value } = await checksumFile(source, { type });
        assert.deepEqual({ type, value }, expected, `${size} bytes`);
        assert.equal((await readChecksum(server.urlOf(`/${name}`), type)).value, value);
        const target = server.urlOf(`/copied/${name}`);
        const copied = await copyFile({
          source,
          target,
          checkSumMode: 'source',
          checkSumType: type,
          sizeHint: size,
        });
        assert.deepEqual(copied.sourceChecksum, expected);
      }
    });

  it('md5 is what Node computes', async () => {
    const bytes = randomBytes(100_000);
    const { value } = await checksumFile(local.write('node', bytes), { type: 'md5' });
    assert.equal(value, createHash('md5').update(bytes).digest('hex'));
  });
});

describe('padChecksum', () => {
  it('pads what has eight digits, and what has 32', () => {
    assert.equal(padChecksum('adler32', ' 1A '), '0000001a');
    assert.equal(padChecksum('crc32c', '0'), '00000000');
    assert.equal(padChecksum('crc32', 'ABC'), '00000abc');
    assert.equal(padChecksum('md5', 'abc'), `${'0'.repeat(29)}abc`);
    assert.equal(padChecksum('sha1', 'abc'), 'abc');
  });
});
