/** The names that all steps use: few, so that steps meet. */
import fc from 'fast-check';

const NAMES = [
  ...['a', 'b', 'c', 'run 1', 'd/a', 'd/b', 'd/e/f', 'd/e/g', 'p/q/r/s', 'A', 'ü.h5', '%41'],
  // Its temporary and capture names are longer than a name may be.
  `d/${'n'.repeat(250)}`,
];

export const name: fc.Arbitrary<string> = fc.constantFrom(...NAMES);

/** Mostly the first cache. */
export const cache: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(1) },
);

/** Chooses one of what is there. */
export const pick: fc.Arbitrary<number> = fc.nat(999);

export function picked<T>(all: Iterable<T>, index: number): T | undefined {
  const items = [...all];
  return items.length === 0 ? undefined : items[index % items.length];
}
