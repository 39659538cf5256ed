/** A server whose stat shows nothing on tape, while its answers to prepare queries do (rucio/rucio#6001). */
import type { Logger } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import { NO_FILE_ON_TAPE, TapeQueries } from '../../remote/tape_queries.js';

export interface Told {
  message: string;
  fields: Record<string, unknown>;
}

const TOLD =
  'nothing could be removed: no stat shows the flag BackUpExists, but prepare queries say "on_tape". Ask the operators of the ' +
  'server to have stat tell it too; or, if they confirm that "on_tape" means a whole copy of the file as it is now, set ' +
  'tape_state: query';
const TOLD_OF_ALL =
  'nothing could be removed: no stat shows the flag BackUpExists, and prepare queries say "on_tape" even of a file that does ' +
  'not exist, so they prove nothing. Ask the operators of the server how tape can be told';

/** What prepare queries say of tape where no stat says anything, as a warning; undefined: nothing either. Never rejects. */
export async function toldByQuery(
  names: readonly string[],
  store: RemoteStore,
  logger: Logger,
): Promise<Told | undefined> {
  const problems = new Set<string>();
  const queries = new TapeQueries(store, (message, fields) => {
    problems.add(message);
    logger.debug(message, fields);
  });
  try {
    const stats = await store.statMany(names);
    const ask = async (stat: (typeof stats)[number], index: number) =>
      stat !== null && !(stat instanceof Error) && (await queries.onTape(names[index] ?? '', stat));
    const answers = await Promise.all(stats.map(ask));
    if (problems.has(NO_FILE_ON_TAPE)) return { message: TOLD_OF_ALL, fields: {} };
    const onTape = names.filter((_, index) => answers[index]);
    const [example] = onTape;
    if (example === undefined) return undefined;
    return { message: TOLD, fields: { asked: names.length, onTape: onTape.length, example } };
  } catch (error) {
    // The pass is over, and has told all that it found.
    logger.debug(`what prepare queries say of tape could not be found out: ${String(error)}`);
    return undefined;
  }
}

/** What a pass sees of tape: whether any stat says that a file is there, and some files that only wait for it. */
export class TapeSigns {
  seen = false;
  readonly waiting: string[] = [];

  add(path: string): void {
    if (this.waiting.length < mostWaiting) this.waiting.push(path);
  }
}

/** Enough to ask the server about. */
const mostWaiting = 20;
