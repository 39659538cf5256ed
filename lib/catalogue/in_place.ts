/**
 * What is told durable must be there for whoever opens the file next (S14). SQLite doesn't notice when somebody moves, removes or overwrites
 * the files that it has open: it goes on with what it has in memory.
 */
import * as fs from 'node:fs';
import Database from 'libsql';
import { checkBytes, guarded } from './database.js';
import { CatalogueError } from './error.js';
import { isShort } from './reserve.js';

/**
 * After so many changes the log is written into the file: SQLite would do so by itself, but then nobody could tell its writing from
 * another's. Of records all over the file they are some 1,200 pages, 5 MB, which fit into the reserve.
 */
const CHECKPOINT_CHANGES = 400;

export class InPlace {
  readonly #database: Database.Database;
  readonly #file: string;
  readonly #inodes: Partial<Record<'' | '-wal', bigint>> = {};
  #mark: string;
  #others: number;
  #changes = 0;
  /** The disk is full, and the log may not be begun anew yet: somebody read it. */
  #isHeld: boolean;

  /** Of a database that was just opened for writing. */
  constructor(database: Database.Database, file: string) {
    this.#database = database;
    this.#file = file;
    database.exec('PRAGMA wal_autocheckpoint = 0');
    const stat = this.#stat('');
    this.#inodes[''] = stat.ino;
    this.#mark = markOf(stat);
    this.#others = this.#commitsOfOthers();
    this.#isHeld = isShort(file);
  }

  /**
   * To be called before each commit. While anybody reads, SQLite can't begin the log anew. On a full disk it would grow until it can't be
   * moved into the file any more, which also needs room: then nothing could be written even when the reader is done.
   * @param milliseconds for which a reader is waited for, in steps
   * @throws {CatalogueError} if it reads for longer: it stands still, perhaps
   */
  makeRoom(milliseconds: number): void {
    const deadline = performance.now() + milliseconds;
    while (this.#isHeld) {
      if (performance.now() > deadline) throw this.#inUse();
      this.#assertOurs();
      this.#writeLog();
      this.#mark = markOf(this.#stat(''));
    }
  }

  /** To be called after each commit. @throws {CatalogueError} if what it wrote wouldn't be found */
  assert(changes: number): void {
    this.#assertOurs();
    this.#changes += changes;
    if (this.#changes >= CHECKPOINT_CHANGES) this.#writeLog();
    this.#mark = markOf(this.#stat(''));
  }

  #assertOurs(): void {
    for (const suffix of ['', '-wal'] as const) {
      const { ino } = this.#stat(suffix);
      this.#inodes[suffix] ??= ino;
      if (this.#inodes[suffix] !== ino) throw this.#gone(suffix);
    }
    const others = this.#commitsOfOthers();
    // Another process of ours writes into the file, too, but only after a commit of its own.
    if (this.#mark !== markOf(this.#stat('')) && others === this.#others) this.#checkAnew();
    this.#others = others;
  }

  /** By a connection that has nothing in memory. */
  #checkAnew(): void {
    guarded(this.#file, () => {
      const fresh = new Database(this.#file);
      try {
        checkBytes(fresh, this.#file, 'quick_check');
      } finally {
        fresh.close();
      }
    });
    // The first page is in the log: what was changed there is mended.
    this.#writeLog();
  }

  /**
   * Waits for readers only on a full disk, when the reserve is given up. If the file can't grow, the log goes on to, until it can't either:
   * then a commit fails, which gives up the reserve.
   */
  #writeLog(): void {
    const waits = isShort(this.#file);
    this.#isHeld = false;
    try {
      const mode = waits ? 'RESTART' : 'PASSIVE';
      const [busy] = this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`).raw().get() as [number];
      this.#isHeld = waits && busy === 1;
      this.#changes = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'SQLITE_FULL') throw error;
    }
  }

  #commitsOfOthers(): number {
    const [version] = this.#database.prepare('PRAGMA data_version').raw().get() as [number];
    return version;
  }

  #stat(suffix: '' | '-wal'): fs.BigIntStats {
    const stat = fs.lstatSync(this.#file + suffix, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) throw this.#gone(suffix);
    return stat;
  }

  #inUse(): CatalogueError {
    const message =
      `the catalogue ${this.#file}: its disk is full, and it is in use by a process that doesn't let go of it, ` +
      "so that its log can't be begun anew: make room, or end that process";
    return new CatalogueError('Unavailable', this.#file, message);
  }

  #gone(suffix: string): CatalogueError {
    const message = `${this.#file}${suffix} was moved or removed while it was open: what was written isn't kept`;
    return new CatalogueError('Unavailable', this.#file, message);
  }
}

function markOf({ size, mtimeNs }: fs.BigIntStats): string {
  return `${size} ${mtimeNs}`;
}
