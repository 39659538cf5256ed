/** Measures the progress of a pass: what is done, what is known, the rate and the time left. The caller gives the time. */
import type { InFlight, JobEventOf } from '../events/events.js';

/** The rate is the mean of this many seconds before now. */
const windowSeconds = 10;

/** So many of the files in flight are named. */
const mostNamed = 10;

interface Sample {
  /** Milliseconds. */
  at: number;
  copied: number;
}

export class ProgressMeter {
  #filesKnown = 0;
  #filesDone = 0;
  #bytesKnown = 0;
  #bytesDone = 0;
  #bytesCopied = 0;
  #walkDone = false;
  #samples: Sample[] = [];
  /** Of copies that are under way, by path. */
  readonly #partial = new Map<string, { bytes: number; size: number }>();

  found(size: number): void {
    this.#filesKnown += 1;
    this.#bytesKnown += size;
  }

  /** Files that will be worked on, if that is known before they are read. Numbers that turn out to be too large are taken back with negative ones. */
  expect(files: number, bytes: number): void {
    this.#filesKnown += files;
    this.#bytesKnown += bytes;
  }

  /** @param size bytes of the whole file */
  copying(path: string, bytes: number, size: number): void {
    this.#bytesCopied += bytes - (this.#partial.get(path)?.bytes ?? 0);
    this.#partial.set(path, { bytes, size });
  }

  /** A copy failed or was taken back: its bytes don't count any more. */
  restart(path: string): void {
    this.#partial.delete(path);
  }

  done(path: string, size: number): void {
    this.#partial.delete(path);
    this.#filesDone += 1;
    this.#bytesDone += size;
  }

  walkEnded(): void {
    this.#walkDone = true;
  }

  /** @param now milliseconds, of any clock that only goes forward */
  read(now: number): Omit<JobEventOf<'progress'>, 'job'> {
    const rate = this.#rate(now);
    let bytesDone = this.#bytesDone;
    for (const { bytes } of this.#partial.values()) bytesDone += bytes;
    const left = this.#bytesKnown - bytesDone;
    const finished = this.#walkDone && this.#filesDone === this.#filesKnown;
    return {
      type: 'progress',
      filesDone: this.#filesDone,
      filesKnown: this.#filesKnown,
      bytesDone,
      bytesKnown: this.#bytesKnown,
      walkDone: this.#walkDone,
      rate,
      copying: this.#partial.size,
      inFlight: this.#inFlight(),
      etaSeconds: finished ? 0 : this.#walkDone && rate > 0 ? Math.ceil(left / rate) : null,
    };
  }

  /** Those whose bytes have all been moved are only being compared. */
  #inFlight(): InFlight[] {
    const named: InFlight[] = [];
    for (const [path, { bytes, size }] of this.#partial) {
      if (bytes < size) named.push({ path, bytes, size });
      if (named.length === mostNamed) break;
    }
    return named;
  }

  #rate(now: number): number {
    this.#samples.push({ at: now, copied: this.#bytesCopied });
    const oldest = now - windowSeconds * 1000;
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) <= oldest) this.#samples.shift();
    const [first] = this.#samples;
    if (first === undefined || now <= first.at) return 0;
    return Math.max(0, Math.round(((this.#bytesCopied - first.copied) * 1000) / (now - first.at)));
  }
}
