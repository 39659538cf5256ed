/** Advice for the user after a job, from its report. Pure. */
import type { Report } from '../jobs/events/report.js';
import { CATALOGUE_REPLACED, CATALOGUE_UNUSABLE, LOST_COPY } from '../rules/failure_codes.js';
import { REASONS } from '../rules/removal.js';
import { duration, plural } from './format.js';

/** @param settleSeconds as it is configured */
export function nextSteps(report: Report, settleSeconds?: number): string[] {
  const unsettled = unsettledSteps(report, settleSeconds);
  return [...weakSteps(report), ...damagedSteps(report), ...unsettled, ...otherSteps(report)];
}

/** For files that stayed because somebody may still be writing them: all that a newcomer's first pass finds. */
function unsettledSteps(
  { keptReasons, copied, removed }: Report,
  settleSeconds: number | undefined,
): string[] {
  const files = keptReasons[REASONS.unsettled] ?? 0;
  if (files === 0 || settleSeconds === undefined) return [];
  const changed = `${plural(files, 'file')} changed less than ${duration(settleSeconds)} ago`;
  // Later passes find such files all the time.
  if (copied + removed > 0) return [`${changed}; the next pass takes what is finished by then`];
  return [
    `${changed}, so that somebody may still be writing: run it again then, or give another time by --settle-seconds`,
  ];
}

/** For files that stayed because only adler32 could be compared. */
function weakSteps({ keptReasons }: Report): string[] {
  const weak = keptReasons[REASONS.weak] ?? 0;
  if (weak === 0) return [];
  return [
    `${plural(weak, 'file')} stayed because tape could tell nothing but adler32: stage them and run it again, or say trust_adler32`,
  ];
}

/** No later pass mends these. */
function damagedSteps({ failures }: Report): string[] {
  const damaged = failures.filter(({ code }) => code === 'DamagedInCache').length;
  if (damaged === 0) return [];
  const [are, their] = damaged === 1 ? ['is', 'its message says'] : ['are', 'their messages say'];
  return [
    `${plural(damaged, 'file')} ${are} damaged in the cache: ${their} whether the server has the good bytes; look at the disk`,
  ];
}

function otherSteps(report: Report): string[] {
  const { dryRun, failed, conflicts, job, unconfirmed } = report;
  if (unconfirmed)
    return ['nobody has confirmed these settings: look at what would go, then run it with --confirm'];
  if (!dryRun) return after[job](report);
  if (failed + conflicts === 0) return [];
  return ['look at what failed; without --dry-run the rest would be done'];
}

const after: Record<Report['job'], (report: Report) => string[]> = {
  backup: afterBackup,
  retention: afterBackup,
  restore: afterRestore,
  stage: afterStage,
  evict: ({ failed }) =>
    failed > 0 ? [`${plural(failed, 'file')} failed; what is not on tape keeps its only copy`] : [],
  verify: afterVerify,
  drill: afterDrill,
  rebuild: afterRebuild,
};

function afterBackup(report: Report): string[] {
  const { interrupted, error, failures, conflicts, kept, copied, removedAfterCopy, job, lost = 0 } = report;
  const steps: string[] = [];
  if (lost > 0)
    steps.push(
      `the server has lost ${plural(lost, 'record')} that ${lost === 1 ? 'has' : 'have'} left the cache (LostCopy): ask its operators at once, and look for other copies`,
    );
  const isReplaced = failures.some(({ code }) => code === CATALOGUE_REPLACED);
  const isUnusable = failures.some(({ code }) => code === 'CatalogueUnusable');
  if (isUnusable)
    steps.push('nothing is removed while the catalogue cannot be used: its failure says what to do');
  const failed = report.failed - lost - Number(isUnusable) - Number(isReplaced);
  if (error !== undefined)
    steps.push(
      'it ended before everything was looked at; nothing is left half-done, the next pass continues',
    );
  if (interrupted) steps.push('it was stopped early; nothing is lost, the next pass goes on');
  if (failed > 0) {
    steps.push(`${plural(failed, 'file')} failed and stayed as they were; the next pass tries again`);
  }
  const refused = failures.filter(({ code }) => code === 'NotAuthorized').length;
  if (refused > 0)
    steps.push(
      `the server refused ${plural(refused, 'file')} (NotAuthorized): doctor tries whether this user may write there`,
    );
  if (conflicts > 0) {
    const differ = conflicts === 1 ? 'differs from its remote copy' : 'differ from their remote copies';
    steps.push(
      `${plural(conflicts, 'file')} ${differ}: both stay, nothing is overwritten; look at them yourself`,
    );
  }
  // A pass that ended early may not have seen that a file is on tape.
  const { notOnTape, removedNotOnTape } = report;
  const late = (notOnTape?.overdue ?? 0) + (removedNotOnTape?.overdue ?? 0);
  const overdue = interrupted || error !== undefined ? 0 : late;
  if (overdue > 0) {
    const are = overdue === 1 ? 'is' : 'are';
    steps.push(
      `${plural(overdue, 'file')} ${are} older than max_age_warning and not on tape: ask the tape system's operators why`,
    );
  }
  if (job === 'backup' && !interrupted && kept + copied - removedAfterCopy > 0) {
    steps.push('files that are still here are looked at again by the next pass');
  }
  return steps;
}

function afterRestore({ interrupted, error, failed, conflicts, failures }: Report): string[] {
  const steps: string[] = [];
  if (error !== undefined || interrupted) {
    const end = interrupted ? 'was stopped early' : 'ended before everything was looked at';
    steps.push(`it ${end}; every file that is there is complete, the same command goes on`);
  }
  const absent = failures.filter(({ code }) => code === 'NotFound').length;
  if (failed > absent) steps.push(`${plural(failed - absent, 'file')} failed; the same command tries again`);
  steps.push(...absentSteps(absent));
  if (failures.some(({ code }) => code === LOST_COPY))
    steps.push(
      'the server has lost files that the catalogue knows, or has other bytes (LostCopy): look for other copies now',
    );
  if (failures.some(({ code }) => code === CATALOGUE_UNUSABLE))
    steps.push('nothing was compared with the catalogue: mend it, or say "catalogue: false" to do without');
  if (conflicts > 0)
    steps.push(`${plural(conflicts, 'file')} stayed as they were; --overwrite replaces files that differ`);
  return steps;
}

/** For paths that were asked for and name nothing: trying again is no help. */
function absentSteps(absent: number): string[] {
  if (absent === 0) return [];
  const are = absent === 1 ? 'is' : 'are';
  return [
    `${plural(absent, 'path')} ${are} not at the target: ls and find tell what is there; paths begin at the base in target_url`,
  ];
}

function afterStage({ interrupted, failed, failures, requested = 0 }: Report): string[] {
  const steps: string[] = [];
  if (interrupted) steps.push('it was stopped early; the same command goes on');
  if (requested > 0) steps.push('tape was asked: ls -l shows what is online, stage --wait waits for it');
  const absent = failures.filter(({ code }) => code === 'NotFound').length;
  if (failed > absent) steps.push(`${plural(failed - absent, 'file')} failed; the same command asks again`);
  steps.push(...absentSteps(absent));
  return steps;
}

function afterVerify({ interrupted, error, failed, conflicts, failures }: Report): string[] {
  const steps: string[] = [];
  if (error !== undefined || interrupted) steps.push('it ended before everything was compared');
  if (failures.some(({ code }) => code === LOST_COPY))
    steps.push('LostCopy: the server has lost records that have left the cache; ask its operators at once');
  if (failed > 0)
    steps.push(`${plural(failed, 'file')} failed: what is missing or could not be compared counts as wrong`);
  if (conflicts > 0) {
    const differ = conflicts === 1 ? 'differs' : 'differ';
    steps.push(`${plural(conflicts, 'file')} ${differ}: nothing was changed, look at them yourself`);
  }
  return steps;
}

function afterDrill({ interrupted, error, failed, conflicts }: Report): string[] {
  const steps: string[] = [];
  if (error !== undefined || interrupted)
    steps.push('it ended early: files that it did not reach prove nothing');
  if (failed + conflicts > 0)
    steps.push(
      `${plural(failed + conflicts, 'file')} did not come back from tape as they should: find out why now, ` +
        'before somebody needs them',
    );
  return steps;
}

function afterRebuild({ interrupted, error, failed, rebuilt }: Report): string[] {
  const steps: string[] = [];
  if (error !== undefined || interrupted) steps.push('it ended early; the same command goes on where it was');
  if (failed > 0)
    steps.push(
      `${plural(failed, 'segment or file', 'segments or files')} could not be read: what they had may be missing in the catalogue`,
    );
  if ((rebuilt?.serverOnly ?? 0) > 0)
    steps.push(
      "a row with only the server's word can't show that the server has other bytes than were once copied",
    );
  return steps;
}
