/** A sandbox with records on tape, and the command with a configuration for it. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TapeSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { cli, RunningCli, type Ended } from './cli.js';
import { withTemp } from './temporary.js';

export interface TapePlace {
  sandbox: TapeSandbox;
  /** Where records were; empty, since they are on tape. */
  cache: string;
  /** The configuration's file. */
  config: string;
  /** Where nothing is yet. */
  to: string;
  run: (command: string, ...args: string[]) => Promise<Ended>;
  /** With text on standard input. */
  runWith: (input: string, command: string, ...args: string[]) => Promise<Ended>;
  start: (command: string, ...args: string[]) => RunningCli;
}

/** Record names with their contents, all of them on tape only. */
export async function withTape(
  records: Readonly<Record<string, string>>,
  options: SandboxOptions,
  use: (place: TapePlace) => Promise<void>,
): Promise<void> {
  await using sandbox = await TapeSandbox.start({ migrationDelay: 'never', ...options });
  await withTemp(async (directory) => {
    const [cache, to, config] = ['cache', 'back', 'config.yaml'].map((name) =>
      path.join(directory, name),
    ) as [string, string, string];
    await mkdir(cache);
    await writeFile(config, configuration(cache, sandbox.url));
    const all = (command: string, args: readonly string[]) => [command, '--config', config, ...args];
    const place: TapePlace = {
      sandbox,
      cache,
      config,
      to,
      run: (command, ...args) => cli(all(command, args)),
      runWith: (input, command, ...args) => cli(all(command, args), { input }),
      start: (command, ...args) => new RunningCli(all(command, args)),
    };
    await fill(place, records);
    await use(place);
  });
}

function configuration(cache: string, url: string): string {
  const keys = { cache_directory: cache, target_url: url, settle_seconds: 0, stage_poll_min_seconds: 0.1 };
  return `backup:\n${Object.entries(keys)
    .map(([key, value]) => `  ${key}: ${value}\n`)
    .join('')}`;
}

async function fill(
  { sandbox, cache, run }: TapePlace,
  records: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, content] of Object.entries(records)) {
    await mkdir(path.dirname(path.join(cache, name)), { recursive: true });
    await writeFile(path.join(cache, name), content);
  }
  const { code, stdout, stderr } = await run('backup', '--auto-remove', 'cached');
  if (code !== 0) throw new Error(`the backup ended with ${String(code)}: ${stdout}${stderr}`);
  await sandbox.migrateAll();
  await sandbox.evict(Object.keys(records));
}

/** Files below a directory, relative and sorted; the lock is none. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.xrootd-archive.'))
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}
