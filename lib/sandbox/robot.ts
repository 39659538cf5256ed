import pLimit from 'p-limit';
import { SerialByKey } from '../xrdcl/serial_by_key.js';
import type { BufferLedger } from './buffer_ledger.js';
import { DueQueue } from './due_queue.js';
import { SandboxError } from './error.js';
import type { ServerEvent } from './event_pipe.js';
import type { ResolvedOptions } from './options.js';
import type { PrepareRecord } from './prepare_channel.js';
import { RequestBook } from './request_book.js';
import { queryAnswer } from './query_answer.js';
import type { TapeStore } from './tape_store.js';

/** Seconds between two looks at what can't go on yet: a full buffer, a file that is open. */
const retrySeconds = 0.2;
/** Seconds after which a renamed file is looked at: xrootd tells of a rename before it makes it. */
const renameSeconds = 0.2;

/** Something that the tape robot did, or couldn't do. */
export interface TapeActivity {
  type: 'migrated' | 'staged' | 'evicted' | 'migration failed' | 'stage failed' | 'evict failed';
  /** Path on the server. */
  path: string;
  time: Date;
  error?: string;
}

export interface RobotContext {
  options: ResolvedOptions;
  store: TapeStore;
  ledger: BufferLedger | undefined;
  /** Has the server cache a file's checksums. */
  cacheChecksums: (path: string) => Promise<void>;
  /** Files on disk that the server has open; undefined where that can't be seen. */
  openFiles: () => Promise<ReadonlySet<string> | undefined>;
}

/** The tape robot: writes closed files to tape, stages, evicts, and answers what xrootd asks it. */
export class TapeRobot {
  readonly activity: TapeActivity[] = [];
  readonly #context: RobotContext;
  readonly #requests = new RequestBook();
  readonly #writing = new Set<string>();
  readonly #migrations = new DueQueue((path) => {
    this.#track(() => this.#migrate(path));
  });
  readonly #recalls = new DueQueue((path) => {
    void this.#drives(() => this.#recall(path));
  });
  readonly #drives;
  /**
   * One at a time: of several at once xrootd answers some with 3012, "Program failed", and some never. Its table of jobs
   * loses sight of the first one when a later one ends (read in XrdOucTable::Remove, 5.5.3 to 6.1.0).
   */
  readonly #checksums = pLimit(1);
  /** By path: whoever comes while a file is being written to tape sees that it is there. */
  readonly #toTape = new SerialByKey();
  #recalling = 0;
  #mountedAt = 0;
  #migrating = 0;
  #stopped = false;
  #whenQuiet: (() => void)[] = [];

  constructor(context: RobotContext) {
    this.#context = context;
    this.#drives = pLimit(context.options.drives);
  }

  stop(): void {
    this.#stopped = true;
    this.#migrations.clear();
    this.#recalls.clear();
    this.#drives.clearQueue();
    this.#tellQuiet();
  }

  onEvent(event: ServerEvent): void {
    const delay = this.#context.options.migrationDelay;
    if (delay === undefined || this.#stopped) return;
    if (event.type === 'openw') {
      this.#writing.add(event.path);
      return;
    }
    if (event.type === 'closew') this.#writing.delete(event.path);
    this.#migrations.set(event.path, Math.max(delay(), event.type === 'mv' ? renameSeconds : 0));
  }

  /** What the server had open died with it. */
  serverDied(): void {
    this.#writing.clear();
  }

  async onPrepare(request: PrepareRecord): Promise<string> {
    if (request.kind === 'query') {
      const paths = request.paths.length > 0 ? request.paths : this.#requests.pathsOf(request.requestId);
      return queryAnswer(request.requestId, paths, this.#requests, this.#context.store);
    }
    if (request.kind === 'cancel') {
      const paths = request.paths.length > 0 ? request.paths : this.#requests.pathsOf(request.requestId);
      for (const path of paths) {
        if (this.#requests.cancel(request.requestId, path) && this.#recalls.delete(path)) this.#recallEnded();
      }
    }
    if (request.kind === 'stage') {
      // Answered at once: xrootd loses requests when many programs wait (server_config.ts).
      for (const path of request.paths) {
        this.#track(() => this.requestStage(path, request.requestId, request.time));
      }
    }
    if (request.kind === 'evict') {
      this.#track(async () => {
        await Promise.all(request.paths.map((path) => this.#evictWhenPossible(path)));
      });
    }
    return '';
  }

  async requestStage(path: string, requestId: string, time: Date): Promise<void> {
    if (!this.#requests.add(requestId, path, time)) return;
    const state = await this.#context.store.look(path);
    if (state?.offline !== true) {
      this.#requests.done(path);
      return;
    }
    if (!this.isWaiting(path)) return; // cancelled
    const { mountDelay, stageDelay } = this.#context.options;
    if (this.#recalling++ === 0) this.#mountedAt = Date.now() + mountDelay() * 1000;
    this.#recalls.set(path, Math.max(0, this.#mountedAt - Date.now()) / 1000 + stageDelay());
  }

  isWaiting(path: string): boolean {
    return this.#requests.of(path)?.waiting ?? false;
  }

  stageError(path: string): string | undefined {
    return this.#requests.of(path)?.error;
  }

  /** Gives disk copies up. True for those that became stubs. */
  async evict(path: string): Promise<boolean> {
    const { store, ledger, cacheChecksums } = this.#context;
    const state = await store.look(path);
    if (state === undefined || !state.onTape || state.offline || state.size === 0) return false;
    await this.#checksums(async () => {
      // Nobody is there to be asked.
      if (this.#stopped) throw new SandboxError('NotRunning', 'The sandbox is stopped');
      await cacheChecksums(path);
    });
    if (!(await store.evict(path, () => this.#isOpen(path)))) return false;
    ledger?.free(state.size);
    this.#requests.forget(path);
    this.#note('evicted', path);
    return true;
  }

  /** Writes all closed files that aren't on tape to it now. Returns how many were. */
  async migrateAll(): Promise<number> {
    const paths = await this.#unmigrated();
    for (const path of paths) this.#migrations.delete(path);
    const results = await Promise.all(paths.map((path) => this.#drives(() => this.#writeToTape(path))));
    return results.filter(Boolean).length;
  }

  /** Resolves when nothing is left to write to tape. Finds what no event told of, too. */
  async settle(): Promise<void> {
    const { migrationDelay } = this.#context.options;
    while (!this.#stopped) {
      await this.#untilQuiet();
      const missing = await this.#unmigrated();
      if (missing.length === 0 && this.#writing.size === 0 && this.#isQuiet()) return;
      for (const path of missing) this.#migrations.set(path, migrationDelay?.() ?? 0);
      if (missing.length === 0) await sleep(retrySeconds);
    }
  }

  /** Bytes that the disk buffer holds, found by looking. */
  async heldBytes(): Promise<number> {
    const { store, options } = this.#context;
    let held = 0;
    for await (const path of store.walk(options.basePath)) held += (await store.look(path))?.held ?? 0;
    return held;
  }

  async #unmigrated(): Promise<string[]> {
    const { store, options, openFiles } = this.#context;
    const found: string[] = [];
    const open = await openFiles();
    for await (const path of store.walk(options.basePath)) {
      const state = await store.look(path);
      if (state === undefined || state.onTape || state.pending || this.#failsMigration(path)) continue;
      const busy = open === undefined ? this.#writing.has(path) : open.has(store.diskPath(path));
      if (busy) continue;
      // Its close was seen, even if the event is still on its way.
      this.#writing.delete(path);
      found.push(path);
    }
    return found;
  }

  async #migrate(path: string): Promise<void> {
    const migrated = await this.#drives(() => this.#writeToTape(path));
    if (migrated && this.#context.options.evictAfterMigration) await this.#evictWhenPossible(path);
  }

  #writeToTape(path: string): Promise<boolean> {
    return this.#toTape.run(path, undefined, () => this.#writeOneToTape(path));
  }

  async #writeOneToTape(path: string): Promise<boolean> {
    const { store } = this.#context;
    if (this.#stopped || this.#writing.has(path)) return false;
    const state = await store.look(path);
    if (state === undefined) {
      // Gone, or a renamed directory.
      for await (const child of store.walk(path)) this.#migrations.set(child, 0);
      return false;
    }
    if (state.onTape || state.pending) return false;
    if (this.#failsMigration(path)) {
      this.#note('migration failed', path, 'failMigration');
      return false;
    }
    try {
      const migrated = await store.writeToTape(path, () => Promise.resolve(this.#writing.has(path)));
      if (migrated) this.#note('migrated', path);
      return migrated;
    } catch (error) {
      this.#note('migration failed', path, String(error));
      return false;
    }
  }

  async #recall(path: string): Promise<void> {
    const { store, ledger, options } = this.#context;
    if (this.#stopped) return;
    if (options.failStage(this.#relative(path))) {
      this.#requests.done(path, 'failStage: the tape can not be read');
      this.#note('stage failed', path, 'failStage');
      this.#recallEnded();
      return;
    }
    if (options.neverStage(this.#relative(path))) {
      // Asked for, never answered: a tape that nobody mounts.
      this.#recallEnded();
      return;
    }
    const size = (await store.look(path))?.size ?? 0;
    if (ledger?.fits(size) === false) {
      // As tape systems do: it waits for room.
      this.#recalls.set(path, retrySeconds);
      return;
    }
    ledger?.free(-size);
    try {
      const recalled = await store.recall(path);
      if (!recalled) ledger?.free(size);
      this.#requests.done(path);
      if (recalled) this.#note('staged', path);
    } catch (error) {
      ledger?.free(size);
      this.#requests.done(path, String(error));
      this.#note('stage failed', path, String(error));
    }
    this.#recallEnded();
  }

  #recallEnded(): void {
    this.#recalling--;
  }

  /** A file that somebody reads is evicted when they are done. */
  async #evictWhenPossible(path: string): Promise<void> {
    try {
      while (!this.#stopped && !(await this.evict(path))) {
        if (!(await this.#isOpen(path))) return;
        await sleep(retrySeconds);
      }
    } catch (error) {
      if (!this.#stopped) this.#note('evict failed', path, String(error));
    }
  }

  async #isOpen(path: string): Promise<boolean> {
    const open = await this.#context.openFiles();
    return open?.has(this.#context.store.diskPath(path)) ?? this.#writing.has(path);
  }

  #failsMigration(path: string): boolean {
    return this.#context.options.failMigration(this.#relative(path));
  }

  #relative(path: string): string {
    return path.slice(this.#context.options.basePath.length + 1);
  }

  #note(type: TapeActivity['type'], path: string, error?: string): void {
    this.activity.push({ type, path, time: new Date(), ...(error === undefined ? {} : { error }) });
  }

  #track(work: () => Promise<void>): void {
    this.#migrating++;
    const ended = (): void => {
      this.#migrating--;
      if (this.#isQuiet()) this.#tellQuiet();
    };
    work().then(ended, (error: unknown) => {
      // Nothing of a stopping sandbox is news: its files are going away.
      if (!this.#stopped) process.emitWarning(`tape robot: ${String(error)}`);
      ended();
    });
  }

  #isQuiet(): boolean {
    return this.#migrating === 0 && this.#migrations.size === 0;
  }

  async #untilQuiet(): Promise<void> {
    if (this.#isQuiet() || this.#stopped) return;
    await new Promise<void>((resolve) => this.#whenQuiet.push(resolve));
  }

  #tellQuiet(): void {
    const waiting = this.#whenQuiet;
    this.#whenQuiet = [];
    for (const resolve of waiting) resolve();
  }
}

async function sleep(seconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
