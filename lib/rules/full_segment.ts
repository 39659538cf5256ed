/** When a segment with all rows of a catalogue is due, at which a rebuild can begin. */

export interface SegmentsSinceFull {
  /** Segments since the last full one. */
  segments: number;
  /** Rows in them. */
  rows: number;
  /** Is there a full one? */
  hasFull: boolean;
}

/** Fewer are read in no time. */
export const LEAST_SEGMENTS = 50;

/** Is it worth to count the rows that the catalogue has? */
export function mayFullBeDue({ segments, hasFull }: SegmentsSinceFull, least = LEAST_SEGMENTS): boolean {
  return !hasFull || segments >= least;
}

/**
 * Once the segments since the last full one have more rows than the catalogue: then a full one is shorter than they are, and all full
 * ones together are no longer than all the others.
 * @param known rows of the catalogue
 */
export function isFullDue(since: SegmentsSinceFull, known: number, least = LEAST_SEGMENTS): boolean {
  return mayFullBeDue(since, least) && (!since.hasFull || since.rows > known);
}
