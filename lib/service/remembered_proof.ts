/** The last audit or drill, as the catalogue remembers it: of several shards all together. Pure. */
import type { RememberedPass } from '../catalogue/passes.js';
import type { Report } from '../jobs/events/report.js';
import { outcomeOf, type PassOutcome } from './pass_outcome.js';

/** Of a pass that the catalogue remembers. */
export interface RememberedProof {
  finishedAt: string;
  outcome: PassOutcome;
  /** Why it ended early. */
  error: string | null;
  verified: number;
  /** Files that failed or conflict. */
  failed: number;
}

interface Part {
  proof: RememberedProof;
  index: number;
  /** 1: it went through everything. */
  count: number;
}

/** The worst comes last. */
const OUTCOMES: readonly PassOutcome[] = ['ok', 'interrupted', 'failures', 'error'];

/**
 * A pass counts until everything has been looked at after it: what goes well in one shard says nothing of another one.
 * @param passes the last ones of each shard, in any order
 */
export function lastProof(passes: readonly RememberedPass[]): RememberedProof | null {
  const all = passes.map(partOf);
  const ended = all.filter(({ proof }) => proof.outcome !== 'interrupted');
  const parts = newestOfEach(ended.length > 0 ? ended : all);
  const since = coveredSince(parts);
  const counting = parts.filter(({ proof }) => proof.finishedAt >= since);
  return counting.map(({ proof }) => proof).reduce<RememberedProof | null>(together, null);
}

function partOf({ finished, report }: RememberedPass): Part {
  const counts = JSON.parse(report) as Partial<Report>;
  return { proof: proofOf(finished, counts), ...(counts.shard ?? { index: 0, count: 1 }) };
}

function newestOfEach(parts: readonly Part[]): Part[] {
  const newestFirst = parts.toSorted((a, b) => (a.proof.finishedAt < b.proof.finishedAt ? 1 : -1));
  const found = new Map<string, Part>();
  for (const part of newestFirst) {
    const shard = `${part.index}/${part.count}`;
    if (!found.has(shard)) found.set(shard, part);
  }
  return [...found.values()];
}

/** When the first shard of the newest complete set of shards ended; empty: no set is complete. */
function coveredSince(parts: readonly Part[]): string {
  return [...new Set(parts.map(({ count }) => count))]
    .map((count) => ({ count, set: parts.filter((part) => part.count === count) }))
    .filter(({ count, set }) => set.length === count)
    .map(({ set }) => set.map(({ proof }) => proof.finishedAt).reduce((a, b) => (a < b ? a : b)))
    .reduce((a, b) => (a > b ? a : b), '');
}

function together(one: RememberedProof | null, other: RememberedProof): RememberedProof {
  if (one === null) return other;
  const isWorse = OUTCOMES.indexOf(other.outcome) > OUTCOMES.indexOf(one.outcome);
  return {
    finishedAt: one.finishedAt > other.finishedAt ? one.finishedAt : other.finishedAt,
    outcome: isWorse ? other.outcome : one.outcome,
    error: one.error ?? other.error,
    verified: one.verified + other.verified,
    failed: one.failed + other.failed,
  };
}

function proofOf(finishedAt: string, counts: Partial<Report>): RememberedProof {
  const { error, interrupted = false, failed = 0, conflicts = 0, verified = 0 } = counts;
  return {
    ...{ finishedAt, outcome: outcomeOf({ error, interrupted, failed, conflicts }) },
    ...{ error: error?.message ?? null, verified, failed: failed + conflicts },
  };
}
