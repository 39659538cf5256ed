/** What a fuzzed process did last, for when it doesn't live to tell. It ends the process with 3 at an error of ours. */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Hostile } from './hostile.js';

/** What JavaScript says to whoever calls a hostile value as a function. */
const ofHostiles = /class constructors?|constructor map requires|proxy/i;

export class Diary {
  readonly #file: number;
  #at = 0;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#file = openSync(join(directory, 'calls'), 'w');
    process.on('uncaughtException', (error, origin) => {
      if (isOfHostiles(error)) return;
      process.stderr.write(`${origin}: ${error.stack ?? String(error)}\n`);
      process.exit(3);
    });
  }

  write(what: string): void {
    // A ring: what came last is what counts.
    if (this.#at > 100_000) this.#at = 0;
    this.#at += writeSync(this.#file, `${what}\n\n`, this.#at) - 1;
  }
}

/** A callback's own fault. */
export function isOfHostiles(error: unknown): boolean {
  return error instanceof Hostile || (error instanceof TypeError && ofHostiles.test(error.message));
}
