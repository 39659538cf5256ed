/** Passes in a process of their own, to be killed at a random moment or at a named step: `test/faults/children`. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ArchiveOptions } from '../../lib/index.js';

export const REMOVAL_STEPS = [
  'before it asks for the commit',
  'in the transaction',
  'after the commit, before its answer',
  'after the commit, before the capture',
  'after the capture, before the last look',
  'after the last look, before the unlink',
  'after the unlink',
  'after the unlink, before the note',
  'after the note, before its commit',
  'in the transaction of the note',
  'after the commit of the note',
] as const;

export const CLOSING_STEPS = [
  ...(['before the last commit', 'after the last commit', 'before it closes'] as const),
  ...(['before the file is closed', 'after the file is closed', 'after it closed'] as const),
];

export const MAKING_STEPS = ['before the made file is closed', 'after the made file is closed'] as const;

export type StepPlace =
  (typeof REMOVAL_STEPS)[number] | (typeof CLOSING_STEPS)[number] | (typeof MAKING_STEPS)[number];

export interface Step {
  step: StepPlace;
  /** Counts from 1. */
  nth: number;
  /** It stands still there until this file exists; without it the process ends by SIGKILL. */
  go?: string;
}

/** On standard error, when a step is reached. */
export const REACHED = 'reached\n';

const child = (name: string) => new URL(`../faults/children/${name}.js`, import.meta.url);

/** The environment of a process, and of its threads, that is to stop at a step. */
export function stepIn(step: Step): Record<string, string> {
  return { NODE_OPTIONS: `--import ${child('at_step').href}`, AT_STEP: JSON.stringify(step) };
}

export class PassesToKill {
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  readonly #closed: Promise<[number | null, NodeJS.Signals | null]>;
  stdout = '';
  stderr = '';

  /** It starts, and waits for go(). @param passes 0: until it is killed */
  constructor(options: ArchiveOptions, passes: number, step?: Step) {
    const env = step === undefined ? {} : stepIn(step);
    this.#child = spawn(
      process.execPath,
      [fileURLToPath(child('passes')), JSON.stringify(options), String(passes)],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    );
    this.#closed = once(this.#child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** Resolves when the passes begin. */
  async go(): Promise<void> {
    await this.until(() => this.stdout.startsWith('ready\n'));
    this.#child.stdin.write('\n');
  }

  /** Resolves when its output is so, or when it has ended. */
  async until(so: () => boolean): Promise<void> {
    const { stdout, stderr, exitCode, signalCode } = this.#child;
    let ended = exitCode !== null || signalCode !== null;
    const closed = this.#closed.then(() => (ended = true));
    while (!so() && !ended) {
      const heard = new AbortController();
      const { signal } = heard;
      const data = [once(stdout, 'data', { signal }), once(stderr, 'data', { signal })];
      for (const each of data) each.catch(() => undefined);
      await Promise.race([...data, closed]);
      heard.abort();
    }
  }

  get removed(): number {
    return this.stdout.split('.').length - 1;
  }

  /** In one that runs for ever: of passes that ended. */
  get passes(): number {
    return this.stdout.split('\n').length - 2;
  }

  /** Resolves when it has ended. @throws AssertionError if it had before */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    assert.equal((await this.ended()).signal, 'SIGKILL', `it ended before: ${this.stderr}`);
  }

  async ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const [code, signal] = await this.#closed;
    return { code, signal };
  }
}

/** Starts the next child while the last one is looked at: starting takes most of the time. */
export class StartedAhead implements AsyncDisposable {
  readonly #start: () => PassesToKill;
  #next: PassesToKill;

  constructor(start: () => PassesToKill) {
    this.#start = start;
    this.#next = start();
  }

  /** One that waits for go(). */
  take(): PassesToKill {
    const taken = this.#next;
    this.#next = this.#start();
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next.kill();
  }
}
