/** Bytes of records, made from a few numbers that a printed command can hold. */
import { hash } from 'node:crypto';
import fc from 'fast-check';

export interface Content {
  /** `twin`: short texts of which two and two have one size and one adler32. */
  kind: 'noise' | 'text' | 'twin' | 'zeros';
  /** Bytes; of a twin it is what its kind has. */
  size: number;
  seed: number;
}

export function bytesOf({ kind, size, seed }: Content): Buffer {
  switch (kind) {
    case 'zeros':
      return Buffer.alloc(size);
    case 'text':
      // Contents of other seeds begin with the same bytes, so that one can be the beginning of another.
      return Buffer.alloc(size, `a record of run ${seed % 3}, `);
    case 'twin':
      return Buffer.from(seed % 2 === 0 ? 'the detector of run 121\n' : 'the detector of run 202\n');
    case 'noise': {
      const block = Buffer.from(hash('sha512', String(seed), 'hex'));
      return Buffer.alloc(size, block);
    }
  }
}

export function hashOf(bytes: Uint8Array): string {
  return hash('sha1', bytes, 'hex');
}

/** Few seeds and sizes, so that equal sizes with other bytes are frequent. */
export const content: fc.Arbitrary<Content> = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant('noise' as const) },
    { weight: 3, arbitrary: fc.constant('text' as const) },
    { weight: 2, arbitrary: fc.constant('twin' as const) },
    { weight: 1, arbitrary: fc.constant('zeros' as const) },
  ),
  size: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(1, 24, 100, 1000, 1001, 4096) },
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(65_537, 300_000) },
  ),
  seed: fc.nat(9),
});
