import { rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { authorizations, authorizes } from './authorizations.js';
import { BufferLedger } from './buffer_ledger.js';
import { SandboxError } from './error.js';
import { EventPipe, normalizePath } from './event_pipe.js';
import { Keeper } from './keeper.js';
import { KeyedChecksumKeeper } from './keyed_checksums.js';
import { makeKeytabs } from './keys.js';
import type { Layout } from './layout.js';
import { giveTo, makeLayout } from './layout.js';
import { openFiles } from './open_files.js';
import type { ResolvedOptions, SandboxOptions } from './options.js';
import { resolveOptions } from './options.js';
import type { PrepareRecord } from './prepare_channel.js';
import { PrepareChannel } from './prepare_channel.js';
import { installProgram } from './programs.js';
import type { TapeActivity } from './robot.js';
import { TapeRobot } from './robot.js';
import { XrootdServer } from './server.js';
import { ChecksumKeeper } from './server_requests.js';
import { TapeStore } from './tape_store.js';

/** How a file stands, seen from behind the server. */
export interface TapeFileState {
  /** Bytes. */
  size: number;
  mtime: Date;
  /** An identical copy is on tape: the server reports BackUpExists. */
  onTape: boolean;
  /** On tape only: the server reports Offline. */
  offline: boolean;
  /** A stage request waits for it. */
  requested: boolean;
  /** Why the last stage request for it failed. */
  stageError?: string;
}

export interface CorruptOptions {
  /** Default `both`; of an evicted file only the tape copy can be changed. */
  copy?: 'disk' | 'tape' | 'both';
  /** Which byte, from 0. Default: the middle one. */
  offset?: number;
  /** Leave the server the checksums that it cached for the disk copy, as bit rot does. Default false. */
  keepChecksums?: boolean;
}

/**
 * A throwaway XRootD server with a simulated tape behind it.
 *
 * Guaranteed: loopback only; nothing outlives the process that started it, however that ends. It keeps its process
 * alive until it is stopped. Paths that its methods take are relative to the base, or absolute on the server.
 */
export class TapeSandbox implements AsyncDisposable {
  readonly #options: ResolvedOptions;
  readonly #layout: Layout;
  readonly #keeper: Keeper;
  readonly #store: TapeStore;
  #ledger: BufferLedger | undefined;
  #server: XrootdServer | undefined;
  #robot: TapeRobot | undefined;
  #channel: PrepareChannel | undefined;
  #events: EventPipe | undefined;
  #checksums: ChecksumKeeper | KeyedChecksumKeeper | undefined;
  #stopped: Promise<void> | undefined;
  readonly #prepares: PrepareRecord[] = [];
  #requests = 0;

  private constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#layout = makeLayout(options);
    this.#keeper = new Keeper(this.#layout);
    this.#store = new TapeStore(this.#layout);
  }

  /**
   * Resolves when the server answers.
   * @throws SandboxError InvalidOption, NotInstalled, NotBuilt, StartFailed
   */
  static async start(options: SandboxOptions = {}): Promise<TapeSandbox> {
    const sandbox = new TapeSandbox(resolveOptions(options));
    try {
      await sandbox.#start();
      return sandbox;
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
  }

  /** The target: `root://127.0.0.1:<port>//<base>`. */
  get url(): string {
    return `root://${this.host}/${this.#options.basePath}`;
  }

  /** `127.0.0.1:<port>` */
  get host(): string {
    return `127.0.0.1:${String(this.port)}`;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** The base as a path on the server. */
  get basePath(): string {
    return this.#options.basePath;
  }

  /** xrootd's process. Undefined while it isn't running. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** The clients' SSS keytab with `sss`, readable by our user alone; gone after `stop`. */
  get keytab(): string | undefined {
    return this.#options.sss ? this.#layout.clientKeytab : undefined;
  }

  /** xrootd's log file; gone after `stop`. */
  get logFile(): string {
    return this.#layout.log;
  }

  /** All prepare requests that reached the robot, in order: clients' only, not those of `stage` and `evict` here. */
  get prepares(): readonly PrepareRecord[] {
    return this.#prepares;
  }

  /** What the robot did, in order. */
  get activity(): readonly TapeActivity[] {
    return this.#robot?.activity ?? [];
  }

  /** The lines for a configuration file: the target, and the keytab if there is one. */
  configSnippet(): string {
    const keytab = this.keytab === undefined ? '' : `\nkeytab_file_path: ${this.keytab}`;
    return `target_url: ${this.url}${keytab}`;
  }

  diskPath(path: string): string {
    return this.#store.diskPath(this.#serverPath(path));
  }

  tapePath(path: string): string {
    return this.#store.tapePath(this.#serverPath(path));
  }

  /** Undefined when the server has no such file. */
  async stateOf(path: string): Promise<TapeFileState | undefined> {
    const serverPath = this.#serverPath(path);
    const state = await this.#store.look(serverPath);
    if (state === undefined) return undefined;
    const { size, mtime, onTape, offline } = state;
    const stageError = this.#robot?.stageError(serverPath);
    return {
      ...{ size, mtime, onTape, offline },
      requested: this.#robot?.isWaiting(serverPath) ?? false,
      ...(stageError === undefined ? {} : { stageError }),
    };
  }

  /**
   * Writes every closed file to tape now, whatever `migrationDelay` says, but for those of `failMigration`.
   * Returns how many it wrote.
   */
  async migrateAll(): Promise<number> {
    return this.#tape().migrateAll();
  }

  /**
   * Resolves when every file is on tape (and evicted, with `evictAfterMigration`), but for those of `failMigration`;
   * waits for files that are still being written.
   * @throws SandboxError WrongState with `migrationDelay: 'never'`: it would never be.
   */
  async settle(): Promise<void> {
    const robot = this.#tape();
    if (this.#options.migrationDelay === undefined) {
      throw new SandboxError(
        'WrongState',
        "settle() would wait for ever: migrationDelay is 'never'; use migrateAll()",
      );
    }
    await robot.settle();
  }

  /**
   * Gives the disk copies of files on tape up, after the server cached their checksums. Files that are offline
   * already, and empty ones, are left as they are.
   * @throws SandboxError WrongState when one is missing, not on tape, or open; XRootDError
   */
  async evict(paths: readonly string[]): Promise<void> {
    const robot = this.#tape();
    await Promise.all(
      paths.map(async (path) => {
        const serverPath = this.#serverPath(path);
        const state = await this.#store.look(serverPath);
        if (state === undefined) throw new SandboxError('WrongState', `${serverPath}: no such file`);
        if (!state.onTape) throw new SandboxError('WrongState', `${serverPath} isn't on tape`);
        if (state.offline || state.size === 0) return;
        if (!(await robot.evict(serverPath))) throw new SandboxError('WrongState', `${serverPath} is in use`);
      }),
    );
  }

  /** Brings files back as a client's stage request would; resolves at once, `stateOf` tells when they are online. */
  async stage(paths: readonly string[]): Promise<void> {
    const robot = this.#tape();
    const requestId = `sandbox.${String(++this.#requests)}`;
    for (const path of paths) await robot.requestStage(this.#serverPath(path), requestId, new Date());
  }

  /**
   * Changes a byte behind the server's back, keeping size and time.
   * @throws SandboxError WrongState when there is no such copy.
   */
  async corrupt(path: string, options: CorruptOptions = {}): Promise<void> {
    const { copy = 'both', keepChecksums = false } = options;
    const serverPath = this.#serverPath(path);
    const state = await this.#store.look(serverPath);
    const onDisk = state !== undefined && !state.offline && copy !== 'tape';
    const onTape = state?.onTape === true && copy !== 'disk';
    if (!onDisk && !onTape) throw new SandboxError('WrongState', `${serverPath} has no such copy`);
    if (state.size === 0) throw new SandboxError('WrongState', `${serverPath} is empty`);
    const offset = options.offset ?? Math.floor(state.size / 2);
    if (onDisk) await this.#store.corrupt(this.#store.diskPath(serverPath), offset, keepChecksums);
    if (onTape) await this.#store.corrupt(this.#store.tapePath(serverPath), offset, true);
  }

  /** Freezes xrootd: connections stay, nothing is answered. */
  pause(): void {
    this.#running().pause();
  }

  resume(): void {
    this.#running().resume();
  }

  /** Kills xrootd as a crash would; its files stay. */
  async kill(): Promise<void> {
    await this.#server?.kill();
    this.#robot?.serverDied();
  }

  /** Starts xrootd again on the same port, after killing it if it still runs. */
  async restart(): Promise<void> {
    const server = this.#running();
    await this.kill();
    await this.#recount();
    await server.start();
  }

  /** Ends xrootd and removes everything. May be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #start(): Promise<void> {
    const { layout, options } = { layout: this.#layout, options: this.#options };
    installProgram('tape_launch', layout.programs);
    if (options.tapeFlags) {
      installProgram('tape_plugin.so', layout.programs);
      installProgram('tape_prepare', layout.programs);
      this.#channel = await PrepareChannel.open(layout.robotSocket, (request) => {
        this.#prepares.push(request);
        return this.#tape().onPrepare(request);
      });
      if (options.bufferSize !== undefined) {
        this.#ledger = new BufferLedger(layout.ledger, options.bufferSize);
        giveTo(layout.user, layout.ledger);
      }
    }
    if (options.sss) await makeKeytabs(layout, options.xrootd);
    if (authorizes(options)) writeFileSync(layout.authorizations, authorizations(options), { mode: 0o644 });
    this.#server = await XrootdServer.start(layout, options, this.#keeper);
    if (!options.tapeFlags) return;
    const server = `root://${this.host}`;
    const checksums = options.sss
      ? new KeyedChecksumKeeper(server, layout.clientKeytab)
      : new ChecksumKeeper(server);
    this.#checksums = checksums;
    const robot = new TapeRobot({
      options,
      store: this.#store,
      ledger: this.#ledger,
      cacheChecksums: (path) => checksums.cache(path),
      openFiles: async () => (this.pid === undefined ? new Set() : openFiles(this.pid)),
    });
    this.#robot = robot;
    if (options.migrationDelay !== undefined) {
      this.#events = new EventPipe(layout.events, (event) => {
        robot.onEvent(event);
      });
    }
  }

  async #stop(): Promise<void> {
    this.#robot?.stop();
    this.#events?.close();
    if (this.#checksums instanceof KeyedChecksumKeeper) await this.#checksums.close();
    await this.#server?.kill();
    await this.#channel?.close();
    this.#ledger?.close();
    await rm(this.#layout.root, { recursive: true, force: true, maxRetries: 5 });
    await this.#keeper.finish();
    rmSync(this.#layout.root, { recursive: true, force: true });
  }

  async #recount(): Promise<void> {
    if (this.#ledger !== undefined) this.#ledger.reset(await this.#tape().heldBytes());
  }

  #tape(): TapeRobot {
    if (this.#robot === undefined) {
      throw new SandboxError(
        'WrongState',
        'This sandbox has no tape (tapeFlags: false), or was never started',
      );
    }
    return this.#robot;
  }

  #running(): XrootdServer {
    if (this.#server === undefined || this.#stopped !== undefined) {
      throw new SandboxError('NotRunning', 'The sandbox is stopped');
    }
    return this.#server;
  }

  #serverPath(path: string): string {
    const { basePath } = this.#options;
    const absolute = normalizePath(path);
    if (path.startsWith('/') && (absolute === basePath || absolute.startsWith(`${basePath}/`)))
      return absolute;
    return `${basePath}${absolute}`;
  }
}
