/** The troubles in a pass's report that should be mailed. Pure. */
import type { DiskUsage } from '../jobs/events/events.js';
import type { Failure, Report } from '../jobs/events/report.js';
import { CATALOGUE_UNUSABLE, LOST_COPY } from '../rules/failure_codes.js';
import { bytes, plural } from '../rules/quantities.js';

import { removedWaitOf, tapeWaitOf } from './tape_wait.js';

/** The worst first. */
export const TROUBLE_KINDS = [
  'lost',
  'crash',
  'catalogue',
  'warning',
  'usage',
  'overdue',
  'failure',
] as const;

export interface Trouble {
  kind: (typeof TROUBLE_KINDS)[number];
  /** The same in every pass that meets the same trouble again. */
  key: string;
  /** One line. */
  text: string;
}

/** @param usage the last `usage` event of the pass, if there was one */
export function troublesOf(report: Report, usage: (DiskUsage & { warning: boolean }) | undefined): Trouble[] {
  const { job, error, warnings = [], failures, failed, conflicts, startedAt } = report;
  const troubles: Trouble[] = [];
  if (error !== undefined)
    troubles.push({
      kind: 'crash',
      key: `crash ${job} ${error.code}`,
      text: `${job}, started ${startedAt}: ${error.message}`,
    });
  for (const text of warnings) troubles.push({ kind: 'warning', key: `warning ${text}`, text });
  if (usage?.warning === true)
    troubles.push({
      kind: 'usage',
      key: 'usage',
      text: `The cache's disk is ${usage.usedPercent} % full; ${bytes(usage.available)} are left.`,
    });
  for (const [key, wait, where] of [
    ['overdue', tapeWaitOf(report), ''],
    ['overdue removed', removedWaitOf(report), ', and the cache has no copy any more'],
  ] as const) {
    if (wait === undefined || wait.overdue === 0) continue;
    const { overdue, oldest } = wait;
    const which = oldest === undefined ? '' : `; the oldest is ${oldest.path}, from ${oldest.since}`;
    troubles.push({
      kind: 'overdue',
      key,
      text: `${plural(overdue, 'record')} waited too long${where}${which}.`,
    });
  }
  troubles.push(...failures.map((failure) => failureTrouble(job, failure)));
  const beyond = failed + conflicts - failures.length;
  if (beyond > 0)
    troubles.push({
      kind: 'failure',
      key: `failure ${job} beyond`,
      text: `${plural(beyond, 'more file')} that the report doesn't name; the log does.`,
    });
  return troubles;
}

function failureTrouble(job: Report['job'], { path, code, message }: Failure): Trouble {
  const text = path === '' ? message : `${path}: ${message}`;
  // A pass and an audit find the same.
  if (code === LOST_COPY) return { kind: 'lost', key: `lost ${path}`, text };
  // The message names the file.
  if (code === CATALOGUE_UNUSABLE) return { kind: 'catalogue', key: `catalogue ${path}`, text: message };
  return { kind: 'failure', key: `failure ${job} ${code} ${path}`, text };
}
