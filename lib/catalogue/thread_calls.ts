/**
 * Whether the catalogue's thread is in the middle of a call of SQLite. Ending a thread there ends the whole process: the binding (libsql 0.5)
 * panics. Both sides look at the same memory.
 */

const STOP = 0;
const BUSY = 1;

export class ThreadCalls {
  readonly memory: SharedArrayBuffer;
  readonly #flags: Int32Array;

  constructor(memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#flags = new Int32Array(memory);
  }

  /** In the thread. @returns undefined if no call may be begun any more */
  during<T>(call: () => T): T | undefined {
    // In this order: stop() looks the other way round.
    Atomics.store(this.#flags, BUSY, 1);
    try {
      return Atomics.load(this.#flags, STOP) === 1 ? undefined : call();
    } finally {
      Atomics.store(this.#flags, BUSY, 0);
      Atomics.notify(this.#flags, BUSY);
    }
  }

  /** No call is begun from now on. */
  stop(): void {
    Atomics.store(this.#flags, STOP, 1);
  }

  /** Blocks this thread until no call is under way, or for so long. */
  wait(milliseconds: number): void {
    Atomics.wait(this.#flags, BUSY, 1, milliseconds);
  }
}
