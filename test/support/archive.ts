/** An archive on a sandbox, with what tests want to see of it. */
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Archive,
  type ArchiveEvent,
  type ArchiveOptions,
  type Logger,
  type Report,
} from '../../lib/index.js';
import { TapeSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { assertAddsUp } from './reports_add_up.js';

export { assertAddsUp };

export interface Line {
  level: keyof Logger;
  message: string;
  fields: Record<string, unknown>;
}

/** A logger that keeps its lines. */
export function keepingLogger(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const keep = (level: keyof Logger) => (message: string, fields?: Record<string, unknown>) =>
    void lines.push({ level, message, fields: fields ?? {} });
  return {
    lines,
    logger: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') },
  };
}

/** What a test may do with a sandbox that others use as well. Names are relative to its own base. */
export type Sandbox = Pick<
  TapeSandbox,
  'url' | 'diskPath' | 'tapePath' | 'stateOf' | 'migrateAll' | 'evict' | 'stage' | 'corrupt'
>;

export interface Bench<S extends Sandbox = Sandbox> {
  sandbox: S;
  cache: string;
  lines: Line[];
  events: ArchiveEvent[];
  /** A new Archive on this cache and sandbox; files needn't settle unless asked for. */
  archive(options?: Partial<ArchiveOptions>): Archive;
  /** A whole pass, whose numbers must add up. */
  pass(options?: Partial<ArchiveOptions>): Promise<Report>;
}

/** With a sandbox of its own. */
export type OwnBench = Bench<TapeSandbox>;

/** Runs with a sandbox of its own and an empty cache, and takes both away. */
export async function withArchive(
  options: SandboxOptions,
  use: (bench: OwnBench) => Promise<void>,
): Promise<void> {
  await using sandbox = await TapeSandbox.start(options);
  await withCache(sandbox, use);
}

let shared: Promise<TapeSandbox> | undefined;
let bases = 0;

after(async () => {
  await (await shared)?.stop();
  shared = undefined;
});

/**
 * Runs with an empty cache and a base of its own on a sandbox that all tests of the file use, which is quicker. Files come
 * onto tape by `migrateAll` only, which takes those of all bases.
 */
export async function withSharedArchive(use: (bench: Bench) => Promise<void>): Promise<void> {
  shared ??= TapeSandbox.start({ migrationDelay: 'never' });
  const sandbox = await shared;
  bases += 1;
  const base = String(bases);
  const below = (name: string) => `${base}/${name}`;
  await mkdir(sandbox.diskPath(base));
  // The server runs as another user.
  await chmod(sandbox.diskPath(base), 0o777);
  await withCache(
    {
      url: `${sandbox.url}/${base}`,
      diskPath: (name) => sandbox.diskPath(below(name)),
      tapePath: (name) => sandbox.tapePath(below(name)),
      stateOf: (name) => sandbox.stateOf(below(name)),
      migrateAll: () => sandbox.migrateAll(),
      evict: (names) => sandbox.evict(names.map(below)),
      stage: (names) => sandbox.stage(names.map(below)),
      corrupt: (name, options) => sandbox.corrupt(below(name), options),
    },
    use,
  );
}

async function withCache<S extends Sandbox>(
  sandbox: S,
  use: (bench: Bench<S>) => Promise<void>,
): Promise<void> {
  const cache = await mkdtemp(join(tmpdir(), 'xa-cache-'));
  const { logger, lines } = keepingLogger();
  const events: ArchiveEvent[] = [];
  const archive = (more: Partial<ArchiveOptions> = {}) => {
    const made = new Archive(
      {
        ...{ cacheDirectory: cache, targetUrl: sandbox.url, settleSeconds: 0, retryDelaySeconds: 0 },
        // However full this machine's disk is.
        warningMarkPercent: 100,
        // Else each pass adds a file of its own to what the server has.
        ...{ catalogueSegments: false, ...more },
      },
      { logger },
    );
    made.onAny((event) => events.push(event));
    return made;
  };
  const pass = async (more: Partial<ArchiveOptions> = {}) => {
    events.length = 0;
    const report = await archive(more).backup();
    assertAddsUp(report);
    return report;
  };
  try {
    await use({ sandbox, cache, lines, events, archive, pass });
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** The numbers of a report that are not zero. */
export function counts(report: Report): Partial<Record<string, number>> {
  const { scanned, copied, removed, kept, failed, conflicts, removedAfterCopy } = report;
  const { staged = 0, requested = 0, verified = 0, evicted = 0, noted = 0 } = report;
  const own = { staged, requested, verified, evicted, noted };
  const all = { scanned, copied, removed, kept, failed, conflicts, removedAfterCopy, ...own };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
}

/** Records in the cache, relative, sorted; our own files are left out. */
export async function recordsIn(cache: string): Promise<string[]> {
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.xrootd-archive.'))
    .map((entry) => join(entry.parentPath, entry.name).slice(cache.length + 1))
    .sort();
}

/** All that an async iterable yields; Array.fromAsync came with Node 22. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
