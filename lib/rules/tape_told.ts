/** May a file count as on tape because a server says so in the answer to a prepare query (`tape_state`)? */
import type { RemoteFile } from './remote_state.js';
import type { StageAnswer } from './stage_answer.js';

/** What tells of tape: the flag BackUpExists of a stat, the answer `on_tape` to a prepare query, or one of both. */
export type TapeState = 'stat' | 'query' | 'either';

type Flags = Pick<RemoteFile, 'kind' | 'offline' | 'backUpExists'>;

/** Must the server be queried about this file? */
export function asksTape(tapeState: TapeState, { kind, backUpExists }: Flags): boolean {
  if (kind !== 'file' || tapeState === 'stat') return false;
  return tapeState === 'query' || !backUpExists;
}

/**
 * Is the answer believed? Not if it speaks of an error or of no file, or if it contradicts the stat: then it may be the answer for
 * another file that once had this path.
 */
export function saysOnTape(answer: StageAnswer | undefined, { offline }: Flags): boolean {
  if (answer?.onTape !== true || answer.exists === false || answer.error !== undefined) return false;
  return answer.online === undefined || answer.online === !offline;
}
