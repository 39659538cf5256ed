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
/**
 * A commit takes a sync of the disk and some tenths of a millisecond of a processor, whatever is in it. So where several wait, it begins
 * so many milliseconds after the one before, or when so many wait. Whoever removes one record after the other waits for nothing.
 */
const BETWEEN_MILLISECONDS = 10;
const ENOUGH_WAITING = 48;
/** In one commit: some 10 ms of work, so that a reader of the same thread isn't held up. */
const MOST_IN_COMMIT = 2000;
/**
 * Kept after a commit that failed. Beyond this the oldest that nobody waits for are given up: their records are compared again by a later
 * pass.
 */
const MOST_KEPT = 200_000;
/** At once, so that the rest is seldom moved. */
const GIVEN_UP = 20_000;

interface Entry {
  change: Change;
  /** Somebody is told when it is durable, and so it must be by then. */
  isAwaited: boolean;
}

export class CommitQueue {
  readonly #commit: (changes: readonly Change[]) => Promise<unknown>;
  #entries: Entry[] = [];
  #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | undefined;
  #committing: Promise<void> | undefined;
  /** When the last commit began, and how many waited for it. */
  #last = { began: -Infinity, awaited: 0 };
  /** Until the next commit begins, though several wait for it. */
  #gathering: NodeJS.Timeout | undefined;
  readonly #between: number;
  /** Why the last commit failed; undefined if it didn't. */
  #failure: unknown;
  /** Why changes were given up. */
  #givenUp: Error | undefined;

  /** @param between see BETWEEN_MILLISECONDS */
  constructor(commit: (changes: readonly Change[]) => Promise<unknown>, between = BETWEEN_MILLISECONDS) {
    this.#commit = commit;
    this.#between = between;
  }

  /** The error of the last commit, if it failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Changes were given up, or wait for a commit that failed. */
  get isIncomplete(): boolean {
    return this.#givenUp !== undefined || this.#failure !== undefined;
  }

  /** Written some time soon; nobody waits. */
  add(change: Change): void {
    this.#entries.push({ change, isAwaited: false });
    if (this.#failure !== undefined && this.#entries.length > MOST_KEPT) this.#giveUp();
    // After a failure only those who wait try again: else a full disk would be tried for each record, and a lock waited for each time.
    if (this.#failure !== undefined) return;
    if (this.#entries.length >= MOST_WAITING) this.#begin();
    else this.#later();
  }

  /** Resolves when this change and all that came before, but for those that were given up, are durable. @throws what the commit throws */
  durable(change: Change): Promise<void> {
    this.#entries.push({ change, isAwaited: true });
    return this.#wait();
  }

  /** Resolves when all that came before is durable. @throws what the commit throws, also for changes that were given up */
  async flush(): Promise<void> {
    if (this.#entries.length > 0 || this.#committing !== undefined) await this.#wait();
    if (this.#givenUp !== undefined) throw this.#givenUp;
  }

  /** It can never be written. */
  refuse(error: Error): void {
    this.#givenUp ??= error;
  }

  /** Nothing is begun any more. */
  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#gathering);
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#begin();
    });
  }

  #giveUp(): void {
    let left = GIVEN_UP;
    const kept = this.#entries.filter(({ isAwaited }) => isAwaited || left-- <= 0);
    if (kept.length < this.#entries.length)
      this.#givenUp ??= this.#failure instanceof Error ? this.#failure : new Error(String(this.#failure));
    this.#entries = kept;
  }

  /** Also a process that has nothing else to do waits for this. */
  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#begin();
    }, LATEST_MILLISECONDS);
  }

  #begin(): void {
    if (this.#committing !== undefined || this.#gathers()) return;
    this.#last = { began: performance.now(), awaited: this.#waiters.length };
    this.#committing = this.#commitAll().finally(() => {
      this.#committing = undefined;
      if (this.#waiters.length > 0) this.#begin();
      else if (this.#entries.length > 0 && this.#failure === undefined) this.#later();
    });
  }

  /** Is the next commit to come a little later? Then it does so by itself. */
  #gathers(): boolean {
    const { began, awaited } = this.#last;
    const milliseconds = began + this.#between - performance.now();
    const isFull = this.#waiters.length >= ENOUGH_WAITING || this.#entries.length >= MOST_WAITING;
    const several = awaited > 1 || this.#waiters.length > 1;
    if (isFull || !several || milliseconds <= 0 || this.#failure !== undefined) {
      clearTimeout(this.#gathering);
      this.#gathering = undefined;
      return false;
    }
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#begin();
    }, milliseconds);
    return true;
  }

  async #commitAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entries = this.#entries;
    const waiters = this.#waiters;
    this.#entries = [];
    this.#waiters = [];
    let at = 0;
    try {
      for (; at < entries.length; at += MOST_IN_COMMIT)
        await this.#commit(entries.slice(at, at + MOST_IN_COMMIT).map(({ change }) => change));
      this.#failure = undefined;
      for (const { resolve } of waiters) resolve();
    } catch (error) {
      this.#failure = error;
      // Those who came meanwhile, too: a file that is locked for long would let each wait its time.
      const left = [...entries.slice(at), ...this.#entries].map(({ change }) => ({
        change,
        isAwaited: false,
      }));
      this.#entries = left;
      for (const { reject } of [...waiters, ...this.#waiters.splice(0)]) reject(error);
    }
  }
}
