/** The way back from tape: stage requests, the time that a mount takes, and the room in the disk buffer. */
import { DueQueue } from './due_queue.js';
import type { RequestBook } from './request_book.js';
import { relativePath, retrySeconds, type RobotPart } from './robot_context.js';

export class Recalls {
  readonly #robot: RobotPart;
  readonly #requests: RequestBook;
  readonly #due = new DueQueue((path) => {
    void this.#robot.onDrive(() => this.#robot.alone(path, () => this.#recall(path)));
  });
  /** Files that are to come, and haven't yet. */
  #recalling = 0;
  #mountedAt = 0;
  #stopped = false;

  constructor(robot: RobotPart, requests: RequestBook) {
    this.#robot = robot;
    this.#requests = requests;
  }

  stop(): void {
    this.#stopped = true;
    this.#due.clear();
  }

  /** A request that comes in mid-eviction waits for its end: clients see the file offline before that. */
  async request(path: string, requestId: string, time: Date): Promise<void> {
    if (!this.#requests.add(requestId, path, time)) return;
    await this.#robot.alone(path, () => this.#plan(path));
  }

  async #plan(path: string): Promise<void> {
    const state = await this.#robot.store.look(path);
    if (state?.offline !== true) {
      this.#requests.done(path);
      return;
    }
    const cancelled = this.#requests.of(path)?.waiting !== true;
    if (cancelled) return;
    const { mountDelay, stageDelay } = this.#robot.options;
    if (this.#recalling++ === 0) this.#mountedAt = Date.now() + mountDelay() * 1000;
    this.#due.set(path, Math.max(0, this.#mountedAt - Date.now()) / 1000 + stageDelay());
  }

  cancel(path: string, requestId: string): void {
    if (this.#requests.cancel(requestId, path) && this.#due.delete(path)) this.#recalling--;
  }

  async #recall(path: string): Promise<void> {
    const { store, ledger, options, note } = this.#robot;
    if (this.#stopped) return;
    const relative = relativePath(options, path);
    const fails = options.failStage(relative);
    const readable = !fails && !options.neverStage(relative);
    const size = readable ? ((await store.look(path))?.size ?? 0) : 0;
    if (readable && ledger?.fits(size) === false) {
      // As tape systems do: it waits for room.
      this.#due.set(path, retrySeconds);
      return;
    }
    try {
      if (readable) await this.#bring(path, size);
      else if (fails) {
        this.#requests.done(path, 'failStage: the tape can not be read');
        note('stage failed', path, 'failStage');
      }
      // Otherwise (neverStage) the request stays open, as for a tape that nobody mounts.
    } finally {
      this.#recalling--;
    }
  }

  async #bring(path: string, size: number): Promise<void> {
    const { store, ledger, note } = this.#robot;
    ledger?.free(-size);
    try {
      const recalled = await store.recall(path);
      if (!recalled) ledger?.free(size);
      this.#requests.done(path);
      if (recalled) note('staged', path);
    } catch (error) {
      ledger?.free(size);
      this.#requests.done(path, String(error));
      note('stage failed', path, String(error));
    }
  }
}
