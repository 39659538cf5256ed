/**
 * Is what SQLite writes still what the paths lead to? Rows that go into a file that was unlinked or replaced end with the process, and
 * SQLite reports no error (S14).
 */
import * as fs from 'node:fs';
import { CatalogueError } from './error.js';

/** The log is part of it: until it is written into the file, new rows are only there. */
const SUFFIXES = ['', '-wal'];

export class FilesInPlace {
  readonly #file: string;
  readonly #inodes: (string | undefined)[];

  /** @param file opened just now */
  constructor(file: string) {
    this.#file = file;
    this.#inodes = this.#look();
  }

  /** Call it after a commit. @throws {CatalogueError} */
  check(): void {
    const now = this.#look();
    for (const [index, inode] of now.entries()) {
      const before = (this.#inodes[index] ??= inode);
      if (before !== undefined && before === inode) continue;
      const name = `${this.#file}${SUFFIXES[index] ?? ''}`;
      const message = `the catalogue ${this.#file}: ${name} was removed or replaced while it was in use, and what was written since is not in it`;
      throw new CatalogueError('Unavailable', this.#file, message);
    }
  }

  #look(): (string | undefined)[] {
    return SUFFIXES.map((suffix) => {
      const stat = fs.statSync(this.#file + suffix, { throwIfNoEntry: false, bigint: true });
      return stat && `${stat.dev} ${stat.ino}`;
    });
  }
}
