/** A job in a process that stands still at a named point: `test/faults/children/stopped_job`. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ArchiveOptions } from '../../lib/index.js';
import { withPatches, type Patch } from './patches.js';

export type JobName = 'backup' | 'retention' | 'rebuild' | 'restore' | 'put' | 'put a stream';

export interface StoppedJob {
  job: JobName;
  options: ArchiveOptions;
  /** Of a record that is put, or of what is restored. */
  path: string;
  /** Where to restore to. */
  to?: string;
  /** It stands still at the first of this name; at none, if a call is given. */
  point?: string;
  /** `before renameat2`, of a file whose path has this in it: at_call.c. */
  call?: string;
  callPath?: string;
  /** A patch asks isForced() for it. */
  forced?: string;
  /** Is made when the point is reached. */
  reached: string;
  /** It goes on when this is there. */
  go: string;
}

const children = new URL('../faults/children/', import.meta.url);

/** Compiles at_call.c. Undefined: this machine has no compiler, or another C library. */
export function shim(directory: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const source = fileURLToPath(new URL('../../../test/faults/children/at_call.c', import.meta.url));
  const made = join(directory, 'at_call.so');
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', made, source, '-ldl'], { stdio: 'inherit' });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export class StoppedProcess {
  readonly #child: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  readonly #closed: Promise<unknown>;
  #ended = false;
  output = '';

  /** It starts, and waits for its job. */
  constructor(patches: readonly Patch[], preloaded: string | undefined) {
    const { flags, env } = withPatches(patches);
    this.#child = spawn(process.execPath, [...flags, fileURLToPath(new URL('stopped_job.js', children))], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        XRD_CONNECTIONWINDOW: '1',
        ...env,
        ...(preloaded !== undefined && { LD_PRELOAD: preloaded }),
      },
    });
    this.#closed = once(this.#child, 'close').then(() => (this.#ended = true));
    this.#child.stdin.on('error', () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  go(job: StoppedJob): void {
    for (const file of [job.reached, job.go]) rmSync(file, { force: true });
    this.#child.stdin.end(`${JSON.stringify(job)}\n`);
  }

  /** @returns false: it has ended, and never was so; or two minutes have passed */
  async until(so: () => boolean): Promise<boolean> {
    const deadline = performance.now() + 120_000;
    while (!so()) {
      if (this.#ended || performance.now() > deadline) return false;
      await sleep(3);
    }
    return true;
  }

  reached({ reached }: StoppedJob): Promise<boolean> {
    return this.until(() => existsSync(reached));
  }

  goOn({ go }: StoppedJob): void {
    writeFileSync(go, '');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  async ended(): Promise<void> {
    await this.#closed;
  }
}

/** Starts the next process while the last one is looked at: starting takes most of the time. */
export class StoppedAhead implements AsyncDisposable {
  readonly #start: () => StoppedProcess;
  #next: StoppedProcess;

  constructor(start: () => StoppedProcess) {
    this.#start = start;
    this.#next = start();
  }

  take(): StoppedProcess {
    const taken = this.#next;
    this.#next = this.#start();
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next.kill();
  }
}
