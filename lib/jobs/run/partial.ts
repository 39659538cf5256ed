/** Whether a pass looks at chosen records only. It then says nothing of the archive as a whole: it is no news, and clears no alarm. Pure. */
import type { Report } from '../events/report.js';

/** Options by which records are chosen. */
export interface Choice {
  paths?: readonly string[] | undefined;
  list?: readonly string[] | undefined;
  /** Another side than the cache or the catalogue may have any records. */
  against?: object | undefined;
}

/** `.`, which is everything. */
const BASE = /^(\.?\/)*\.?$/;

/**
 * Samples, times and a drill's draw take from the whole archive, as schedules do each day: such a pass is news, and must be heard of when it
 * fails.
 */
export function isPartial(job: Report['job'], choice: Choice): boolean {
  const { paths, list, against = {} } = choice;
  // With paths, also with `.`, a backup leaves out what only a whole pass does.
  if (job === 'backup') return paths !== undefined;
  const isNamed = list !== undefined || (paths ?? []).some((path) => !BASE.test(path));
  return isNamed || 'directory' in against || 'checksums' in against;
}
