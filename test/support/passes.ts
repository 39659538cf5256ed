/** Passes over a bench's cache with something happening around the store's requests, or by another clock. */
import type { ArchiveOptions, DiskUsage, Report } from '../../lib/index.js';
import { backup, type BackupOptions } from '../../lib/jobs/backup.js';
import { EventBus } from '../../lib/jobs/event_bus.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { assertAddsUp, keepingLogger, type Bench, type Line } from './archive.js';

export interface Circumstances extends BackupOptions {
  /** The pass's clock is so many milliseconds ahead. */
  ahead?: number;
  usage?: () => Promise<DiskUsage>;
  /** Methods of the store that do something besides. */
  around?: (store: LimitedStore) => Partial<LimitedStore>;
}

export async function passUnder(
  bench: Bench,
  options: Partial<ArchiveOptions>,
  { ahead = 0, usage, around = () => ({}), ...more }: Circumstances = {},
): Promise<{ report: Report; lines: Line[] }> {
  const { config } = bench.archive(options);
  const { logger, lines } = keepingLogger();
  const events = new EventBus(logger);
  bench.events.length = 0;
  events.onAny((event) => bench.events.push(event));
  const store = openStore(config);
  const open = () => ({ ...store, ...around(store) });
  const circumstances = { now: () => Date.now() + ahead, ...(usage && { usage }) };
  const report = await backup({ config, logger, events, open, ...circumstances }, more);
  assertAddsUp(report);
  return { report, lines };
}

/** Does something when a record is captured, after both sides were compared and before the last look at the server. */
export function whenCaptured(task: (name: string) => Promise<void> | void) {
  const done = new Set<string>();
  return (store: LimitedStore): Partial<LimitedStore> => ({
    statMany: async (names, signal) => {
      const stats = await store.statMany(names, signal);
      const [first = ''] = names;
      if (first.includes('.xrootd-archive.removing.') && !done.has(first)) {
        done.add(first);
        await task(first.replace('.xrootd-archive.removing.', ''));
      }
      return stats;
    },
  });
}
