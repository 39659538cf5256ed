/** One run of the benchmarks: its server, its directories, its programs; what scenarios work with. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contestant } from './contestant.js';
import { makeData, type DataSet, type DataShape } from './data.js';
import { DelayProxy } from './delay_proxy.js';
import { runMeasured, type Command, type Measures } from './measured_process.js';
import { buildNativeTools, type NativeTools } from './native_tools.js';
import type { BenchOptions } from './options.js';
import type { Peers } from './peers.js';
import { untilCalm } from './processors.js';
import type { ContestantResult } from './result.js';
import { BenchServer } from './server.js';
import { takeTurn, takeTurns } from './turns.js';

const run = promisify(execFile);

export class Bench implements AsyncDisposable {
  readonly options: BenchOptions;
  readonly peers: Peers;
  readonly server: BenchServer;
  readonly tools: NativeTools;
  readonly signal: AbortSignal;
  readonly #directory: string;
  readonly #data = new Map<string, DataSet>();
  readonly #held = new Set<string>();
  readonly #proxies: DelayProxy[] = [];
  #removed = 0;

  private constructor(
    options: BenchOptions,
    peers: Peers,
    server: BenchServer,
    tools: NativeTools,
    signal: AbortSignal,
  ) {
    this.options = options;
    this.peers = peers;
    this.server = server;
    this.tools = tools;
    this.signal = signal;
    this.#directory = realpathSync(mkdtempSync(join(tmpdir(), 'xrootd-archive-bench-')));
  }

  static async start(options: BenchOptions, peers: Peers, signal: AbortSignal): Promise<Bench> {
    const tools = buildNativeTools();
    const server = await BenchServer.start();
    return new Bench(options, peers, server, tools, signal);
  }

  /** A directory or file of this run. */
  path(...names: string[]): string {
    return join(this.#directory, ...names);
  }

  /** Says on standard error what is going on. */
  readonly say = (line: string): void => void process.stderr.write(`${line}\n`);

  /** One of two numbers: the second for the quick form. */
  amount(real: number, quick: number): number {
    return this.options.quick ? quick : real;
  }

  /** A set of records, made when it is first asked for. */
  data(name: string, shape: DataShape): DataSet {
    const made = this.#data.get(name);
    if (made !== undefined) return made;
    this.say(`making ${shape.files} records of ${shape.bytesEach} bytes`);
    const data = makeData(this.path(name), shape);
    this.#data.set(name, data);
    return data;
  }

  /** Frees the room of a set of records. */
  async drop(data: DataSet): Promise<void> {
    for (const [name, each] of this.#data) if (each === data) this.#data.delete(name);
    await this.remove(data.directory);
  }

  /** Copies a set of records, without what passes keep beside them, into a directory that is there. */
  async copyOf(data: DataSet, to: string): Promise<void> {
    await run('cp', ['-r', `${data.directory}/.`, to]);
    await run('find', [to, '-name', '.xrootd-archive.*', '-delete']);
  }

  /** Copies a set of records to the server's disk behind its back. @returns their path on the server */
  async onServer(data: DataSet): Promise<string> {
    const path = data.directory.replace(this.#directory, '/held');
    const target = this.server.file(path);
    if (!this.#held.has(path)) {
      this.server.mkdir('/held');
      await run('cp', ['-r', '--sparse=auto', data.directory, target]);
      await run('find', [target, '-name', '.xrootd-archive.*', '-delete']);
      if (this.server.owner !== undefined) await run('chown', ['-R', this.server.owner, target]);
      this.#held.add(path);
    }
    return path;
  }
  async dropFromServer(path: string): Promise<void> {
    this.#held.delete(path);
    await this.remove(this.server.file(path));
  }

  /**
   * Takes a directory away and frees its room, but keeps its inodes until the end: ext4 gives one back only minutes after
   * it was deleted, and until then searches past it for every file that is made. Whoever ran next paid for that.
   */
  async remove(path: string): Promise<void> {
    if (!existsSync(path)) return;
    const removed = this.path('removed');
    mkdirSync(removed, { recursive: true });
    const aside = join(removed, String((this.#removed += 1)));
    await run('mv', [path, aside]);
    await run('find', [aside, '-type', 'f', '-size', '+0', '-exec', 'truncate', '-s', '0', '{}', '+']);
  }

  /** Removes a directory with all that is in it, and makes it anew. */
  async empty(path: string): Promise<void> {
    await this.remove(path);
    mkdirSync(path, { recursive: true });
  }

  measure(command: Command): Promise<Measures> {
    const { measure } = this.tools;
    return runMeasured(command, { measure, log: this.path('contestant.log'), signal: this.signal });
  }

  /** A server at this distance; 0 is the server itself. */
  async at(roundTripMilliseconds: number): Promise<string> {
    if (roundTripMilliseconds === 0) return this.server.url;
    const proxy = await DelayProxy.start(this.tools.delayProxy, this.server.port, roundTripMilliseconds);
    this.#proxies.push(proxy);
    return `root://127.0.0.1:${proxy.port}`;
  }

  /** @param mostRounds where fewer than were asked for are enough */
  async turns(
    contestants: readonly (Contestant | undefined)[],
    mostRounds = Infinity,
  ): Promise<ContestantResult[]> {
    const { only } = this.options;
    const rounds = Math.min(this.options.rounds, mostRounds);
    const chosen = contestants
      .filter((each) => each !== undefined)
      .filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)));
    return await takeTurns(chosen, { rounds, say: this.say, ...this.#conditions });
  }

  /** One run that belongs to a search, not to the rounds. @returns seconds */
  async once(contestant: Contestant): Promise<number> {
    const measures = await takeTurn(contestant, this.#conditions);
    return measures[contestant.basis ?? 'wallSeconds']!;
  }

  readonly #conditions = {
    settle: async () => {
      await this.server.restart();
      if (!this.options.quick) await run('sync', ['-f', this.#directory]);
      await untilCalm(this.options.calm, this.signal);
    },
    serverCpu: () => this.server.cpuSeconds,
  };

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop();
    await this.server.stop();
    await run('rm', ['-rf', this.#directory]);
  }
}
