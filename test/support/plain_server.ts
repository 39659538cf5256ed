/**
 * A real xrootd without tape: it can be frozen and killed, and takes any directive. It listens on loopback only.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeze } from '../../lib/sandbox/frozen.js';
import { answersHandshake, giveToDaemon, launch, type Launched, type LaunchOptions } from './daemon.js';

export interface PlainServerOptions {
  /** More lines of its configuration; `{dir}` is a directory of the server's own, outside its export. */
  config?: readonly string[];
  /** More of its environment. */
  env?: Record<string, string>;
  /** What it exports, with `all.export`'s options. Default: everything. */
  exports?: readonly string[];
  /** The address that it listens on. Default: 127.0.0.1. */
  host?: '127.0.0.1' | '::1';
  /** Executables written to `{dir}` before it starts: name, text. */
  programs?: Record<string, string>;
}

const running = new Set<PlainServer>();
process.once('exit', () => {
  for (const server of running) server.kill();
});

export class PlainServer {
  /** `root://127.0.0.1:port` */
  readonly url: string;
  readonly #directory: string;
  readonly #port: number;
  readonly #options: LaunchOptions;
  #launched: Launched;

  private constructor(directory: string, launched: Launched, options: LaunchOptions) {
    const { host = '127.0.0.1' } = options;
    this.#options = options;
    this.#directory = directory;
    this.#launched = launched;
    this.#port = launched.port;
    this.url = `root://${host === '::1' ? '[::1]' : host}:${launched.port}`;
  }

  static async start({
    config = [],
    exports = ['/'],
    host = '127.0.0.1',
    env = {},
    programs = {},
  }: PlainServerOptions = {}): Promise<PlainServer> {
    const directory = mkdtempSync(join(tmpdir(), 'plain-xrootd-'));
    chmodSync(directory, 0o755);
    for (const name of ['data', 'admin']) mkdirSync(join(directory, name));
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(directory, name), text, { mode: 0o755 });
    }
    const lines = [
      ...exports.map((path) => `all.export ${path}`),
      `oss.localroot ${join(directory, 'data')}`,
      `all.adminpath ${join(directory, 'admin')}`,
      `all.pidpath ${join(directory, 'admin')}`,
      'xrd.network nodnr',
      ...config.map((line) => line.replaceAll('{dir}', directory)),
    ];
    writeFileSync(join(directory, 'xrootd.cf'), `${lines.join('\n')}\n`);
    closeSync(openSync(join(directory, 'log'), 'a'));
    for (const path of ['', 'data', 'admin', 'log']) giveToDaemon(join(directory, path));
    const server = new PlainServer(directory, await launch(directory, { host, env }), { host, env });
    running.add(server);
    await server.#ready();
    return server;
  }

  /** A directory of its own, outside its export; its configuration and its log are there. */
  get directory(): string {
    return this.#directory;
  }

  get pid(): number {
    const { pid } = this.#launched.child;
    if (pid === undefined) throw new Error('xrootd did not start');
    return pid;
  }

  get log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8');
  }

  /** Where a file of the server lies on disk. */
  file(path: string): string {
    return join(this.#directory, 'data', path);
  }

  urlOf(path: string): string {
    return `${this.url}/${path}`;
  }

  /** Puts a file there behind the server's back. */
  write(path: string, content: string | Uint8Array): void {
    this.mkdir(dirname(path));
    writeFileSync(this.file(path), content);
    this.own(path);
  }

  mkdir(path: string): void {
    const made = mkdirSync(this.file(path), { recursive: true });
    for (let each = path; made !== undefined && each !== '/'; each = dirname(each)) this.own(each);
  }

  /** Lets the server do with a file what its owner may. */
  own(path: string): void {
    giveToDaemon(this.file(path));
  }

  /** Stops it in its tracks: connections stay open and are accepted, nothing is answered. */
  freeze(): void {
    freeze(this.pid);
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** At once, with its programs. */
  kill(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }

  /** Does it run a program: its checksum program, for one? */
  get runsProgram(): boolean {
    const tasks = `/proc/${this.pid}/task`;
    return readdirSync(tasks).some((task) => {
      try {
        return readFileSync(join(tasks, task, 'children'), 'utf8').trim() !== '';
      } catch {
        // The thread has ended.
        return false;
      }
    });
  }

  /** A crash of the server; its files stay until `stop`. */
  async crash(): Promise<void> {
    this.kill();
    await this.#launched.exited;
  }

  /** After a crash: on the same port, with the same files. */
  async restart(): Promise<void> {
    this.#launched = await launch(this.#directory, { ...this.#options, port: this.#port });
    await this.#ready();
  }

  async stop(): Promise<void> {
    await this.crash();
    running.delete(this);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = AbortSignal.timeout(20_000);
    const answer = (async () => {
      for (;;) {
        if (await answersHandshake(this.#port, this.#options.host)) return;
        deadline.throwIfAborted();
        await sleep(20);
      }
    })();
    const ended = this.#launched.exited.then(() => {
      throw new Error(`xrootd ended while it started:\n${this.log}`);
    });
    await Promise.race([answer, ended]);
    ended.catch(() => undefined);
  }
}
