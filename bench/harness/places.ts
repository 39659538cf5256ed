/** Where the parts of the benchmarks lie, as seen from their compiled form in dist/bench/harness. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** A file of bench/ that isn't TypeScript. */
export function benchSource(...names: string[]): string {
  return join(projectRoot, 'bench', ...names);
}

/** A compiled script of bench/. */
export function benchScript(...names: string[]): string {
  return join(projectRoot, 'dist', 'bench', ...names);
}
