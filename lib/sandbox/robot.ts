import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { SandboxError } from './error.js';
import type { ServerEvent } from './event_pipe.js';
import { Migrations } from './migrations.js';
import type { PrepareRecord, Question } from './prepare_channel.js';
import { queryAnswer } from './query_answer.js';
import { Recalls } from './recalls.js';
import { RequestBook } from './request_book.js';
import {
  relativePath,
  retrySeconds,
  type RobotContext,
  type RobotPart,
  type TapeActivity,
} from './robot_context.js';
import type { Eviction } from './tape_store.js';
import { SerialByKey } from '../xrdcl/serial_by_key.js';

/** The tape robot: writes closed files to tape, stages, evicts, and answers what xrootd asks it. */
export class TapeRobot {
  readonly activity: TapeActivity[] = [];
  readonly #context: RobotContext;
  readonly #requests = new RequestBook();
  readonly #migrations: Migrations;
  readonly #recalls: Recalls;
  readonly #drives;
  readonly #files = new SerialByKey();
  /**
   * One at a time: of several at once xrootd answers some with 3012, "Program failed", and some never. Its table of jobs
   * loses sight of the first one when a later one ends (read in XrdOucTable::Remove, 5.5.3 to 6.1.0).
   */
  readonly #checksums = pLimit(1);
  /** Those that clients have asked for. */
  readonly #evictions = new Set<Promise<void>>();
  #stopped = false;

  constructor(context: RobotContext) {
    this.#context = context;
    const drives = pLimit(context.options.drives);
    this.#drives = drives;
    const part: RobotPart = {
      ...context,
      onDrive: (work) => drives(work),
      alone: (path, work) => this.#files.run(path, undefined, work),
      note: (type, path, error) => {
        this.#note(type, path, error);
      },
    };
    this.#recalls = new Recalls(part, this.#requests);
    this.#migrations = new Migrations(part, async (path) => {
      if (context.options.evictAfterMigration) await this.#evictWhenPossible(path);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#recalls.stop();
    this.#drives.clearQueue();
    this.#migrations.stop();
  }

  onEvent(event: ServerEvent): void {
    this.#migrations.onEvent(event);
  }

  serverDied(): void {
    this.#migrations.serverDied();
  }

  async onPrepare({ kind, requestId, paths, time }: PrepareRecord): Promise<string> {
    const { work } = this.#migrations;
    const meant = () => (paths.length > 0 ? paths : this.#requests.pathsOf(requestId));
    switch (kind) {
      case 'query':
        return queryAnswer(requestId, meant(), this.#requests, this.#context.store);
      case 'cancel':
        for (const path of meant()) this.#recalls.cancel(path, requestId);
        break;
      case 'stage':
        // Answered at once: xrootd loses requests when many programs wait (server_config.ts).
        for (const path of paths) work.begin(() => this.requestStage(path, requestId, time));
        break;
      case 'evict':
        work.begin(async () => {
          const unpinned = paths.filter((path) => this.#unpin(path));
          const evictions = Promise.all(unpinned.map((path) => this.#evictWhenPossible(path))).then(
            () => undefined,
          );
          this.#evictions.add(evictions);
          await evictions.finally(() => this.#evictions.delete(evictions));
        });
        break;
      case 'prep':
        break;
    }
    return '';
  }

  onQuestion(question: Question): string {
    const { options } = this.#context;
    if (question.about === 'commit')
      return options.failCommit?.(relativePath(options, question.path)) === true ? 'failCommit' : '';
    const { requestId, paths } = question;
    const most = options.maxStageRequests ?? Infinity;
    const refused = paths.flatMap((path, place) =>
      this.#requests.admit(requestId, path, most) ? [] : [String(place)],
    );
    return refused.join(' ');
  }

  requestStage(path: string, requestId: string, time: Date): Promise<void> {
    return this.#recalls.request(path, requestId, time);
  }

  isWaiting(path: string): boolean {
    return this.#requests.of(path)?.waiting ?? false;
  }

  stageError(path: string): string | undefined {
    return this.#requests.of(path)?.error;
  }

  /** Gives a disk copy up: it becomes a stub. */
  evict(path: string): Promise<Eviction> {
    const asked = new Date();
    return this.#files.run(path, undefined, () => this.#evict(path, asked));
  }

  async #evict(path: string, asked: Date): Promise<Eviction> {
    const { store, ledger, cacheChecksums } = this.#context;
    const state = await store.look(path);
    if (state === undefined || !state.onTape || state.offline || state.size === 0) return 'stays';
    await this.#checksums(async () => {
      // Nobody is there to be asked.
      if (this.#stopped) throw new SandboxError('NotRunning', 'The sandbox is stopped');
      await cacheChecksums(path);
    });
    const eviction = await store.evict(path, () => this.#isOpen(path));
    if (eviction !== 'evicted') return eviction;
    ledger?.free(state.size);
    this.#requests.forget(path, asked);
    this.#note('evicted', path);
    return eviction;
  }

  /** Writes all closed files that aren't on tape to it now. Returns how many were. */
  migrateAll(): Promise<number> {
    return this.#migrations.all();
  }

  /** Resolves when nothing is left to write to tape. Finds what no event told of, too. */
  settle(): Promise<void> {
    return this.#migrations.settle();
  }

  /** Resolves when no eviction that a client asked for is going on. */
  async evictionsEnd(): Promise<void> {
    while (this.#evictions.size > 0) await Promise.all(this.#evictions);
  }

  /** Bytes that the disk buffer holds, found by looking. */
  async heldBytes(): Promise<number> {
    const { store, options } = this.#context;
    let held = 0;
    for await (const path of store.walk(options.basePath)) held += (await store.look(path))?.held ?? 0;
    return held;
  }

  /** Takes the pin of one stage request away. False if others keep the file. */
  #unpin(path: string): boolean {
    return !this.#context.options.countEvictions || this.#requests.unpin(path);
  }

  /** A file that somebody reads is evicted when they are done. */
  async #evictWhenPossible(path: string): Promise<void> {
    try {
      while (!this.#stopped && (await this.evict(path)) === 'in use') await sleep(retrySeconds * 1000);
    } catch (error) {
      if (!this.#stopped) this.#note('evict failed', path, String(error));
    }
  }

  async #isOpen(path: string): Promise<boolean> {
    const open = await this.#context.openFiles();
    return open?.has(this.#context.store.diskPath(path)) ?? this.#migrations.isWriting(path);
  }

  #note(type: TapeActivity['type'], path: string, error?: string): void {
    this.activity.push({ type, path, time: new Date(), ...(error === undefined ? {} : { error }) });
  }
}
