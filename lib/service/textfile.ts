/** Metrics of the last pass of each job in a file that node_exporter reads: for passes that cron starts, whose processes nobody can ask. */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { readStateFile } from '../cache/state_file.js';
import type { Report } from '../jobs/events/report.js';
import { nameFor } from '../rules/sharding.js';
import { outcomeOf, PASS_OUTCOMES, secondsOf } from './pass_outcome.js';
import { tapeWaitOf } from './tape_wait.js';

type Sample = [labels: Record<string, string>, value: number];
type Family = [name: string, help: string, samples: Sample[]];

const PREFIX = 'xrootd_archive_last_pass_';
const COMPLETED = 'completed_timestamp_seconds';

/** `…/archive.prom` → `…/archive-backup.prom`, of a shard `…/archive-backup.1-of-2.prom`: jobs that end at once don't write into one file. */
export function textfileOf(file: string, { job, shard }: Pick<Report, 'job' | 'shard'>): string {
  return `${nameFor(shard, `${file.replace(/\.prom$/, '')}-${job}`)}.prom`;
}

/**
 * Replaces the file of the job, or of its shard, in one step; node_exporter, which runs as another user, can read it.
 * @throws system errors
 */
export async function writeTextfile(file: string, report: Report): Promise<void> {
  const own = textfileOf(file, report);
  const before = await readStateFile(own).catch(() => undefined);
  // node_exporter reads only what ends in .prom.
  const temporary = `${own}.${randomUUID()}`;
  try {
    await fs.writeFile(temporary, textOf(report, before?.toString()), { mode: 0o644, flag: 'wx' });
    await fs.chmod(temporary, 0o644);
    await fs.rename(temporary, own);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** @param before what the file has had: when a pass was last completed stays in it */
export function textOf(report: Report, before = ''): string {
  const {
    job: kind,
    shard,
    copied,
    removed,
    removedAfterCopy,
    kept,
    failed,
    conflicts,
    verified = 0,
  } = report;
  const outcome = outcomeOf(report);
  const end = Date.parse(report.finishedAt) / 1000;
  const isComplete = outcome === 'ok' || outcome === 'failures';
  const completed = isComplete ? end : completedIn(before);
  const files = { copied, removed: removed + removedAfterCopy, verified, kept, failed, conflict: conflicts };
  const wait = tapeWaitOf(report);
  const own = { kind, ...(shard && { shard: `${shard.index}/${shard.count}` }) };
  const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [[own, value]]);
  const oldest = wait?.oldest && Date.parse(wait.oldest.since) / 1000;
  const families: Family[] = [
    ['timestamp_seconds', 'When the last pass ended', one(end)],
    [COMPLETED, 'When the last pass ended that looked at everything', one(completed)],
    ['duration_seconds', 'How long the last pass took', one(secondsOf(report))],
    [
      'outcome',
      'How the last pass ended: 1 for its outcome',
      PASS_OUTCOMES.map((each) => [{ ...own, outcome: each }, each === outcome ? 1 : 0]),
    ],
    [
      'files',
      'Files of the last pass by what became of them',
      Object.entries(files).map(([result, count]) => [{ ...own, result }, count]),
    ],
    [
      'bytes',
      'Bytes that the last pass copied and removed',
      [
        [{ ...own, result: 'copied' }, report.bytesCopied],
        [{ ...own, result: 'removed' }, report.bytesRemoved],
      ],
    ],
    ['not_on_tape_records', 'Records in the cache that are not on tape', one(wait?.files)],
    ['overdue_records', 'Those of them that have waited for max_age_warning', one(wait?.overdue)],
    ['oldest_not_on_tape_timestamp_seconds', 'Since when the oldest of them has been unchanged', one(oldest)],
  ];
  return families.map(familyText).join('');
}

function familyText([name, help, samples]: Family): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => {
    const text = Object.entries(labels).map(([label, of]) => `${label}="${of}"`);
    return `${PREFIX}${name}{${text.join(',')}} ${value}\n`;
  });
  return `# HELP ${PREFIX}${name} ${help}\n# TYPE ${PREFIX}${name} gauge\n${lines.join('')}`;
}

function completedIn(text: string): number | undefined {
  const found = new RegExp(`^${PREFIX}${COMPLETED}\\{[^}]*\\} ([0-9.]+)$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
