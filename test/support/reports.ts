/** Reports and events of passes that nobody ran. */
import type { JobEvent, DiskUsage } from '../../lib/jobs/events/events.js';
import type { Failure, Report } from '../../lib/jobs/events/report.js';

export function reportOf(more: Partial<Report> = {}): Report {
  return {
    job: 'backup',
    startedAt: '2026-03-01T03:00:00.000Z',
    finishedAt: '2026-03-01T03:10:00.000Z',
    ...{ dryRun: false, interrupted: false, scanned: 0, copied: 0, removed: 0, removedAfterCopy: 0, kept: 0 },
    ...{ failed: 0, conflicts: 0, bytesCopied: 0, bytesRemoved: 0, keptReasons: {}, failures: [] },
    ...more,
  };
}

export const finished = (more: Partial<Report> = {}): JobEvent => ({
  type: 'pass:finished',
  report: reportOf(more),
});

export const started = (dryRun = false): JobEvent => ({
  ...{ type: 'pass:started', job: 'backup', cache: '/cache', target: 'root://host//base', dryRun },
});

export function failure(path: string, code = 'NotFound'): Failure {
  return { path, code, message: `stat root://host//base/${path}: no such file [${code}, kXR 3011]` };
}

export const disk = (usedPercent: number): DiskUsage => ({
  ...{ total: 1000, used: usedPercent * 10, available: 1000 - usedPercent * 10, usedPercent },
});
