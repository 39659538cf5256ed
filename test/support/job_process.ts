/** A job in a process of its own (`test/faults/children/job`): to be killed, limited, or put into another time. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type {
  ArchiveOptions,
  BackupOptions,
  RebuildOptions,
  Report,
  RestoreOptions,
  RetentionOptions,
  VerifyOptions,
} from '../../lib/index.js';

interface Common {
  options: ArchiveOptions;
  /** It ends by SIGKILL at this event; counts from 1. */
  killAfterEvents?: number;
  /** Its clock goes on so much later, from this event; 0: from its beginning. */
  clock?: { milliseconds: number; afterEvents: number };
}

export interface ChildPut {
  path: string;
  /** Base64. */
  bytes: string;
  overwrite: boolean;
}

export type ChildJob = Common &
  (
    | { job: 'backup'; arguments?: BackupOptions }
    | { job: 'restore'; paths?: string[]; arguments: RestoreOptions }
    | { job: 'retention'; arguments?: RetentionOptions }
    | { job: 'rebuild'; arguments?: RebuildOptions }
    | { job: 'verify'; paths?: string[]; arguments?: VerifyOptions }
    | { job: 'put'; arguments: ChildPut[] }
  );

export interface ChildResult {
  report?: Report | undefined;
  error?: { name: string; code: string; message: string; exitCode?: unknown };
  /** Bytes. */
  maxRss?: number;
}

export interface JobEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** None if it was killed before its end. */
  result: ChildResult | undefined;
  /** Types of its events, and `put "path"` for each record that was put, in order. */
  events: string[];
  stderr: string;
  /** It didn't end in time, and was killed for that. */
  hung: boolean;
}

export interface JobProcessOptions {
  /** A program with its arguments that becomes Node: `['prlimit', '--nofile=256:256']`. */
  wrap?: readonly string[];
  /** Node's own arguments: `--max-old-space-size=64`. */
  flags?: readonly string[];
  env?: Record<string, string>;
}

export class JobProcess {
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  readonly #closed: Promise<[number | null, NodeJS.Signals | null]>;
  #stdout = '';
  #stderr = '';
  #hung = false;

  /** It starts, and waits for go(). */
  constructor({ wrap = [], flags = [], env = {} }: JobProcessOptions = {}) {
    const script = fileURLToPath(new URL('../faults/children/job.js', import.meta.url));
    const own = [...flags, script];
    const [program, ...args] =
      wrap.length === 0 ? [process.execPath, ...own] : [...wrap, process.execPath, ...own];
    this.#child = spawn(program ?? '', args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, XRD_STREAMTIMEOUT: '3', ...env },
    });
    this.#closed = once(this.#child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    this.#closed.catch(() => undefined);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
  }

  /** Hands it its job; it need not be ready yet. */
  go(job: ChildJob): void {
    this.#child.stdin.end(`${JSON.stringify(job)}\n`);
  }

  /** Resolves when it is ready, or has ended. */
  async ready(): Promise<void> {
    while (!this.#stdout.startsWith('ready\n') && this.#child.exitCode === null)
      await Promise.race([once(this.#child.stdout, 'data'), this.#closed]);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** @param seconds after which it counts as hanging, and is killed */
  async ended(seconds = 60): Promise<JobEnd> {
    const timer = setTimeout(() => {
      this.#hung = true;
      this.kill();
    }, seconds * 1000);
    const [code, signal] = await this.#closed.finally(() => {
      clearTimeout(timer);
    });
    const lines = this.#stdout.split('\n');
    const last = lines.findLast((line) => line.startsWith('{'));
    return {
      ...{ code, signal, stderr: this.#stderr, hung: this.#hung },
      result: last === undefined ? undefined : (JSON.parse(last) as ChildResult),
      events: lines.slice(1).filter((line) => line !== '' && !line.startsWith('{')),
    };
  }
}

/** Keeps one process started ahead, since starting takes most of the time. */
export class JobsAhead implements AsyncDisposable {
  readonly #options: JobProcessOptions;
  #next: JobProcess;

  constructor(options: JobProcessOptions = {}) {
    this.#options = options;
    this.#next = new JobProcess(options);
  }

  take(): JobProcess {
    const taken = this.#next;
    this.#next = new JobProcess(this.#options);
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#next.kill();
    await this.#next.ended();
  }
}

/** Makes permissions count, also for root: whoever runs so keeps its user, and loses the right to pass over them. */
export const PERMISSIONS_COUNT: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];

/** So many descriptors at most. */
export const descriptors = (most: number): readonly string[] => ['prlimit', `--nofile=${most}:${most}`];

/** Is this program here? */
export function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
