/** libXrdCl without our binding: floor/floor.cc. */
import type { Bench } from '../harness/bench.js';
import type { Copier } from '../harness/copying.js';

/** `threads`: a CopyProcess a thread. `process`: one for all. */
export type FloorWay = 'threads' | 'process';
export const floorWays: readonly FloorWay[] = ['threads', 'process'];

export function floorUp(bench: Bench, way: FloorWay, parallel: number): Copier {
  return ({ from, to, server, data }) => ({
    file: bench.tools.floor,
    args: ['copy', way, String(parallel), from, `${server}/${to}`, data.list],
    expect: { done: data.files },
  });
}

export function floorDown(bench: Bench, way: FloorWay, parallel: number): Copier {
  return ({ from, to, server, data }) => ({
    file: bench.tools.floor,
    args: ['copy', way, String(parallel), `${server}/${from}`, to, data.list],
    expect: { done: data.files },
  });
}

/** Asks for every record, that many requests in flight. */
export function floorStat(bench: Bench, window: number): Copier {
  return ({ to, server, data }) => ({
    file: bench.tools.floor,
    args: ['stat', String(window), server, to, data.list],
    expect: { done: data.files },
  });
}
