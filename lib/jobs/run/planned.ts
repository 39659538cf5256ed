/** What a dry run tells of a file that it would have changed. Pure. */
import type { JobEventOf } from '../events/events.js';
import type { Report } from '../events/report.js';
import type { Outcome } from './tally.js';

type Planned = JobEventOf<'file:planned'>;

/** Undefined: nothing would be done to this file, or another event tells of it. */
export function planned(
  job: Report['job'],
  outcome: Outcome,
  { path, size }: { path: string; size: number },
): Planned | undefined {
  const tell = (action: Planned['action'], usual: string): Planned => {
    const reason = ('reason' in outcome && outcome.reason) || usual;
    return { type: 'file:planned', path, size, action, reason };
  };
  // file:removable says more of it; a comparison changes nothing.
  if (job === 'retention' || job === 'verify') return undefined;
  switch (outcome.result) {
    case 'copied':
      return job === 'restore' ? tell('restore', 'not here yet') : tell('copy', 'not on the server yet');
    case 'removed':
      return tell('remove', 'verified copy on the server');
    case 'staged':
    case 'requested':
      return tell('stage', 'not in the disk buffer');
    case 'evicted':
      return tell('evict', 'on tape');
    case 'verified':
      return tell('read back', 'drawn by chance');
    default:
      return undefined;
  }
}
