import assert from 'node:assert/strict';
import fc from 'fast-check';
import { copyShape } from '../../lib/rules/copy_shape.js';

const KiB = 1024;
const MiB = 1024 * KiB;

describe('copyShape', () => {
  it('is the table', () => {
    const table: [size: number | undefined, memory: number, copies: number, chunk: number, held: number][] = [
      [undefined, 256 * MiB, 12, 2688 * KiB, 21 * MiB],
      [200_000_000, 256 * MiB, 12, 2688 * KiB, 21 * MiB],
      [200_000_000, 256 * MiB, 8, 4 * MiB, 32 * MiB],
      [200_000_000, 256 * MiB, 16, 2 * MiB, 16 * MiB],
      [100_000, 256 * MiB, 12, 2688 * KiB, 100_000],
      [0, 256 * MiB, 12, 2688 * KiB, 0],
      [1e9, 4 * MiB, 1, 512 * KiB, 4 * MiB],
      [1e9, 256 * MiB, 255, 128 * KiB, 1 * MiB],
      [1e9, 4 * MiB, 255, 64 * KiB, 512 * KiB],
    ];
    for (const [size, memory, copies, chunkSize, held] of table)
      assert.deepEqual(copyShape(size, memory, copies), { chunkSize, parallelChunks: 4, memory: held });
  });

  it('as many as may run share the memory, unless it is too little for any', () => {
    const size = fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined });
    const memory = fc.integer({ min: 4 * MiB, max: 2 ** 40 });
    fc.assert(
      fc.property(size, memory, fc.integer({ min: 1, max: 255 }), (bytes, copyMemory, copies) => {
        const shape = copyShape(bytes, copyMemory, copies);
        assert.ok(shape.chunkSize % (64 * KiB) === 0 && shape.chunkSize <= 4 * MiB);
        assert.ok(shape.memory <= (bytes ?? Infinity));
        if (copyMemory >= copies * 512 * KiB) assert.ok(shape.memory * copies <= copyMemory);
      }),
    );
  });
});
