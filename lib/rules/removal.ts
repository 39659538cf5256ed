/** What to do with a record, once the state of its remote copy is known (S1, S3, S4, S11). */
import type { Identity } from './identity.js';
import type { Classification } from './remote_state.js';

export type AutoRemove = 'never' | 'cached' | 'backed_up';

export interface RemovalFacts {
  remote: Classification;
  autoRemove: AutoRemove;
  /** What the configuration demands before a removal. */
  verify: 'bytes' | 'size';
  /** The file whose bytes (or size) were compared; undefined if none was, or if it changed meanwhile. */
  verified: Identity | undefined;
  /** S3, from `settling()`. */
  settled: boolean;
  /** `keep_local` asks for it to stay. */
  keptLocal: boolean;
  /** What the watermarks say. */
  room: Room;
  dryRun: boolean;
}

/**
 * `needed`: every record that may be removed is removed; always so without watermarks. `enough`: none is removed. `oldest_first`:
 * records that may be removed wait until all of them are known.
 */
export type Room = 'needed' | 'enough' | 'oldest_first';

interface Outcome {
  /** A short text for operators, the same for all files of one cause, so that it can be counted. */
  reason: string;
  /** False in a dry run: only report it. */
  perform: boolean;
}

/** Only decide() makes one; `identity` is what was verified. */
export type Removal = { action: 'remove'; identity: Identity } & Outcome;

export type Decision =
  | ({ action: 'copy' | 'replace' } & Outcome)
  | Removal
  | ({ action: 'keep' } & Outcome)
  /** Something is wrong: the remote file differs (`conflict`: true), or a check failed (false). */
  | ({ action: 'report'; conflict: boolean } & Outcome);

export const REASONS = {
  absent: 'not on the server yet',
  unsettled: 'changed too recently',
  never: 'auto_remove is never',
  notOnTape: 'not on tape yet',
  keptLocal: 'younger than keep_local',
  enough: 'the cache is below high_water_percent',
  olderFirst: 'may go, but older ones go first',
  unverified: 'not verified in this pass',
  weak: 'only adler32 could be compared, which is no proof',
  onTape: 'verified copy on tape',
  onServer: 'verified copy on the server',
} as const;

/** Pure. Answers `remove` only where S1 holds: see the property in test/unit/rules_removal.test.ts. */
export function decide(facts: RemovalFacts): Decision {
  const { remote } = facts;
  const perform = !facts.dryRun;
  switch (remote.state) {
    case 'conflict':
      return { action: 'report', conflict: true, reason: remote.reason, perform };
    case 'unknown':
      return { action: 'report', conflict: false, reason: remote.reason, perform };
    case 'writing':
      return keep(remote.reason);
    case 'absent':
      if (!facts.settled) return keep(REASONS.unsettled);
      return { action: 'copy', reason: REASONS.absent, perform };
    case 'partial':
      if (!facts.settled) return keep(REASONS.unsettled);
      return { action: 'replace', reason: remote.reason, perform };
    case 'cached':
    case 'backed_up':
      return decideIdentical(facts, remote);
  }
}

function decideIdentical(
  facts: RemovalFacts,
  remote: Extract<Classification, { state: 'cached' | 'backed_up' }>,
): Decision {
  if (facts.autoRemove === 'never') return keep(REASONS.never);
  if (!facts.settled) return keep(REASONS.unsettled);
  if (facts.autoRemove === 'backed_up' && remote.state !== 'backed_up') return keep(REASONS.notOnTape);
  if (facts.keptLocal) return keep(REASONS.keptLocal);
  if (facts.room === 'enough') return keep(REASONS.enough);
  if (facts.room === 'oldest_first') return keep(REASONS.olderFirst);
  if (facts.verify === 'bytes' && remote.verifiedBy === 'weak_checksum') return keep(REASONS.weak);
  if (facts.verified === undefined) return keep(REASONS.unverified);
  if (facts.verify === 'bytes' && remote.verifiedBy !== 'checksum') return keep(REASONS.unverified);
  const reason = remote.state === 'backed_up' ? REASONS.onTape : REASONS.onServer;
  return { action: 'remove', identity: facts.verified, reason, perform: !facts.dryRun };
}

function keep(reason: string): Decision {
  return { action: 'keep', reason, perform: false };
}
