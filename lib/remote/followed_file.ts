/** A file that others renew while we run: with a token, or with opaque information. */
import { readFileSync, statSync } from 'node:fs';

/** Milliseconds between two looks whether it has changed. */
const LOOK_EVERY = 1000;

/**
 * What can't be used, because it is being written or is gone, doesn't count: what was there before goes on. Before each job
 * `checkAccess` (`lib/config/access.ts`) tells what is wrong.
 */
export class FollowedFile {
  readonly #path: string;
  readonly #problem: (text: string) => string | undefined;
  #text = '';
  #seen = '';
  #lookedAt = -Infinity;
  #version = 0;

  /** @param problem why a text can't be used */
  constructor(path: string, problem: (text: string) => string | undefined) {
    this.#path = path;
    this.#problem = problem;
  }

  /** Without blanks around it; empty if the file never held anything that can be used. */
  get text(): string {
    this.#look();
    return this.#text;
  }

  /** Another number for each other text. */
  get version(): number {
    this.#look();
    return this.#version;
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY) return;
    this.#lookedAt = now;
    const found = this.#read();
    if (found === undefined || found === this.#text || this.#problem(found) !== undefined) return;
    this.#text = found;
    this.#version += 1;
  }

  /** Undefined where nothing has changed, or nothing can be read. */
  #read(): string | undefined {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = statSync(this.#path, { bigint: true });
      const seen = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
      if (seen === this.#seen) return undefined;
      const text = readFileSync(this.#path, 'utf8').trim();
      this.#seen = seen;
      return text;
    } catch {
      // It is being replaced, or gone: as if nothing had changed.
      return undefined;
    }
  }
}
