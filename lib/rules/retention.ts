/** Which files are removed from the online storage, and why all others stay (S12). */
import type { Identity } from './identity.js';
import type { PathDate } from './path_date.js';
import { decide, REASONS, type Decision, type RemovalFacts } from './removal.js';
import type { Selector } from './selection.js';

export interface RetentionRules {
  /** Files that it names always stay. */
  held: Pick<Selector, 'names'>;
  /** Undefined: a file is as old as its last change. */
  dateOf: PathDate | undefined;
  /** Files from before this date may be removed. */
  cutoff: Date;
}

export interface OnlineFile {
  /** Relative to the online storage, and so to the target's base. */
  path: string;
  /** For a file on a server, device and inode are 0, and ctime is mtime. */
  identity: Identity;
}

export const RETAINED = {
  held: 'on hold',
  young: 'not past retention',
  undated: 'no date in its path',
  timeless: 'its time of change is not known',
  absent: 'not on the server',
  partial: 'not whole on the server',
} as const;

export const PAST_RETENTION = `past retention, ${REASONS.onTape}`;

/** Past retention, with the date that says so; or the reason why it isn't. */
export type Age = { past: true; date: Date } | { past: false; reason: string };

export function ageOf({ path, identity }: OnlineFile, { held, dateOf, cutoff }: RetentionRules): Age {
  if (held.names(path)) return { past: false, reason: RETAINED.held };
  const date = dateOf === undefined ? new Date(Number(identity.mtimeNs / 1_000_000n)) : dateOf(path);
  if (date === undefined) return { past: false, reason: RETAINED.undated };
  // A file without a known time has the first second of 1970.
  if (dateOf === undefined && date.getTime() < 1000) return { past: false, reason: RETAINED.timeless };
  return date < cutoff ? { past: true, date } : { past: false, reason: RETAINED.young };
}

export type RetentionFacts = { age: Age } & Pick<RemovalFacts, 'remote' | 'verified' | 'settled' | 'dryRun'>;
export type RetentionDecision = Extract<Decision, { action: 'remove' | 'keep' | 'report' }>;

/**
 * Pure. Answers `remove` only where S1 holds with the state backed_up and compared checksums, whatever the configuration
 * says of backup.
 */
export function decideRetention({ age, ...facts }: RetentionFacts): RetentionDecision {
  if (!age.past) return { action: 'keep', reason: age.reason, perform: false };
  const decision = decide({
    ...facts,
    ...{ autoRemove: 'backed_up', verify: 'bytes', keptLocal: false, room: 'needed' },
  });
  switch (decision.action) {
    case 'copy':
      return { action: 'keep', reason: RETAINED.absent, perform: false };
    case 'replace':
      return { action: 'keep', reason: RETAINED.partial, perform: false };
    case 'remove':
      return { ...decision, reason: PAST_RETENTION };
    default:
      return decision;
  }
}
