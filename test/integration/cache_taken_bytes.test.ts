/** Bytes that are given to put() and taken away again: transferred to a worker, for example, or shrunk. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { put, type PutData, type PutOptions } from '../../lib/cache/ingest.js';
import { withTemp } from '../support/temporary.js';

/** Too many to be copied when put() is called. */
const large = 20 * 1024 * 1024;

const filesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

function transfer({ buffer }: Uint8Array): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
}

function resizableBytes(size: number): { bytes: Uint8Array; shrink: () => void } {
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize: (length: number) => void };
  const buffer = new Resizable(size, { maxByteLength: size });
  return {
    bytes: new Uint8Array(buffer).fill(7),
    shrink: () => {
      buffer.resize(1000);
    },
  };
}

describe('put of bytes that are taken away', () => {
  async function refuses(data: PutData, options: PutOptions = {}, meanwhile: () => void = () => undefined) {
    await withTemp(async (cache) => {
      const putting = put(cache, 'd/record', data, options);
      meanwhile();
      await assert.rejects(putting, { name: 'TypeError', message: /taken away/ });
      assert.deepEqual(filesBelow(cache), []);
    });
  }

  it('before it is called: makes no empty record of them', async () => {
    for (const size of [10, large]) {
      for (const options of [{}, { fsync: true }, { overwrite: true }]) {
        const bytes = new Uint8Array(size);
        transfer(bytes);
        await refuses(bytes, options);
      }
    }
  });

  it('while they are written: makes no record of what is left', async () => {
    const bytes = new Uint8Array(large).fill(7);
    await refuses(bytes, {}, () => {
      transfer(bytes);
    });
    const durable = new Uint8Array(10).fill(7);
    await refuses(durable, { fsync: true }, () => {
      transfer(durable);
    });
    for (const [size, options] of [
      [large, {}],
      [5000, { fsync: true }],
    ] as const) {
      const { bytes: shrunk, shrink } = resizableBytes(size);
      await refuses(shrunk, options, shrink);
    }
  });

  it('as a part of a stream: makes no record of what is left', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1000);
      const piece = new Uint8Array(1000);
      transfer(piece);
      await Promise.resolve();
      yield piece;
    }
    await refuses(pieces());
  });

  it('when they were copied already: all of them are in the record', async () => {
    await withTemp(async (cache) => {
      // The directory is there: one call writes them.
      await put(cache, 'first', 'x');
      const bytes = new Uint8Array(1_000_000).fill(7);
      const { bytes: shrunk, shrink } = resizableBytes(1_000_000);
      const both = [put(cache, 'transferred', bytes), put(cache, 'shrunk', shrunk)];
      transfer(bytes);
      shrink();
      for (const { path: name, size } of await Promise.all(both)) {
        assert.equal(size, 1_000_000);
        assert.ok(readFileSync(path.join(cache, name)).equals(Buffer.alloc(1_000_000, 7)));
      }
    });
  });
});
