/** Runs a contestant's program in a process of its own and tells what it cost. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface Command {
  file: string;
  args: readonly string[];
  /** Numbers that its JSON must show; anything else is a failed run. */
  expect?: Readonly<Record<string, number>>;
}

/** Each name ends with its unit; a contestant adds its own. */
export type Measures = Record<string, number>;

export interface RunOptions {
  /** The program measure.cc. */
  measure: string;
  /** Where its standard error goes. */
  log: string;
  signal: AbortSignal;
}

const logTail = 4000;

/**
 * @returns `wallSeconds`, `cpuSeconds`, `peakRssBytes` of the whole process, and every number of the JSON line that it
 * prints last, if it does
 * @throws {Error} when it fails, or when its JSON isn't what was expected; with the end of its log
 */
export async function runMeasured(
  { file, args, expect = {} }: Command,
  { measure, log, signal }: RunOptions,
): Promise<Measures> {
  signal.throwIfAborted();
  const errors = openSync(log, 'w');
  const child = spawn(measure, [file, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', errors, 'pipe'],
    env: environmentOf(process.env),
  });
  closeSync(errors);
  const abort = () => killGroup(child);
  signal.addEventListener('abort', abort);
  try {
    const closed = once(child, 'close') as Promise<[number | null]>;
    const [out, cost, [status]] = await Promise.all([
      text(child.stdout!),
      text(child.stdio[3] as Readable),
      closed,
    ]);
    signal.throwIfAborted();
    const output = out + readFileSync(log, 'utf8');
    const fail = (what: string) =>
      new Error(`${[file, ...args].join(' ')}\n${what}\n${output.slice(-logTail)}`);
    if (status !== 0) throw fail(`ended with ${String(status)}`);
    const told = numbersOf(out);
    for (const [name, value] of Object.entries(expect)) {
      if (told[name] !== value) throw fail(`${name} is ${String(told[name])}, not ${value}`);
    }
    return { ...numbersOf(cost), ...told };
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Settings of libXrdCl that the shell happens to have would change what is measured. */
export function environmentOf(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('XRD_')));
}

export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function numbersOf(output: string): Measures {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) return {};
  const entries = Object.entries(JSON.parse(line) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
