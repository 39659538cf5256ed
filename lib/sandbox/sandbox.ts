import { SandboxError } from './error.js';
import { Machinery } from './machinery.js';
import { resolveOptions, type ResolvedOptions, type SandboxOptions } from './options.js';
import type { PrepareRecord } from './prepare_channel.js';
import type { TapeActivity } from './robot_context.js';
import { pathOnServer } from './server_path.js';

/** How a file stands, seen from behind the server. */
export interface TapeFileState {
  /** Bytes. */
  size: number;
  /** Modification time. */
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

/** Options of `TapeSandbox.corrupt`. */
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
  readonly #machinery: Machinery;
  #requests = 0;

  private constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#machinery = new Machinery(options);
  }

  /**
   * Resolves when the server answers.
   * @throws SandboxError InvalidOption, NotInstalled, NotBuilt, StartFailed
   */
  static async start(options: SandboxOptions = {}): Promise<TapeSandbox> {
    const sandbox = new TapeSandbox(resolveOptions(options));
    try {
      await sandbox.#machinery.start();
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
    return this.#machinery.host;
  }

  /** 0 while xrootd isn't running. */
  get port(): number {
    return this.#machinery.server?.port ?? 0;
  }

  /** The base as a path on the server. */
  get basePath(): string {
    return this.#options.basePath;
  }

  /** xrootd's process. Undefined while it isn't running. */
  get pid(): number | undefined {
    return this.#machinery.server?.pid;
  }

  /** The clients' SSS keytab with `sss`, readable by our user alone; gone after `stop`. */
  get keytab(): string | undefined {
    return this.#options.sss ? this.#machinery.layout.clientKeytab : undefined;
  }

  /** xrootd's log file; gone after `stop`. */
  get logFile(): string {
    return this.#machinery.layout.log;
  }

  /** All prepare requests that reached the robot, in order: clients' only, not those of `stage` and `evict` here. */
  get prepares(): readonly PrepareRecord[] {
    return this.#machinery.prepares;
  }

  /** What the robot did, in order. */
  get activity(): readonly TapeActivity[] {
    return this.#machinery.robot?.activity ?? [];
  }

  /** The lines for a configuration file: the target, and the keytab if there is one. */
  configSnippet(): string {
    const keytab = this.keytab === undefined ? '' : `\nkeytab_file_path: ${this.keytab}`;
    return `target_url: ${this.url}${keytab}`;
  }

  /** Where the disk copy of a file is on this machine, whether or not there is one. */
  diskPath(path: string): string {
    return this.#machinery.store.diskPath(this.#serverPath(path));
  }

  /** Where the tape copy of a file is on this machine, whether or not there is one. */
  tapePath(path: string): string {
    return this.#machinery.store.tapePath(this.#serverPath(path));
  }

  /** Undefined when the server has no such file. */
  async stateOf(path: string): Promise<TapeFileState | undefined> {
    const serverPath = this.#serverPath(path);
    const state = await this.#machinery.store.look(serverPath);
    if (state === undefined) return undefined;
    const { size, mtime, onTape, offline } = state;
    const stageError = this.#machinery.robot?.stageError(serverPath);
    return {
      ...{ size, mtime, onTape, offline },
      requested: this.#machinery.robot?.isWaiting(serverPath) ?? false,
      ...(stageError === undefined ? {} : { stageError }),
    };
  }

  /**
   * Writes every closed file to tape now, whatever `migrationDelay` says, except those of `failMigration`.
   * Returns how many it wrote.
   */
  async migrateAll(): Promise<number> {
    return this.#machinery.tape.migrateAll();
  }

  /**
   * Resolves when every file is on tape (and evicted, with `evictAfterMigration`), except those of `failMigration`;
   * waits for files that are still being written.
   * @throws SandboxError WrongState with `migrationDelay: 'never'`: it would never be.
   */
  async settle(): Promise<void> {
    const robot = this.#machinery.tape;
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
    const robot = this.#machinery.tape;
    await Promise.all(
      paths.map(async (path) => {
        const serverPath = this.#serverPath(path);
        const state = await this.#machinery.store.look(serverPath);
        if (state === undefined) throw new SandboxError('WrongState', `${serverPath}: no such file`);
        if (!state.onTape) throw new SandboxError('WrongState', `${serverPath} isn't on tape`);
        if (state.offline || state.size === 0) return;
        if ((await robot.evict(serverPath)) === 'evicted') return;
        // Somebody else may have evicted it meanwhile.
        if ((await this.#machinery.store.look(serverPath))?.offline !== true)
          throw new SandboxError('WrongState', `${serverPath} is in use`);
      }),
    );
  }

  /** Resolves when no eviction that a client asked for is going on. One of a file that is open goes on until it is closed. */
  async evictionsEnd(): Promise<void> {
    await this.#machinery.tape.evictionsEnd();
  }

  /** Brings files back as a client's stage request would; resolves at once, `stateOf` tells when they are online. */
  async stage(paths: readonly string[]): Promise<void> {
    const robot = this.#machinery.tape;
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
    const state = await this.#machinery.store.look(serverPath);
    const onDisk = state !== undefined && !state.offline && copy !== 'tape';
    const onTape = state?.onTape === true && copy !== 'disk';
    if (!onDisk && !onTape) throw new SandboxError('WrongState', `${serverPath} has no such copy`);
    if (state.size === 0) throw new SandboxError('WrongState', `${serverPath} is empty`);
    const offset = options.offset ?? Math.floor(state.size / 2);
    if (onDisk)
      await this.#machinery.store.corrupt(this.#machinery.store.diskPath(serverPath), offset, keepChecksums);
    if (onTape) await this.#machinery.store.corrupt(this.#machinery.store.tapePath(serverPath), offset, true);
  }

  /** Freezes xrootd: connections stay, nothing is answered. */
  pause(): void {
    this.#machinery.running.pause();
  }

  /** Ends `pause()`. */
  resume(): void {
    this.#machinery.running.resume();
  }

  /** Kills xrootd as a crash would; its files stay. */
  kill(): Promise<void> {
    return this.#machinery.kill();
  }

  /** Starts xrootd again on the same port, after killing it if it still runs. */
  restart(): Promise<void> {
    return this.#machinery.restart();
  }

  /** Ends xrootd and removes everything. May be called twice. */
  stop(): Promise<void> {
    return this.#machinery.stop();
  }

  /** As `stop()`, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #serverPath(path: string): string {
    return pathOnServer(this.#options.basePath, path);
  }
}
