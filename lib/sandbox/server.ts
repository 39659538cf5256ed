import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeze } from './frozen.js';
import { SandboxError } from './error.js';
import type { Keeper } from './keeper.js';
import type { Layout } from './layout.js';
import { findOnPath } from './programs.js';
import type { ResolvedOptions } from './options.js';
import { untilAnswering } from './readiness.js';
import { endSession } from './session.js';
import type { ServerVersion } from './server_config.js';
import { serverConfig } from './server_config.js';
import { versionOf } from './server_version.js';

const portAttempts = 5;
/** For a port that was ours: the system gives it to anybody while nothing listens there. */
const portWaitMilliseconds = 10_000;
const addressInUse = /address already in use/i;

/** The xrootd process. It comes to life by `start`, may die and come back on its port, and ends with `kill`. */
export class XrootdServer {
  readonly #layout: Layout;
  readonly #options: ResolvedOptions;
  readonly #keeper: Keeper;
  readonly #program: string;
  readonly #version: ServerVersion;
  #process: ChildProcess | undefined;
  #port: number;
  /** On this port. */
  #hasRun = false;
  /** xrootd takes a listening socket from us where it was built with systemd's library, which is on most Linux. */
  #handOver = process.platform === 'linux';

  private constructor(
    layout: Layout,
    options: ResolvedOptions,
    keeper: Keeper,
    program: string,
    version: ServerVersion,
  ) {
    this.#layout = layout;
    this.#options = options;
    this.#keeper = keeper;
    this.#program = program;
    this.#version = version;
    this.#port = options.port;
  }

  /** @throws SandboxError NotInstalled, StartFailed (with the end of xrootd's log). */
  static async start(layout: Layout, options: ResolvedOptions, keeper: Keeper): Promise<XrootdServer> {
    const program = findOnPath(options.xrootd);
    const server = new XrootdServer(layout, options, keeper, program, await versionOf(program));
    await server.start();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Undefined while it isn't running. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const chosen = this.#port;
    const deadline = performance.now() + (this.#hasRun ? portWaitMilliseconds : 0);
    for (let attempt = 1; ;) {
      try {
        await this.#launch(this.#handOver ? undefined : chosen === 0 ? await freePort() : chosen);
        this.#hasRun = true;
        return;
      } catch (error) {
        const taken = error instanceof SandboxError && addressInUse.test(error.log ?? '');
        const ours = error instanceof SandboxError && /tape_launch/.test(error.log ?? '');
        const byOthers = chosen !== 0 && (!this.#handOver || ours);
        if (taken && byOthers && performance.now() < deadline) {
          await sleep(200);
          continue;
        }
        if (!taken || attempt === portAttempts || byOthers) throw error;
        attempt += 1;
        // It tried to bind the port that we hold for it: it can't take sockets over.
        this.#handOver = false;
        this.#port = chosen;
      }
    }
  }

  /** SIGKILL, which works on a stopped (paused) process too; resolves when it and what it has started are gone. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    if (running.exitCode === null && running.signalCode === null) await gone;
    if (running.pid !== undefined) await endSession(running.pid);
    this.#forget();
  }

  /** @throws SandboxError NotRunning. */
  pause(): void {
    freeze(this.#runningPid);
  }

  /** @throws SandboxError NotRunning. */
  resume(): void {
    process.kill(this.#runningPid, 'SIGCONT');
  }

  get #runningPid(): number {
    const { pid } = this;
    if (pid === undefined) throw new SandboxError('NotRunning', "The sandbox's xrootd isn't running");
    return pid;
  }

  async #launch(port: number | undefined): Promise<void> {
    const { config, log, admin, root, pidFile, programs, user } = this.#layout;
    writeFileSync(config, serverConfig(this.#layout, this.#options, this.#version, port));
    const logFile = openSync(log, 'a', 0o644);
    const logStart = readFileSync(log).length;
    const server = spawn(
      join(programs, 'tape_launch'),
      [
        ...[pidFile, port === undefined ? String(this.#port) : '-', this.#program],
        // -s: else it leaves a file in /tmp.
        ...['-c', config, '-p', port === undefined ? '{port}' : String(port), '-s', join(admin, 'pid')],
      ],
      {
        stdio: ['ignore', 'pipe', logFile],
        cwd: root,
        // Its own session: a Ctrl-C in our terminal isn't for it.
        detached: true,
        ...(user ?? {}),
      },
    );
    closeSync(logFile);
    this.#process = server;
    this.#keeper.watch(server.pid);
    let timer: NodeJS.Timeout | undefined;
    let starting = true;
    const failed = new Promise<never>((_resolve, reject) => {
      const fail = (how: string, cause?: unknown): void => {
        if (!starting) return;
        const text = readFileSync(log).subarray(logStart).toString('utf8');
        reject(new SandboxError('StartFailed', `xrootd didn't start: ${how}`, { log: endOf(text), cause }));
      };
      server.once('error', (error) => {
        fail(error.message, error);
      });
      server.once('exit', (code, signal) => {
        if (this.#process === server) this.#forget();
        fail(signal === null ? `it ended with status ${String(code)}` : `it was ended by ${signal}`);
      });
      timer = setTimeout(() => {
        fail(`no answer in ${String(this.#options.startTimeout)} s`);
      }, this.#options.startTimeout * 1000);
    });
    failed.catch(() => undefined);
    try {
      this.#port = port ?? (await Promise.race([portFrom(server), failed]));
      const ended = new AbortController();
      await Promise.race([untilAnswering(this.#port, ended.signal), failed]).finally(() => {
        ended.abort();
      });
    } catch (error) {
      await this.kill();
      throw error;
    } finally {
      starting = false;
      clearTimeout(timer);
    }
  }

  #forget(): void {
    this.#process = undefined;
    // The keeper kills what it was told, or what the file names.
    this.#keeper.watch(undefined);
    rmSync(this.#layout.pidFile, { force: true });
  }
}

async function portFrom(server: ChildProcess): Promise<number> {
  let text = '';
  for await (const data of server.stdout ?? []) {
    text += String(data);
    if (text.endsWith('\n')) break;
  }
  if (text !== '') return Number(text);
  // It ended without a word; its exit tells.
  return new Promise<never>(() => undefined);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function endOf(log: string): string {
  return log.trimEnd().split('\n').slice(-30).join('\n');
}
