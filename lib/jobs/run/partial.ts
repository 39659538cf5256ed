/** Whether a pass looks at chosen records only. It then says nothing of the archive as a whole: it is no news, and clears no alarm. Pure. */
import type { Report } from '../events/report.js';

/** Options by which records are chosen. */
export interface Choice {
  paths?: readonly string[] | undefined;
  list?: readonly string[] | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  /** Per cent. */
  sample?: number | undefined;
  /** Another side than the cache or the catalogue may have any records. */
  against?: object | undefined;
}

/** `.`, which is everything. */
const BASE = /^(\.?\/)*\.?$/;

/** The records of a drill and the rows of an audit's round (`samplePercent`) are chosen from the whole archive: that is no choice. */
export function isPartial(job: Report['job'], choice: Choice): boolean {
  const { paths, list, since, until, sample = 100, against = {} } = choice;
  // With paths, also with `.`, a backup leaves out what only a whole pass does.
  if (job === 'backup') return paths !== undefined;
  const isNamed = list !== undefined || (paths ?? []).some((path) => !BASE.test(path));
  const isTimed = since !== undefined || until !== undefined;
  return isNamed || isTimed || sample < 100 || 'directory' in against || 'checksums' in against;
}
