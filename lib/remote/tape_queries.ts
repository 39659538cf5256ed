/** Asks by prepare queries which files are on tape, for servers whose stat doesn't tell (rucio/rucio#6001). */
import { randomUUID } from 'node:crypto';
import { Once } from '../flow/once.js';
import { unlessAborted } from '../flow/unless_aborted.js';
import { RESERVED_PREFIX } from '../rules/names.js';
import type { StageAnswer } from '../rules/stage_answer.js';
import { saysOnTape } from '../rules/tape_told.js';
import { XRootDError } from '../xrdcl/index.js';
import { BatchedQuestions } from './batched_questions.js';
import type { RemoteStat, RemoteStore } from './store.js';

/** Called when the answers are of no use, once for each reason. */
export type TapeProblem = (message: string, fields: Record<string, unknown>) => void;

/** Names in one query: xrootd takes 48 by default. */
const together = 40;
/** Names in work at once. */
const most = 2 * together;

export const NO_FILE_ON_TAPE =
  'the server says "on_tape" also of a file that does not exist: what it says of tape in the answer to prepare queries is not believed';
const NOT_ANSWERED = 'prepare queries are not answered: what is on tape is not known';

export class TapeQueries {
  readonly #store: Pick<RemoteStore, 'queryStage'>;
  readonly #onProblem: TapeProblem;
  readonly #questions: BatchedQuestions<StageAnswer | null>;
  readonly #believable = new Once(() => this.#askOfNothing());
  #unsupported = false;
  readonly #told = new Set<string>();

  constructor(store: Pick<RemoteStore, 'queryStage'>, onProblem: TapeProblem) {
    this.#store = store;
    this.#onProblem = onProblem;
    this.#questions = new BatchedQuestions((names, signal) => this.#ask(names, signal), { most, together });
  }

  /**
   * Does the server say that it has this file on tape? Every call asks anew.
   * @param seen a stat of this file
   * @throws {XRootDError} when the server is gone or refuses us; the signal's reason
   */
  async onTape(name: string, seen: RemoteStat, signal?: AbortSignal): Promise<boolean> {
    if (!(await unlessAborted(this.#believable.get(), signal))) return false;
    return saysOnTape((await this.#questions.ask(name, signal)) ?? undefined, seen);
  }

  /** A server that has everything on tape, even what isn't there, hasn't looked. */
  async #askOfNothing(): Promise<boolean> {
    const name = `${RESERVED_PREFIX}nothing-${randomUUID()}`;
    const [answer] = await this.#ask([name], undefined);
    if (answer?.onTape !== true) return true;
    this.#tell(NO_FILE_ON_TAPE, {});
    return false;
  }

  async #ask(names: readonly string[], signal: AbortSignal | undefined): Promise<(StageAnswer | null)[]> {
    const answers = new Map<string, StageAnswer>();
    await this.#collect(names, answers, signal);
    return names.map((name) => answers.get(name) ?? null);
  }

  async #collect(
    names: readonly string[],
    answers: Map<string, StageAnswer>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    // A long answer may have been cut: those that it doesn't name are asked about again.
    for (let left = names; left.length > 0 && !this.#unsupported;) {
      let told: ReadonlyMap<string, StageAnswer>;
      try {
        told = await this.#store.queryStage(randomUUID(), left, signal);
      } catch (error) {
        await this.#afterFailure(error, left, answers, signal);
        return;
      }
      for (const [name, answer] of told) answers.set(name, answer);
      const rest = left.filter((name) => !told.has(name));
      if (rest.length === left.length) return;
      left = rest;
    }
  }

  async #afterFailure(
    error: unknown,
    names: readonly string[],
    answers: Map<string, StageAnswer>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (!(error instanceof XRootDError) || error.isConnectionFailure || error.isRefusal) throw error;
    if (error.code === 'Unsupported' || error.code === 'InvalidRequest') this.#unsupported = true;
    if (this.#unsupported || names.length === 1) {
      this.#tell(NOT_ANSWERED, { error: error.message });
      return;
    }
    const half = Math.ceil(names.length / 2);
    await this.#collect(names.slice(0, half), answers, signal);
    await this.#collect(names.slice(half), answers, signal);
  }

  #tell(message: string, fields: Record<string, unknown>): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#onProblem(message, fields);
  }
}
