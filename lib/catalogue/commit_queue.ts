/**
 * Groups changes into commits. While one commit is under way, those that come are gathered for the next; so a removal that waits for its
 * row shares the disk's sync with all others that wait (S14).
 */
import type { Change } from './changes.js';

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Changes that nobody waits for are written at the latest when so many have come, or after so many milliseconds. */
const MOST_WAITING = 1000;
const LATEST_MILLISECONDS = 500;
/** In one commit: some 10 ms of work, so that a reader of the same thread isn't held up. */
const MOST_IN_COMMIT = 2000;
/** Kept after a commit that failed. Beyond this the oldest are given up: their records are compared again by a later pass. */
const MOST_KEPT = 200_000;

export class CommitQueue {
  readonly #commit: (changes: readonly Change[]) => Promise<unknown>;
  #changes: Change[] = [];
  #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  /** Why the last commit failed; undefined if it didn't. */
  #failure: unknown;
  #lost = false;

  constructor(commit: (changes: readonly Change[]) => Promise<unknown>) {
    this.#commit = commit;
  }

  /** The error of the last commit, if it failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Changes were given up, or wait for a commit that failed. */
  get isIncomplete(): boolean {
    return this.#lost || this.#failure !== undefined;
  }

  /** Written some time soon; nobody waits. */
  add(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > MOST_KEPT) {
      this.#changes.shift();
      this.#lost = true;
    }
    // After a failure only those who wait try again: else a full disk would be tried for each record, and a lock waited for each time.
    if (this.#failure !== undefined) return;
    if (this.#changes.length >= MOST_WAITING) this.#begin();
    else this.#later();
  }

  /** Resolves when this change and all that came before are durable. @throws what the commit throws */
  durable(change: Change): Promise<void> {
    this.#changes.push(change);
    return this.flush();
  }

  /** Resolves when all that came before is durable. @throws what the commit throws */
  flush(): Promise<void> {
    if (this.#changes.length === 0 && this.#committing === undefined && this.#failure === undefined)
      return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#begin();
    });
  }

  /** Nothing is begun any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#begin();
    }, LATEST_MILLISECONDS).unref();
  }

  #begin(): void {
    this.#committing ??= this.#commitAll().finally(() => {
      this.#committing = undefined;
      if (this.#waiters.length > 0) this.#begin();
      else if (this.#changes.length > 0 && this.#failure === undefined) this.#later();
    });
  }

  async #commitAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#changes;
    const waiters = this.#waiters;
    this.#changes = [];
    this.#waiters = [];
    try {
      for (let at = 0; at < changes.length; at += MOST_IN_COMMIT) {
        await this.#commit(changes.slice(at, at + MOST_IN_COMMIT));
        changes.fill(DONE, at, at + MOST_IN_COMMIT);
      }
      this.#failure = undefined;
      for (const { resolve } of waiters) resolve();
    } catch (error) {
      this.#failure = error;
      this.#changes = [...changes.filter((change) => change !== DONE), ...this.#changes];
      // Those who came meanwhile, too: a file that is locked for long would let each wait its time.
      for (const { reject } of [...waiters, ...this.#waiters.splice(0)]) reject(error);
    }
  }
}

const DONE: Change = { kind: 'stays', path: '' };
