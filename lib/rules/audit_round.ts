/**
 * Which rows a sampled audit takes. It walks through the catalogue in rounds, in the order of the paths: runs of N per cent each are
 * through it after 100/N runs. Rows that come behind the place where it is are in the next round.
 */

/** Where a round is between two runs. */
export interface AuditRound {
  /** Path of the last row that was taken; empty at the beginning. */
  after: string;
  /** Per cent of the round, below 100. */
  done: number;
}

export const NEW_ROUND: AuditRound = { after: '', done: 0 };

/** Sums of parts like 0.1 are a little off. */
const TOLERANCE = 1e-6;

/** Is this run the last of its round? It takes all that is left, also what comes meanwhile. */
export function endsRound(percent: number, { done }: AuditRound): boolean {
  return percent >= 100 - done - TOLERANCE;
}

/** @param left rows of the round that haven't been taken yet: their number may have grown, and is shared out among the runs to come */
export function rowsToTake(percent: number, round: AuditRound, left: number): number {
  return endsRound(percent, round) ? left : Math.ceil((left * percent) / (100 - round.done));
}

/**
 * Where the round is after a run. A run that was interrupted counts for what it took.
 * @param last path of the last row that it took, of all that it took in order; undefined: none
 */
export function roundAfter(
  percent: number,
  round: AuditRound,
  { taken, toTake, last }: { taken: number; toTake: number; last: string | undefined },
): AuditRound {
  if (taken >= toTake && endsRound(percent, round)) return NEW_ROUND;
  const part = toTake === 0 ? 1 : Math.min(1, taken / toTake);
  return { after: last ?? round.after, done: Math.min(round.done + percent * part, 100 - TOLERANCE) };
}

/** As the catalogue keeps it. */
export function roundText(round: AuditRound): string {
  return JSON.stringify(round);
}

/** Text that can't be read begins a new round. */
export function parseRound(text: string | undefined): AuditRound {
  try {
    const { after, done } = JSON.parse(text ?? '') as Record<string, unknown>;
    if (typeof after === 'string' && typeof done === 'number' && done >= 0 && done < 100)
      return { after, done };
  } catch {
    // Below.
  }
  return NEW_ROUND;
}
