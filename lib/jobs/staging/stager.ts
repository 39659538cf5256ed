/**
 * Brings files from tape to the disk buffer. It requests them in batches, at most as many as the buffer should hold, and polls until
 * each is online, has failed, or is past its deadline. One loop does this for all files; each caller waits on a promise.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveConfig, Logger } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import { nextPoll, pickForStaging } from '../../rules/staging.js';
import type { XRootDError } from '../../xrdcl/index.js';
import type { Emit } from '../events/event_bus.js';
import { PrepareBatches } from './prepare_batches.js';
import { groupByRequest, StagePoll } from './stage_poll.js';
import { StagedFiles } from './staged_files.js';

/** A file that didn't come online. */
export class StageError extends Error {
  /** The name of this class of errors. */
  override readonly name = 'StageError';
  /** `StageFailed`: the server says that it can't be staged. `StageTimeout`: it wasn't online in time. */
  readonly code: 'StageFailed' | 'StageTimeout';

  /**
   * Makes the error.
   * @param code why it isn't online
   * @param message the error's text
   */
  constructor(code: StageError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface StagerContext {
  config: Pick<
    ArchiveConfig,
    | 'stageBatchFiles'
    | 'stageMaxFiles'
    | 'stageMaxBytes'
    | 'stagePollMinSeconds'
    | 'stagePollMaxSeconds'
    | 'stageDeadlineSeconds'
  >;
  store: RemoteStore;
  emit: Emit;
  logger: Logger;
  /** Requests of an earlier run, by file: they are waited for, and not sent again. Default: none. */
  adopted?: ReadonlyMap<string, string>;
  /** Called with each request before anything else is done with it. */
  record?: (requestId: string, names: string[]) => Promise<void>;
  signal: AbortSignal;
}

interface Wanted {
  name: string;
  size: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

interface Pending extends Wanted {
  requestId: string;
  /** Asked for by an earlier run. */
  adopted: boolean;
  /** Milliseconds, of performance.now(). */
  deadline: number;
}

/** How long a request waits for more files to join it. */
const lingerMilliseconds = 20;
/** After this number of polls in a row without the server, all waiting files fail. */
const lostPolls = 3;

export class Stager {
  /** The files that were requested from tape, by this run and the earlier one. */
  readonly staged: StagedFiles;
  readonly #context: StagerContext;
  readonly #batches: PrepareBatches;
  readonly #poll: StagePoll;
  readonly #waiting: Wanted[] = [];
  readonly #pending = new Map<string, Pending>();
  /** Bytes of the files that are online and not yet released, by name: they fill the disk buffer. */
  readonly #held = new Map<string, number>();
  /** A second caller for the same file waits for the same promise. */
  readonly #asked = new Map<string, Promise<void>>();
  /** Requests of the earlier run that the server still knows, by name. */
  readonly #adopted: Map<string, string>;
  #loop: Promise<void> | undefined;
  #wake = new AbortController();

  constructor(context: StagerContext) {
    this.#context = context;
    this.#batches = new PrepareBatches(context.config.stageBatchFiles);
    this.#poll = new StagePoll(context.store, context.logger, context.signal);
    this.#adopted = new Map(context.adopted);
    this.staged = new StagedFiles(context, this.#adopted.keys());
  }

  /** Files that wait for tape. */
  get waiting(): number {
    return this.#waiting.length + this.#pending.size;
  }

  /**
   * Resolves once the file is online, for all callers that wait for it.
   * @throws {StageError} when the server says that it can't be staged, or the deadline has passed; {XRootDError}; the
   * signal's reason
   */
  online(name: string, size: number): Promise<void> {
    const asked = this.#asked.get(name);
    if (asked !== undefined) return asked;
    const answer = this.#ask(name, size).finally(() => this.#asked.delete(name));
    this.#asked.set(name, answer);
    return answer;
  }

  #ask(name: string, size: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const wanted = { name, size, resolve, reject };
      const requestId = this.#adopted.get(name);
      if (requestId === undefined) this.#waiting.push(wanted);
      else this.#await(wanted, requestId, true);
      this.#loop ??= this.#serve();
      // Request it now if there is room, rather than at the next poll.
      this.#wake.abort();
    });
  }

  /** The caller is done with an online file: another may take its room. */
  release(name: string): void {
    if (this.#held.delete(name)) this.#wake.abort();
  }

  /** Clears `#loop` in the same step that finds nothing waiting, so that a file that comes right after it starts a new loop. */
  async #serve(): Promise<void> {
    do await this.#run();
    while (this.waiting > 0);
    this.#loop = undefined;
  }

  async #run(): Promise<void> {
    const { config, signal } = this.#context;
    let seconds = config.stagePollMinSeconds;
    let pollAt = performance.now() + seconds * 1000;
    let lost = 0;
    try {
      while (this.waiting > 0) {
        await this.#pause(Math.max(lingerMilliseconds, pollAt - performance.now()));
        await this.#request();
        if (performance.now() < pollAt) continue;
        const { progressed, failure } = await this.#look();
        lost = failure === undefined ? 0 : lost + 1;
        if (failure !== undefined && lost >= lostPolls) throw failure;
        seconds = nextPoll({
          previousSeconds: seconds,
          minSeconds: config.stagePollMinSeconds,
          maxSeconds: config.stagePollMaxSeconds,
          progressed,
          random: Math.random(),
        });
        pollAt = performance.now() + seconds * 1000;
      }
    } catch (error) {
      await this.#giveUp(signal.aborted ? signal.reason : error);
    }
  }

  /** Ends early, `lingerMilliseconds` after a file was asked for, so that files asked for together go into one request. */
  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#context;
    const until = AbortSignal.any([signal, this.#wake.signal]);
    await sleep(milliseconds, undefined, { signal: until }).catch(() => undefined);
    signal.throwIfAborted();
    if (!this.#wake.signal.aborted) return;
    await sleep(lingerMilliseconds);
    this.#wake = new AbortController();
  }

  async #request(): Promise<void> {
    const { config, store, emit, record, signal } = this.#context;
    for (;;) {
      const inFlight = {
        files: this.#pending.size + this.#held.size,
        bytes: sum(Array.from(this.#pending.values(), ({ size }) => size)) + sum(this.#held.values()),
      };
      const picked = pickForStaging(this.#waiting, inFlight, {
        batchFiles: config.stageBatchFiles,
        maxFiles: config.stageMaxFiles,
        maxBytes: config.stageMaxBytes,
      });
      if (picked.length === 0) return;
      this.#waiting.splice(0, picked.length);
      const wanted = new Map(picked.map((each) => [each.name, each]));
      try {
        const refused = await this.#batches.send(
          [...wanted.keys()],
          (names) => store.stage(names, signal),
          async ({ names, result: requestId }) => {
            await record?.(requestId, [...names]);
            for (const name of names) {
              const each = wanted.get(name);
              if (each !== undefined) this.#await(each, requestId);
            }
            emit({ type: 'stage:requested', paths: [...names], requestId });
          },
        );
        for (const { name, error } of refused) wanted.get(name)?.reject(error);
      } catch (error) {
        for (const [name, each] of wanted) if (!this.#pending.has(name)) each.reject(error);
        throw error;
      }
    }
  }

  #await(wanted: Wanted, requestId: string, adopted = false): void {
    const { name } = wanted;
    this.staged.add(name);
    const deadline = performance.now() + this.#context.config.stageDeadlineSeconds * 1000;
    this.#pending.set(name, { ...wanted, requestId, adopted, deadline });
  }

  async #look(): Promise<{ progressed: boolean; failure: XRootDError | undefined }> {
    const { emit, config } = this.#context;
    let progressed = false;
    const { seen, failure } = await this.#poll.look([...this.#pending.values()], (pending) => {
      progressed = true;
      this.#pending.delete(pending.name);
      this.#held.set(pending.name, pending.size);
      emit({ type: 'stage:online', path: pending.name });
      pending.resolve();
    });
    for (const { asked: pending, staged, answer } of seen) {
      // EOS leaves files with too many requests out of one (docs/servers.md).
      if (answer?.hasRequest === true) this.staged.add(pending.name);
      else if (answer?.hasRequest === false && answer.requested === true) this.staged.leave(pending.name);
      if (pending.adopted && answer?.requested === false && answer.online === false) {
        // The server has forgotten the request of the earlier run.
        this.#pending.delete(pending.name);
        this.#adopted.delete(pending.name);
        this.#waiting.push(pending);
      } else if (staged.state === 'failed') {
        this.#pending.delete(pending.name);
        pending.reject(new StageError('StageFailed', staged.reason));
      }
    }
    const now = performance.now();
    const late = [...this.#pending.values()].filter(({ deadline }) => deadline <= now);
    await this.#cancel(late);
    const message = `not online ${config.stageDeadlineSeconds} s after it was asked for (stage_deadline_seconds)`;
    for (const { reject } of late) reject(new StageError('StageTimeout', message));
    return { progressed, failure };
  }

  async #giveUp(error: unknown): Promise<void> {
    const waiting = this.#waiting.splice(0);
    const pending = [...this.#pending.values()];
    await this.#cancel(pending);
    for (const { reject } of [...pending, ...waiting]) reject(error);
  }

  /** Takes no signal: after an abort the request must be cancelled all the same. */
  async #cancel(pending: readonly Pending[]): Promise<void> {
    const { store, logger } = this.#context;
    for (const { name } of pending) this.#pending.delete(name);
    for (const [requestId, names] of groupByRequest(pending)) {
      const cancelled = await store.cancelStage(requestId, names).then(
        () => true,
        (failure: unknown) => {
          logger.warn(`a stage request was not cancelled: ${String(failure)}`, { requestId });
          return false;
        },
      );
      if (cancelled) await this.staged.cancelled(names);
      else this.staged.withdraw(names);
    }
  }

  /** Resolves when no file waits any more. */
  async idle(): Promise<void> {
    await this.#loop;
  }
}

function sum(sizes: Iterable<number>): number {
  let bytes = 0;
  for (const size of sizes) bytes += size;
  return bytes;
}
