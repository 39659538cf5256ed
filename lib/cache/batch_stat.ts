/**
 * lstat for many names of one directory, fast and without blocking the event loop.
 *
 * A lstat whose inode is in memory takes 5 to 10 µs; the way through libuv's pool costs several times that. So names
 * are looked at synchronously, in slices of SLICE_MS, as long as the file system answers from memory. Where it doesn't
 * (cold disk, network), the next names go through the pool, where waiting costs nothing.
 */
import { lstat, lstatSync, type BigIntStats } from 'node:fs';

export type StatResult = BigIntStats | Error;

/** Milliseconds after which a batch lets others use the main thread; a single slow call can take longer. */
const SLICE_MS = 1;
/** Milliseconds for one name, on average: what is slower doesn't come from memory. */
const WARM_MS_EACH = 0.1;
/** How many names go through the pool before the fast way is tried again. */
const COLD_NAMES = 4096;
/** Names that are looked at between two looks at the clock. */
const STRIDE = 16;

export class BatchStat {
  #coldLeft = 0;

  /** Results in the order of `names` (latin1: one character a byte). Never rejects: each name has its own error. */
  async stat(directory: string, names: readonly string[]): Promise<StatResult[]> {
    const results: StatResult[] = [];
    while (results.length < names.length) {
      if (this.#coldLeft > 0) await this.#statCold(directory, names, results);
      else this.#statSlice(directory, names, results);
      await new Promise(setImmediate);
    }
    return results;
  }

  #statSlice(directory: string, names: readonly string[], results: StatResult[]): void {
    const start = performance.now();
    let looked = 0;
    let spent: number;
    do {
      const end = Math.min(results.length + STRIDE, names.length);
      const before = results.length;
      while (results.length < end) results.push(statNow(pathOf(directory, names[results.length] ?? '')));
      looked += results.length - before;
      spent = performance.now() - start;
    } while (results.length < names.length && spent < SLICE_MS);
    if (looked >= STRIDE && spent / looked > WARM_MS_EACH) this.#coldLeft = COLD_NAMES;
  }

  async #statCold(directory: string, names: readonly string[], results: StatResult[]): Promise<void> {
    const rest = names.slice(results.length);
    this.#coldLeft -= rest.length;
    results.push(...(await Promise.all(rest.map((name) => statLater(pathOf(directory, name))))));
  }
}

function statNow(path: string | Buffer): StatResult {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    return error as Error;
  }
}

function statLater(path: string | Buffer): Promise<StatResult> {
  return new Promise((resolve) => {
    lstat(path, { bigint: true }, (error, stats) => {
      resolve(error ?? stats);
    });
  });
}

/** ASCII names stay text, all others are passed as bytes. */
function pathOf(directory: string, name: string): string | Buffer {
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(name)) return `${directory}/${name}`;
  return Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, 'latin1')]);
}
