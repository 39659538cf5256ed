/** Whether a pass looks at chosen records only. It then says nothing of the archive as a whole: it is no news, and clears no alarm. Pure. */
import type { Report } from '../events/report.js';

/** Options by which records are chosen, perhaps before anybody has checked them. */
export interface Choice {
  paths?: unknown;
  list?: unknown;
  /** Another side than the cache or the catalogue may have any records. */
  against?: unknown;
}

/** `.`, which is everything. */
const BASE = /^(\.?\/)*\.?$/;

/**
 * Samples, times and a drill's draw take from the whole archive, as schedules do each day: such a pass is news, and must be heard of when it
 * fails.
 */
export function isPartial(job: Report['job'], choice: Choice): boolean {
  const { paths, list, against } = choice;
  // With paths, also with `.`, a backup leaves out what only a whole pass does.
  if (job === 'backup') return paths !== undefined;
  if (list !== undefined || !isEverything(paths)) return true;
  return (
    typeof against === 'object' && against !== null && ('directory' in against || 'checksums' in against)
  );
}

function isEverything(paths: unknown): boolean {
  if (!Array.isArray(paths)) return paths === undefined;
  return paths.every((path) => typeof path === 'string' && BASE.test(path));
}
