/** The server of the benchmarks: a plain xrootd on loopback, as facilities have them for disk. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { findOnPath, installProgram } from '../../lib/sandbox/programs.js';
import { untilAnswering } from '../../lib/sandbox/readiness.js';

/** xrootd refuses to run as root. */
const nobody = 65_534;
const asRoot = process.getuid?.() === 0;
const clockTicks = 100;
const patienceMilliseconds = 20_000;

export class BenchServer {
  readonly #directory = mkdtempSync(join(tmpdir(), 'xrootd-archive-bench-server-'));
  readonly #launcher: string;
  #port = 0;
  #child: ChildProcess | undefined;

  private constructor() {
    chmodSync(this.#directory, 0o755);
    for (const name of ['data', 'admin']) mkdirSync(this.#own(name));
    if (asRoot) for (const name of ['', 'data', 'admin']) chownSync(this.#own(name), nobody, nobody);
    writeFileSync(this.#own('xrootd.cf'), configuration(this.#own('data'), this.#own('admin')));
    this.#launcher = installProgram('tape_launch', this.#directory);
  }

  /** @throws {Error} with its log if it doesn't start; {SandboxError} if something that it needs is missing */
  static async start(): Promise<BenchServer> {
    const server = new BenchServer();
    try {
      await server.#launch();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `root://127.0.0.1:${this.#port}`;
  }

  /**
   * A new process with the same files, on the same port. XRootD 5.5 remembers checksum queries whose clients have left:
   * later ones wait 30 s for room among them, or fail ("Program failed") where the path is the same. So what one
   * contestant did would slow the next.
   */
  async restart(): Promise<void> {
    await this.#kill();
    await this.#launch();
  }

  /** Where a file of the server lies on disk. */
  file(path: string): string {
    return join(this.#own('data'), path);
  }

  mkdir(path: string): void {
    const made = mkdirSync(this.file(path), { recursive: true });
    if (!asRoot) return;
    for (let each = path; made !== undefined && each !== '/'; each = dirname(each)) {
      chownSync(this.file(each), nobody, nobody);
    }
  }

  /** As chown writes whom its files must belong to; undefined: to us. */
  get owner(): string | undefined {
    return asRoot ? `${nobody}:${nobody}` : undefined;
  }

  /** Processor seconds since it was started last. */
  get cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child!.pid!}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / clockTicks;
  }

  async stop(): Promise<void> {
    await this.#kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    const log = openSync(this.#own('log'), 'a');
    // It listens for xrootd, which has no directive to be reached from this machine only.
    const launch = [this.#own('admin/launched'), String(this.#port), findOnPath('xrootd')];
    const child = spawn(
      this.#launcher,
      [...launch, '-c', this.#own('xrootd.cf'), '-p', '{port}', '-s', this.#own('admin/pid')],
      {
        cwd: this.#directory,
        detached: true,
        stdio: ['ignore', 'pipe', log],
        env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
        ...(asRoot && { uid: nobody, gid: nobody }),
      },
    );
    this.#child = child;
    closeSync(log);
    const patience = AbortSignal.timeout(patienceMilliseconds);
    for await (const line of createInterface(child.stdout!)) {
      this.#port = Number(line);
      await untilAnswering(this.#port, patience);
      if (!patience.aborted) return;
      break;
    }
    throw new Error(`xrootd did not start:\n${readFileSync(this.#own('log'), 'utf8')}`);
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #own(name: string): string {
    return join(this.#directory, name);
  }
}

/** It makes as few checksums at once as facilities' servers do, so that it matters how we ask. */
function configuration(data: string, admin: string): string {
  return `all.export /
oss.localroot ${data}
all.adminpath ${admin}
all.pidpath ${admin}
xrd.network nodnr
xrootd.chksum max 4 adler32
`;
}
