/** Reserves room on a disk for files before they are fetched, so that tape isn't asked for files that don't fit. */
import { diskUsage } from './usage.js';

/** Room for one file. */
export interface RoomClaim {
  /** Tells that the first `bytes` of the file are on the disk by now. */
  written(bytes: number): void;
  /** Gives the rest of the room back. Must always be called. */
  end(): void;
}

/** After this time the disk is asked again how much room it has: others write there too. */
const lookMilliseconds = 500;

export class DiskRoom {
  readonly #directory: string;
  readonly #available: () => Promise<number>;
  /** Bytes promised and not yet written. */
  #promised = 0;
  /** Bytes that were written since the last look at the disk, and aren't in its answer. */
  #written = 0;
  #look: Promise<number> | undefined;
  #lookedAt = -Infinity;

  /** @param available bytes that may still be written there */
  constructor(directory: string, available = async () => (await diskUsage(directory)).available) {
    this.#directory = directory;
    this.#available = available;
  }

  /** @throws {Error} with code ENOSPC when `bytes` don't fit on the disk beside what is promised to other files */
  async claim(bytes: number): Promise<RoomClaim> {
    const free = (await this.#free()) - this.#written - this.#promised;
    if (bytes > free) {
      const message =
        `no room in ${this.#directory}: it needs ${bytes} bytes, and ${Math.max(0, free)} are left` +
        (this.#promised > 0 ? ` beside ${this.#promised} for files that are under way` : '');
      throw Object.assign(new Error(message), { code: 'ENOSPC' });
    }
    let left = bytes;
    this.#promised += bytes;
    const take = (now: number) => {
      this.#promised -= left - now;
      left = now;
    };
    return {
      written: (done) => {
        const now = Math.max(0, Math.min(left, bytes - done));
        this.#written += left - now;
        take(now);
      },
      end: () => {
        take(0);
      },
    };
  }

  async #free(): Promise<number> {
    if (performance.now() - this.#lookedAt >= lookMilliseconds) {
      this.#lookedAt = performance.now();
      this.#written = 0;
      this.#look = this.#available();
    }
    return (await this.#look) ?? 0;
  }
}
