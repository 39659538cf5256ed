/**
 * A real xrootd without tape, for the tests of the binding: it can be frozen and killed, and takes any directive.
 * It listens on loopback only: the socket is made here and handed over, as systemd's socket activation does.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeze } from '../../lib/sandbox/frozen.js';

/** xrootd refuses to run as root. */
const nobody = 65_534;
const asRoot = process.getuid?.() === 0;

export interface PlainServerOptions {
  /** More lines of its configuration; `{dir}` is a directory of the server's own, outside its export. */
  config?: string[];
  /** More of its environment. */
  env?: Record<string, string>;
  /** Executables written to `{dir}` before it starts: name, text. */
  programs?: Record<string, string>;
}

const running = new Set<PlainServer>();
process.once('exit', () => {
  for (const server of running) server.kill();
});

/** Node's listener doesn't block, and xrootd's accept() would spin. */
const becomeServer = `
import os, sys
os.set_blocking(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
os.execvp(sys.argv[1], sys.argv[1:])`;

export class PlainServer {
  /** `root://127.0.0.1:port` */
  readonly url: string;
  readonly #directory: string;
  readonly #port: number;
  readonly #env: Record<string, string>;
  #child: ChildProcess;
  #exited: Promise<unknown>;

  private constructor(directory: string, { child, port }: Launched, env: Record<string, string>) {
    this.#directory = directory;
    this.#env = env;
    this.#port = port;
    this.#child = child;
    this.#exited = once(child, 'exit');
    this.url = `root://127.0.0.1:${port}`;
  }

  static async start({
    config = [],
    programs = {},
    env = {},
  }: PlainServerOptions = {}): Promise<PlainServer> {
    const directory = mkdtempSync(join(tmpdir(), 'plain-xrootd-'));
    chmodSync(directory, 0o755);
    for (const name of ['data', 'admin']) mkdirSync(join(directory, name));
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(directory, name), text, { mode: 0o755 });
    }
    const lines = [
      'all.export /',
      `oss.localroot ${join(directory, 'data')}`,
      `all.adminpath ${join(directory, 'admin')}`,
      `all.pidpath ${join(directory, 'admin')}`,
      'xrd.network nodnr',
      ...config.map((line) => line.replaceAll('{dir}', directory)),
    ];
    writeFileSync(join(directory, 'xrootd.cf'), `${lines.join('\n')}\n`);
    closeSync(openSync(join(directory, 'log'), 'a'));
    if (asRoot)
      for (const path of ['', 'data', 'admin', 'log']) chownSync(join(directory, path), nobody, nobody);
    const server = new PlainServer(directory, await launch(directory, 0, env), env);
    running.add(server);
    await server.#ready();
    return server;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('xrootd did not start');
    return this.#child.pid;
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
    if (asRoot) chownSync(this.file(path), nobody, nobody);
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
    return readdirSync(tasks).some(
      (task) => readFileSync(join(tasks, task, 'children'), 'utf8').trim() !== '',
    );
  }

  /** A crash of the server; its files stay until `stop`. */
  async crash(): Promise<void> {
    this.kill();
    await this.#exited;
  }

  /** After a crash: on the same port, with the same files. */
  async restart(): Promise<void> {
    this.#child = (await launch(this.#directory, this.#port, this.#env)).child;
    this.#exited = once(this.#child, 'exit');
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
        if (await answersHandshake(this.#port)) return;
        deadline.throwIfAborted();
        await sleep(20);
      }
    })();
    const ended = this.#exited.then(() => {
      throw new Error(`xrootd ended while it started:\n${this.log}`);
    });
    await Promise.race([answer, ended]);
    ended.catch(() => undefined);
  }
}

interface Launched {
  child: ChildProcess;
  port: number;
}

async function launch(directory: string, wanted: number, env: Record<string, string>): Promise<Launched> {
  const listener = createServer().listen(wanted, '127.0.0.1', 1024);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
  const log = openSync(join(directory, 'log'), 'a');
  const child = spawn(
    'python3',
    ['-c', becomeServer, 'xrootd', '-p', String(port), '-c', join(directory, 'xrootd.cf')],
    {
      cwd: directory,
      detached: true,
      stdio: ['ignore', log, log, fd],
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...env },
      ...(asRoot && { uid: nobody, gid: nobody }),
    },
  );
  listener.close();
  closeSync(log);
  return { child, port };
}

/** The client's first 20 bytes of the XRootD protocol; a server answers them with 16. */
async function answersHandshake(port: number): Promise<boolean> {
  const hello = Buffer.alloc(20);
  hello.writeUInt32BE(4, 12);
  hello.writeUInt32BE(2012, 16);
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(hello);
    await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => Promise.reject(new Error('closed'))),
    ]);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
