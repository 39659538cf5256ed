/** The service as a process of its own, on a sandbox. */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ownFile } from '../../lib/cache/own_files.js';
import { Archive, checksumFile, type ArchiveEvent, type ExpectedFile } from '../../lib/index.js';
import { assertAddsUp, keepingLogger } from './archive.js';
import { jsonLines, RunningCli, type CliOptions } from './cli.js';

export interface ServicePlace {
  cache: string;
  config: string;
}

/** Makes cache and configuration in a directory. Without other keys a pass is due each second. */
export async function makeServicePlace(
  directory: string,
  target: string,
  keys: Record<string, unknown> = {},
): Promise<ServicePlace> {
  const place = { cache: path.join(directory, 'cache'), config: path.join(directory, 'config.yaml') };
  await mkdir(place.cache, { recursive: true });
  await configureService(place, target, keys);
  return place;
}

export async function configureService(
  { cache, config }: ServicePlace,
  target: string,
  keys: Record<string, unknown> = {},
): Promise<void> {
  const all = {
    ...{ cache_directory: cache, target_url: target, settle_seconds: 0, auto_remove: 'cached' },
    ...{ copy_cron_string: '* * * * * *', stop_grace_seconds: 0, ...keys },
  };
  // JSON is YAML.
  await writeFile(config, JSON.stringify({ backup: all }));
}

/** What was written, by path. */
export type Records = Map<string, ExpectedFile>;

export async function writeRecords(cache: string, count: number, bytes: number): Promise<Records> {
  const records: Records = new Map();
  for (let i = 0; i < count; i++) {
    const name = `day-${i % 3}/r${i}`;
    const file = path.join(cache, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, Buffer.alloc(bytes, `record ${i} `));
    const { value } = await checksumFile(file, { type: 'adler32' });
    records.set(name, { type: 'adler32', value, size: bytes });
  }
  return records;
}

/** A pass completes what is left, and then all is as it was written, on the server alone; none of our files is left. */
export async function assertArchived(
  cacheDirectory: string,
  targetUrl: string,
  records: Records,
): Promise<void> {
  const { logger } = keepingLogger();
  // What a killed process left unfinished is replaced at once.
  const now = { settleSeconds: 0, unfinishedAfterSeconds: 0 };
  const options = { cacheDirectory, targetUrl, autoRemove: 'cached', ...now } as const;
  const archive = new Archive(options, { logger });
  const report = await archive.backup();
  assertAddsUp(report);
  assert.deepEqual(report.failures, []);
  const { verified, failures } = await archive.verify([], { against: { checksums: records } });
  assert.deepEqual([verified, failures], [records.size, []]);
  const left = await readdir(cacheDirectory, { recursive: true });
  assert.deepEqual(
    left.filter((name) => ownFile(name) !== 'state'),
    [],
  );
}

export class RunningService extends RunningCli {
  constructor({ config }: ServicePlace, options?: CliOptions) {
    super(['run', '--json', '--config', config], options);
  }

  get events(): ArchiveEvent[] {
    return jsonLines(this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1)) as unknown as ArchiveEvent[];
  }

  /** Until so many events of the type have come. */
  untilEvents(type: ArchiveEvent['type'], count = 1): Promise<void> {
    return this.until(() => this.events.filter((event) => event.type === type).length >= count);
  }

  /** Also when the test fails: a service doesn't end by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
