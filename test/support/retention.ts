/** Passes of retention on a sandbox, on a day of their own. */
import assert from 'node:assert/strict';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { resolveOptions, type ArchiveOptions } from '../../lib/config/index.js';
import type { ArchiveEvent, Report } from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { retention, type RetentionOptions } from '../../lib/jobs/retention/retention.js';
import { openStore } from '../../lib/remote/open_store.js';
import type { RemoteStore } from '../../lib/remote/store.js';
import { assertAddsUp, keepingLogger, type Bench } from './archive.js';

const now = Date.parse('2026-03-01T12:00:00Z');
/** With a period of P3Y. */
export const cut = Date.parse('2023-03-01T12:00:00Z') / 1000;

/** A pass on this day, with what happens around the target's requests. */
export async function pass(
  bench: Bench,
  block: Partial<NonNullable<ArchiveOptions['retention']>>,
  options: RetentionOptions = { confirm: true },
  around: (store: RemoteStore) => Partial<RemoteStore> = () => ({}),
  more: Partial<ArchiveOptions> = {},
): Promise<Report> {
  const config = resolveOptions({
    cacheDirectory: bench.cache,
    targetUrl: bench.sandbox.url,
    settleSeconds: 0,
    retryDelaySeconds: 0,
    // The server's clock is months ahead of this day.
    unfinishedAfterSeconds: 0,
    // Retention compares checksums all the same.
    verify: 'size',
    retention: {
      ...(block.onlineUrl === undefined && { onlineDirectory: bench.cache }),
      period: 'P3Y',
      ...block,
    },
    ...more,
  });
  const { logger, lines } = keepingLogger();
  const events = new EventBus(logger);
  bench.events.length = 0;
  events.onAny((event) => bench.events.push(event));
  const store = openStore(config);
  const open = () => ({ ...store, ...around(store) });
  try {
    const report = await retention({ config, logger, events, open }, options, () => now);
    assertAddsUp(report);
    return report;
  } finally {
    bench.lines.push(...lines);
  }
}

/** Cheap, for thousands of them: its name, repeated. */
export function bytesOf(name: string, size: number): Buffer {
  return Buffer.alloc(size, `${name} `);
}

export async function writeRecord(directory: string, name: string, size: number): Promise<void> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytesOf(name, size));
}

export async function holdsRecord(path: string, name: string, size: number): Promise<boolean> {
  return (await readFile(path)).equals(bytesOf(name, size));
}

/** Records of this size, in the online storage and at the target; on tape, but for what never gets there. */
export async function archived(
  bench: Bench,
  records: readonly (readonly [name: string, size: number])[],
): Promise<void> {
  for (const [name, size] of records) await writeRecord(bench.cache, name, size);
  assert.equal((await bench.pass({ autoRemove: 'never' })).copied, records.length);
  await bench.sandbox.migrateAll();
}

export function setAge(bench: Bench, name: string, seconds: number): Promise<void> {
  return utimes(join(bench.cache, name), seconds, seconds);
}

export function of<T extends ArchiveEvent['type']>({ events }: Bench, type: T) {
  return events.filter((event): event is Extract<ArchiveEvent, { type: T }> => event.type === type);
}

export const listing = ({ events }: Bench) =>
  events.flatMap((event) => (event.type === 'file:removable' ? [`${event.path} ${event.size}`] : [])).sort();
