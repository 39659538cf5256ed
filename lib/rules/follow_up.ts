/** When the server is asked again about a record that has left the cache and isn't known to be on tape; and what its answer means. */

const DAY = 86_400_000;

export interface Followed {
  /** When its local file was allowed to go. Milliseconds since the epoch, as all times here. */
  removing: number | null;
  /** When the server was last asked; null: never since then. */
  followed: number | null;
  lost: number | null;
}

/**
 * In each pass while it is young, and at least once a day: after a tenth of its age. A lost one always, since somebody may have brought
 * it back.
 */
export function isDue({ removing, followed, lost }: Followed, now: number): boolean {
  if (lost !== null || followed === null || removing === null) return true;
  const age = followed - removing;
  // A clock that was put back counts as due.
  return now < followed || now - followed >= Math.min(DAY, age / 10);
}
