/** Commands with their default options on a sandbox of their own, of which each is in the middle of its work. */
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TapeSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { cli, RunningCli } from './cli.js';
import { writeRecord } from './records.js';

export interface Place {
  sandbox: TapeSandbox;
  directory: string;
  cache: string;
  config: string;
}

/** One command, and when it is in the middle of its work. */
export interface UnderWay {
  name: string;
  sandbox?: SandboxOptions;
  /** Records at the target, on tape, and in the cache. */
  archived?: { count: number; size: number };
  /** Records in the cache only. */
  waiting?: { count: number; size: number };
  args: (place: Place) => string[];
  /** By what the command has told so far, with `--json`. */
  inTheMiddle: (told: string) => boolean;
}

// `--max-rate` and the numbers of files only see to it that they are at work when they are looked at.
const transferring = (told: string) => /"file:progress"[^\n]*"bytes":[1-9]/.test(told);
const someDone = (told: string) => /"progress"[^\n]*"filesDone":[1-9]/.test(told);
const requested = (told: string) => told.includes('"stage:requested"');
const onTapeOnly = { evictAfterMigration: true, stageDelay: 600 } as const;

export const underWay: readonly UnderWay[] = [
  {
    name: 'backup, large records',
    waiting: { count: 6, size: 30e6 },
    args: () => ['backup', '--settle-seconds', '0', '--auto-remove', 'cached', '--max-rate', '10MB'],
    inTheMiddle: transferring,
  },
  {
    name: 'restore, large records',
    archived: { count: 6, size: 30e6 },
    args: ({ directory }) => ['restore', '.', '--to', path.join(directory, 'back'), '--max-rate', '10MB'],
    inTheMiddle: transferring,
  },
  {
    name: 'backup, small records',
    waiting: { count: 80, size: 100e3 },
    args: () => ['backup', '--settle-seconds', '0', '--auto-remove', 'cached', '--max-rate', '1MB'],
    inTheMiddle: (told) => told.includes('"file:removed"'),
  },
  {
    name: 'restore that waits for tape',
    sandbox: onTapeOnly,
    archived: { count: 20, size: 5000 },
    args: ({ directory }) => ['restore', '.', '--to', path.join(directory, 'back')],
    inTheMiddle: requested,
  },
  {
    name: 'stage --wait',
    sandbox: onTapeOnly,
    archived: { count: 20, size: 5000 },
    args: () => ['stage', '.', '--wait'],
    inTheMiddle: requested,
  },
  {
    name: 'verify',
    archived: { count: 60, size: 1e6 },
    args: () => ['verify', '--verify', 'read', '--max-rate', '10MB'],
    inTheMiddle: someDone,
  },
  {
    name: 'verify --catalogue',
    archived: { count: 60, size: 1e6 },
    args: () => ['verify', '--catalogue', '--verify', 'read', '--max-rate', '10MB'],
    inTheMiddle: someDone,
  },
  {
    name: 'retention',
    archived: { count: 80, size: 100e3 },
    args: () => ['retention', '--confirm', '--settle-seconds', '0', '--max-rate', '1MB'],
    inTheMiddle: (told) => told.includes('"file:removed"'),
  },
];

/** Begins the command, and gives it over in the middle of its work. */
export async function withUnderWay(
  { sandbox: options = {}, archived, waiting, args, inTheMiddle }: UnderWay,
  directory: string,
  use: (running: RunningCli, place: Place) => Promise<void>,
): Promise<void> {
  await using sandbox = await TapeSandbox.start(options);
  const place = { sandbox, directory, cache: path.join(directory, 'cache'), config: '' };
  place.config = path.join(directory, 'config.yaml');
  const online = path.join(directory, 'online');
  for (const made of [place.cache, online]) await mkdir(made);
  const retention = { online_directory: online, period: 'P1D' };
  const keys = { cache_directory: place.cache, target_url: sandbox.url, retention };
  // JSON is YAML.
  await writeFile(place.config, JSON.stringify({ backup: keys }));
  if (archived !== undefined) await archive(place, online, archived);
  for (const name of namesOf(waiting)) await writeRecord(place.cache, name, waiting?.size ?? 0);
  const running = new RunningCli([...args(place), '--json', '--config', place.config]);
  try {
    await running.until(({ stdout }) => inTheMiddle(stdout));
    await use(running, place);
  } finally {
    running.child.kill('SIGKILL');
    await running.ended;
  }
}

export function namesOf(records: { count: number } | undefined): string[] {
  return Array.from({ length: records?.count ?? 0 }, (_, i) => `d/r${i}`);
}

async function archive(
  { cache, config }: Place,
  online: string,
  records: { count: number; size: number },
): Promise<void> {
  for (const name of namesOf(records)) {
    await writeRecord(cache, name, records.size);
    await writeRecord(online, name, records.size);
    await utimes(path.join(online, name), 1e9, 1e9);
  }
  const copies = ['backup', '--config', config, '--settle-seconds', '0', '--auto-remove', 'never'];
  const { code, stderr } = await cli(copies);
  if (code !== 0) throw new Error(stderr);
}
