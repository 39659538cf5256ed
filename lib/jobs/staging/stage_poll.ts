/** Looks once at the files that were requested from tape: which are online, and why the others aren't. */
import type { Logger } from '../../config/index.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import type { StageAnswer } from '../../rules/stage_answer.js';
import { judgeStaged, type Staged } from '../../rules/staging.js';
import { XRootDError } from '../../xrdcl/index.js';
import { isServerFailure } from '../run/failure.js';

/** A file that was requested from tape. */
export interface Asked {
  name: string;
  requestId: string;
}

export interface StageLook<T> {
  /** The verdict on each file, except those that could not be statted. */
  seen: { asked: T; staged: Staged; answer: StageAnswer | undefined }[];
  /** The server was gone, or refused us. */
  failure: XRootDError | undefined;
}

/** Most queries in one look: an answer covers about a dozen files; the rest is queried at the next look. */
const queriesPerLook = 8;

export class StagePoll {
  readonly #store: RemoteStore;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;

  constructor(store: RemoteStore, logger: Logger, signal: AbortSignal) {
    this.#store = store;
    this.#logger = logger;
    this.#signal = signal;
  }

  /** @param onOnline called for each file that is found online, at once */
  async look<T extends Asked>(all: readonly T[], onOnline: (asked: T) => void): Promise<StageLook<T>> {
    const cold: { asked: T; flags: RemoteStat | null }[] = [];
    let failure: XRootDError | undefined;
    const stat = async (asked: T) => {
      try {
        const flags = await this.#store.stat(asked.name, this.#signal);
        if (judgeStaged({ flags }).state === 'online') onOnline(asked);
        else cold.push({ asked, flags });
      } catch (error) {
        this.#signal.throwIfAborted();
        // A file that could not be statted is statted again at the next look; its deadline stays.
        if (isServerFailure(error)) failure = error;
      }
    };
    await Promise.all(all.map(stat));
    const answers =
      failure === undefined ? await this.#query(cold.map(({ asked }) => asked)) : new Map<string, never>();
    const seen = cold.map(({ asked, flags }) => {
      const answer = answers.get(asked.name);
      return { asked, answer, staged: judgeStaged({ flags, answer }) };
    });
    return { seen, failure };
  }

  /** Asks why files don't come. A server may answer for some of them only, or not at all. */
  async #query(cold: readonly Asked[]): Promise<Map<string, StageAnswer>> {
    const answers = new Map<string, StageAnswer>();
    let queries = 0;
    for (const [requestId, names] of groupByRequest(cold)) {
      let left = names;
      while (left.length > 0 && queries < queriesPerLook) {
        queries += 1;
        try {
          const told = await this.#store.queryStage(requestId, left.slice(0, 200), this.#signal);
          for (const [name, answer] of told) answers.set(name, answer);
          const rest = left.filter((name) => !told.has(name));
          // The server doesn't answer such queries.
          if (rest.length === left.length) break;
          left = rest;
        } catch (error) {
          this.#signal.throwIfAborted();
          if (!(error instanceof XRootDError)) throw error;
          const { message } = error;
          this.#logger.debug('query prepare failed; the stat flags alone decide', {
            requestId,
            error: message,
          });
          break;
        }
      }
    }
    return answers;
  }
}

export function groupByRequest(all: Iterable<Asked>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { requestId, name } of all) {
    const names = groups.get(requestId);
    if (names === undefined) groups.set(requestId, [name]);
    else names.push(name);
  }
  return groups;
}
