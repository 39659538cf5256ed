/** What a process holds: memory, descriptors, threads. */
import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Footprint {
  /** Bytes. */
  resident: number;
  heap: number;
  descriptors: number;
  threads: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Of this process, after everything that nobody needs is collected. Linux only. */
export function footprint(): Footprint {
  collect();
  const { rss: resident, heapUsed: heap } = process.memoryUsage();
  const threads = Number(/^Threads:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  return { resident, heap, descriptors: readdirSync('/proc/self/fd').length, threads };
}

/** The median of each. */
export function medianOf(all: readonly Footprint[]): Footprint {
  const median = (of: (each: Footprint) => number) => {
    const sorted = all.map(of).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  };
  return {
    resident: median(({ resident }) => resident),
    heap: median(({ heap }) => heap),
    descriptors: median(({ descriptors }) => descriptors),
    threads: median(({ threads }) => threads),
  };
}
