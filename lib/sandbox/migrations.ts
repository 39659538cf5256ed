/** The way to tape: closed files, each after its delay. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DueQueue } from './due_queue.js';
import type { ServerEvent } from './event_pipe.js';
import { relativePath, retrySeconds, type RobotPart } from './robot_context.js';
import { RunningWork } from './running_work.js';

/** Seconds after which a renamed file is looked at: xrootd tells of a rename before it makes it. */
const renameSeconds = 0.2;

export class Migrations {
  /** What the robot does by itself; it is quiet when nothing is left to write to tape either. */
  readonly work = new RunningWork(() => this.#due.size === 0);
  readonly #robot: RobotPart;
  readonly #onMigrated: (path: string) => Promise<void>;
  readonly #due = new DueQueue((path) => {
    this.work.begin(() => this.#migrate(path));
  });
  /** Open for writing, as far as events told. */
  readonly #writing = new Set<string>();
  #stopped = false;

  constructor(robot: RobotPart, onMigrated: (path: string) => Promise<void>) {
    this.#robot = robot;
    this.#onMigrated = onMigrated;
  }

  stop(): void {
    this.#stopped = true;
    this.#due.clear();
    this.work.stop();
  }

  onEvent(event: ServerEvent): void {
    const delay = this.#robot.options.migrationDelay;
    if (delay === undefined || this.#stopped) return;
    if (event.type === 'openw') {
      this.#writing.add(event.path);
      return;
    }
    if (event.type === 'closew') this.#writing.delete(event.path);
    this.#due.set(event.path, Math.max(delay(), event.type === 'mv' ? renameSeconds : 0));
  }

  /** What the server had open died with it. */
  serverDied(): void {
    this.#writing.clear();
  }

  isWriting(path: string): boolean {
    return this.#writing.has(path);
  }

  /** Writes all closed files that aren't on tape to it now. Returns how many were. */
  async all(): Promise<number> {
    const paths = await this.#missing();
    for (const path of paths) this.#due.delete(path);
    const results = await Promise.all(
      paths.map((path) => this.#robot.onDrive(() => this.#writeToTape(path))),
    );
    return results.filter(Boolean).length;
  }

  /** Resolves when nothing is left to write to tape. Finds what no event told of, too. */
  async settle(): Promise<void> {
    const { migrationDelay } = this.#robot.options;
    while (!this.#stopped) {
      await this.work.untilQuiet();
      const missing = await this.#missing();
      if (missing.length === 0 && this.#writing.size === 0 && this.work.isQuiet) return;
      for (const path of missing) this.#due.set(path, migrationDelay?.() ?? 0);
      if (missing.length === 0) await sleep(retrySeconds * 1000);
    }
  }

  async #missing(): Promise<string[]> {
    const { store, options, openFiles } = this.#robot;
    const found: string[] = [];
    const open = await openFiles();
    for await (const path of store.walk(options.basePath)) {
      const state = await store.look(path);
      if (state === undefined || state.onTape || state.pending || this.#fails(path)) continue;
      if (open === undefined ? this.#writing.has(path) : open.has(store.diskPath(path))) continue;
      found.push(path);
    }
    // A file can be opened after the first look, and be met by the walk all the same.
    const now = await openFiles();
    const closed = found.filter((path) => now?.has(store.diskPath(path)) !== true);
    // Their close was seen, even if the event is still on its way.
    if (now !== undefined) for (const path of closed) this.#writing.delete(path);
    return closed;
  }

  async #migrate(path: string): Promise<void> {
    const migrated = await this.#robot.onDrive(() => this.#writeToTape(path));
    if (migrated) await this.#onMigrated(path);
  }

  /** A second migration of a file waits, and then finds it on tape. */
  #writeToTape(path: string): Promise<boolean> {
    return this.#robot.alone(path, () => this.#writeOneToTape(path));
  }

  async #writeOneToTape(path: string): Promise<boolean> {
    const { store, note, openFiles } = this.#robot;
    if (this.#stopped || this.#writing.has(path)) return false;
    const state = await store.look(path);
    if (state === undefined) {
      // Gone, or a renamed directory.
      for await (const child of store.walk(path)) this.#due.set(child, 0);
      return false;
    }
    if (state.onTape || state.pending) return false;
    if (this.#fails(path)) {
      note('migration failed', path, 'failMigration');
      return false;
    }
    try {
      // An xrootd makes a new file, closes it, and then opens it for its writer: empty, it may be in between.
      const isOpen = async () =>
        this.#writing.has(path) ||
        (state.size === 0 && (await openFiles())?.has(store.diskPath(path)) === true);
      const migrated = await store.writeToTape(path, isOpen);
      if (migrated) note('migrated', path);
      return migrated;
    } catch (error) {
      note('migration failed', path, String(error));
      return false;
    }
  }

  #fails(path: string): boolean {
    const { options } = this.#robot;
    return options.failMigration(relativePath(options, path));
  }
}
