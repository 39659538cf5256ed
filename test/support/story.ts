/** An archive as its operator has it: a configuration file, a cache, a real server, and the command. */
import assert from 'node:assert/strict';
import { chmod, mkdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { put } from '../../lib/cache/ingest.js';
import type { Report } from '../../lib/index.js';
import { resolveOptions } from '../../lib/config/index.js';
import { openStore } from '../../lib/remote/open_store.js';
import { checksumText } from '../../lib/rules/checksum.js';
import { TapeSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { assertAddsUp } from './archive.js';
import { cli, jsonLines, type Ended } from './cli.js';
import { bytesOf, holdsRecord } from './records.js';
import { withTemp } from './temporary.js';

/** Exit code, report and both outputs of a job. */
export interface Told extends Ended {
  report: Report;
}

export interface Story {
  sandbox: TapeSandbox;
  directory: string;
  cache: string;
  /** The configuration's file. */
  config: string;
  /** Where nothing is yet. */
  to: string;
  run: (args: readonly string[], input?: string) => Promise<Ended>;
  /** With `--json`. */
  job: (...args: string[]) => Promise<Told>;
}

/** Runs with a sandbox whose files come onto tape by `migrateAll` alone. @param keys of the configuration */
export async function withStory(
  keys: Record<string, unknown>,
  use: (story: Story) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  await using sandbox = await TapeSandbox.start({ migrationDelay: 'never', ...options });
  await withTemp(async (directory) => {
    const [cache, config, to] = ['cache', 'config.yaml', 'back'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    await mkdir(cache);
    const all = {
      ...{ cache_directory: cache, target_url: sandbox.url, settle_seconds: 0, retry_delay_seconds: 0 },
      ...{ stage_poll_min_seconds: 0.1, stage_poll_max_seconds: 0.5, ...keys },
    };
    // JSON is YAML.
    await writeFile(config, JSON.stringify({ backup: all }));
    const run: Story['run'] = (args, input) => cli([...args, '--config', config], { input });
    const job: Story['job'] = async (...args) => {
      const ended = await run([...args, '--json']);
      const last = jsonLines(ended.stdout).at(-1);
      assert.equal(last?.['type'], 'pass:finished', ended.stdout + ended.stderr);
      const report = last['report'] as Report;
      assertAddsUp(report);
      return { ...ended, report };
    };
    await use({ sandbox, directory, cache, config, to, run, job });
  });
}

/** What the n-th record has. */
export const sizeOf = (n: number) => 1000 + n;
const modes = [0o640, 0o444, 0o600, 0o664];
export const modeOf = (n: number) => modes[n % modes.length] ?? 0;
/** Microseconds; a multiple of 1/64 s, which `utimes` sets exactly. */
export const timeOf = (n: number) => Date.UTC(2019, 6, 5, 4, 3, 2) * 1000 + n * 86_400_015_625;

export function nameOf(n: number): string {
  return `shots/day ${n % 7}/ü-${String(n).padStart(4, '0')}.h5`;
}

/** Puts records `from` up to `to` as ingest does, with modes and times of their own. @returns their names */
export async function putRecords(cache: string, from: number, to: number): Promise<string[]> {
  const names: string[] = [];
  for (let n = from; n < to; n += 1) {
    const name = nameOf(n);
    await put(cache, name, bytesOf(name, sizeOf(n)));
    const path = join(cache, name);
    await chmod(path, modeOf(n));
    await utimes(path, timeOf(n) / 1e6, timeOf(n) / 1e6);
    names.push(name);
  }
  return names;
}

/** The n-th record is below the directory as it was put. */
export async function assertAsItWas(directory: string, n: number): Promise<void> {
  const name = nameOf(n);
  const path = join(directory, name);
  assert.ok(await holdsRecord(path, name, sizeOf(n)), name);
  const { mtimeNs, mode } = await stat(path, { bigint: true });
  assert.equal(mtimeNs / 1000n, BigInt(timeOf(n)), name);
  assert.equal(Number(mode) & 0o7777, modeOf(n), name);
}

type Server = Pick<Story, 'sandbox'>;

/** Behind the server, which then has no such file. */
export async function deleteOn({ sandbox }: Server, name: string): Promise<void> {
  await rm(sandbox.diskPath(name));
}

/** Its time stays. */
export async function truncateOn({ sandbox }: Server, name: string): Promise<void> {
  const path = sandbox.diskPath(name);
  const { atime, mtime } = await stat(path);
  await truncate(path, 500);
  await utimes(path, atime, mtime);
}

/**
 * Size and time stay, and the server stores the checksums of the new bytes, as if they had always been that.
 * @returns what it answers, `type:hex`
 */
export async function changeOn({ sandbox }: Server, name: string): Promise<string[]> {
  const path = sandbox.diskPath(name);
  const store = openStore(resolveOptions({ targetUrl: sandbox.url }));
  const { atime, mtime, size } = await stat(path);
  const sums = async () => {
    const found = ['adler32', 'crc32c'].map((type) => store.checksum(name, type, size));
    return (await Promise.all(found)).map(checksumText);
  };
  const before = await sums();
  await sandbox.corrupt(name, { copy: 'disk', keepChecksums: false });
  await utimes(path, atime, mtime);
  const after = await sums();
  assert.ok(!after.some((sum) => before.includes(sum)), 'the server answers the old checksum');
  return after;
}
