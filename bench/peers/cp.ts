/** cp on the same disk: the floor for bytes. */
import type { Bench } from '../harness/bench.js';
import type { Copier } from '../harness/copying.js';

export function cpUp(bench: Bench): Copier {
  return ({ from, to }) => ({ file: 'cp', args: ['-r', from, bench.server.file(to)] });
}

export function cpDown(bench: Bench): Copier {
  return ({ from, to }) => ({ file: 'cp', args: ['-r', bench.server.file(from), to] });
}
