/** An archive whose records are on tape. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxOptions, TapeSandbox } from '../../lib/sandbox/index.js';
import { withArchive, type Bench, type OwnBench } from './archive.js';
import { writeRecord } from './records.js';

export type Records = readonly (readonly [name: string, size: number])[];

/** Polls as quickly as tests want it. */
export const quick = { stagePollMinSeconds: 0.2, stagePollMaxSeconds: 0.5, stageDeadlineSeconds: 20 };

export function many(count: number, size = 500): [name: string, size: number][] {
  return Array.from({ length: count }, (_, i): [string, number] => [`d${i % 7}/r${i}`, size + i]);
}

/** All on tape and still in the disk buffer, and in the cache. */
export async function withBuffered(
  options: SandboxOptions,
  records: Records,
  use: (bench: OwnBench) => Promise<void>,
): Promise<void> {
  await withArchive({ migrationDelay: 'never', ...options }, async (bench) => {
    for (const [name, size] of records) await writeRecord(bench.cache, name, size);
    await bench.pass({ autoRemove: 'never' });
    await bench.sandbox.migrateAll();
    bench.events.length = 0;
    await use(bench);
  });
}

/** All on tape only. */
export async function withOffline(
  options: SandboxOptions,
  records: Records,
  use: (bench: OwnBench) => Promise<void>,
): Promise<void> {
  await withBuffered(options, records, async (bench) => {
    await bench.sandbox.evict(records.map(([name]) => name));
    await use(bench);
  });
}

/** Waits for what must come. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 150_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `waited for in vain: ${String(condition)}`);
    await sleep(20);
  }
}

export async function offlineOf({ sandbox }: Bench, records: Records): Promise<string[]> {
  const states = await Promise.all(
    records.map(async ([name]) => [name, await sandbox.stateOf(name)] as const),
  );
  return states.filter(([, state]) => state?.offline === true).map(([name]) => name);
}

export async function allOffline(bench: Bench, records: Records): Promise<void> {
  await until(async () => (await offlineOf(bench, records)).length === records.length);
}

export function entriesOf(directory: string): Promise<string[]> {
  return readdir(directory, { recursive: true });
}

/**
 * The paths that requests were withdrawn of, in order of name, once there are so many: the server tells the sandbox of each request
 * by a process of its own, which can come after the answer.
 */
export async function cancelled(sandbox: TapeSandbox, count: number): Promise<string[]> {
  const told = () =>
    sandbox.prepares.filter(({ kind }) => kind === 'cancel').flatMap(({ paths }) => [...paths]);
  await until(() => told().length >= count);
  return told().sort();
}
