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

export class BenchServer {
  /** `root://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  readonly #directory: string;
  readonly #child: ChildProcess;
  #targets = 0;

  private constructor(directory: string, child: ChildProcess, port: number) {
    this.#directory = directory;
    this.#child = child;
    this.port = port;
    this.url = `root://127.0.0.1:${port}`;
  }

  /** @throws {Error} with its log if it doesn't start; {SandboxError} if something that it needs is missing */
  static async start(): Promise<BenchServer> {
    const directory = mkdtempSync(join(tmpdir(), 'xrootd-archive-bench-server-'));
    const file = (name: string) => join(directory, name);
    chmodSync(directory, 0o755);
    for (const name of ['data', 'admin']) mkdirSync(file(name));
    writeFileSync(file('xrootd.cf'), configuration(file('data'), file('admin')));
    if (asRoot) for (const name of ['', 'data', 'admin']) chownSync(file(name), nobody, nobody);
    const log = openSync(file('log'), 'a');
    // It listens for xrootd, which has no directive to be reached from this machine only.
    const launch = [file('admin/launched'), '0', findOnPath('xrootd')];
    const child = spawn(
      installProgram('tape_launch', directory),
      [...launch, '-c', file('xrootd.cf'), '-p', '{port}', '-s', file('admin/pid')],
      {
        cwd: directory,
        detached: true,
        stdio: ['ignore', 'pipe', log],
        env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
        ...(asRoot && { uid: nobody, gid: nobody }),
      },
    );
    closeSync(log);
    const patience = AbortSignal.timeout(20_000);
    for await (const line of createInterface(child.stdout!)) {
      const server = new BenchServer(directory, child, Number(line));
      await untilAnswering(server.port, patience);
      if (!patience.aborted) return server;
      await server.stop();
      break;
    }
    throw new Error(`xrootd did not start:\n${readFileSync(file('log'), 'utf8')}`);
  }

  /** Where a file of the server lies on disk. */
  file(path: string): string {
    return join(this.#directory, 'data', path);
  }

  mkdir(path: string): void {
    const made = mkdirSync(this.file(path), { recursive: true });
    if (!asRoot) return;
    for (let each = path; made !== undefined && each !== '/'; each = dirname(each)) {
      chownSync(this.file(each), nobody, nobody);
    }
  }

  /** An empty directory that nobody has seen before. */
  freshDirectory(): string {
    const path = `/target-${++this.#targets}`;
    this.mkdir(path);
    return path;
  }

  /** As chown writes whom its files must belong to; undefined: to us. */
  get owner(): string | undefined {
    return asRoot ? `${nobody}:${nobody}` : undefined;
  }

  /** Processor seconds so far. */
  get cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid!}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / clockTicks;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
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
