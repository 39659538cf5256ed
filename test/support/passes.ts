/** Passes over a bench's cache with something happening around the store's requests, or by another clock. */
import {
  XRootDError,
  type Archive,
  type ArchiveEvent,
  type ArchiveOptions,
  type DiskUsage,
  type Report,
} from '../../lib/index.js';
import { backup, type BackupOptions } from '../../lib/jobs/backup/backup.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { assertAddsUp, keepingLogger, type Bench, type Line } from './archive.js';
import { archiveOf } from './server_on.js';

export interface Circumstances extends BackupOptions {
  /** The pass's clock is so many milliseconds ahead. */
  ahead?: number;
  usage?: () => Promise<DiskUsage>;
  /** Methods of the store that do something besides. */
  around?: (store: LimitedStore) => Partial<LimitedStore>;
}

interface Pass {
  report: Report;
  lines: Line[];
  events: ArchiveEvent[];
}

export async function passUnder(
  bench: Bench,
  options: Partial<ArchiveOptions>,
  circumstances: Circumstances = {},
): Promise<Pass> {
  bench.events.length = 0;
  return await passOf(bench.archive(options), circumstances, bench.events);
}

/** The same over any cache and server. */
export async function passOn(options: ArchiveOptions, circumstances: Circumstances = {}): Promise<Pass> {
  return await passOf(archiveOf(options).archive, circumstances);
}

async function passOf(
  { config }: Archive,
  { ahead = 0, usage, around = () => ({}), ...more }: Circumstances,
  seen: ArchiveEvent[] = [],
): Promise<Pass> {
  const { logger, lines } = keepingLogger();
  const events = new EventBus(logger);
  events.onAny((event) => seen.push(event));
  const store = openStore(config);
  const open = () => ({ ...store, ...around(store) });
  const circumstances = { now: () => Date.now() + ahead, ...(usage && { usage }) };
  const report = await backup({ config, logger, events, open, ...circumstances }, more);
  assertAddsUp(report);
  return { report, lines, events: seen };
}

/** Does something when a record is captured, after both sides were compared and before the last look at the server. */
export function whenCaptured(
  task: (name: string) => Promise<void> | void,
  often: 'once' | 'each time' = 'once',
) {
  const done = new Set<string>();
  return (store: LimitedStore): Partial<LimitedStore> => ({
    statMany: async (names, signal) => {
      const stats = await store.statMany(names, signal);
      const [first = ''] = names;
      if (first.includes('.xrootd-archive.removing.') && (often === 'each time' || !done.has(first))) {
        done.add(first);
        await task(first.replace('.xrootd-archive.removing.', ''));
      }
      return stats;
    },
  });
}

/** As libXrdCl says that a server gave no answer in time; worth another attempt. */
export function expired(target: string): XRootDError {
  return new XRootDError(
    { status: 1, code: 206, errNo: 0, message: 'operation expired' },
    { operation: 'stat', target },
  );
}
