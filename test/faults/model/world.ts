/** What is real: a sandbox, caches, directories for restores and for online storage. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Archive, type ArchiveEvent, type ArchiveOptions, type Logger } from '../../../lib/index.js';
import { TapeSandbox } from '../../../lib/sandbox/index.js';
import { giveToDaemon } from '../../support/daemon.js';
import { secondServer } from './second_server.js';
import { Looker, type Seen, type Tree } from './look.js';
import type { Truth } from './truth.js';

/** How one remote file stands. */
export interface Remote {
  disk: Seen;
  tape?: Seen;
  offline: boolean;
}

/** All that a job could change. */
export interface Sight {
  caches: Tree[];
  captures: Tree[];
  remote: Map<string, Remote>;
  /** Restore directories. */
  restored: Tree[];
  online: Tree;
}

export const CACHES = 2;
/** The last one is on another server. */
export const RESTORES = 3;
export const SECOND_SERVER = 2;
/** xrootd's mark of an evicted file's copy on tape; lib/sandbox/tape_store.ts. */
const STICKY = 0o1000;

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export class World implements AsyncDisposable {
  readonly looker = new Looker();
  readonly caches: string[] = [];
  readonly restores: string[] = [];
  readonly online: string;
  /** What steps of others need to undo, last first. */
  readonly undo: (() => Promise<void> | void)[] = [];
  /** Inodes that a program has open for writing, or mapped. */
  readonly written = new Set<bigint>();
  /** Of the job that ran last. */
  events: ArchiveEvent[] = [];
  /** What steps of others want of each job's options, as a URL through a proxy. */
  overrides: Partial<ArchiveOptions> = {};

  private constructor(
    readonly sandbox: TapeSandbox,
    readonly directory: string,
  ) {
    for (let index = 0; index < CACHES; index += 1) this.caches.push(this.#make(`cache${index}`));
    for (let index = 0; index < SECOND_SERVER; index += 1) this.restores.push(this.#make(`restore${index}`));
    this.online = this.#make('online');
    this.#openBase();
  }

  static async start(truth: Truth): Promise<World> {
    const sandbox = await TapeSandbox.start({
      migrationDelay: 'never',
      stageDelay: [0, 0.05],
      failMigration: (path) => truth.notMigrated.has(path),
      failStage: (path) => truth.notStaged.has(path),
    });
    const world = new World(sandbox, mkdtempSync(join(tmpdir(), 'xa-model-')));
    for (let index = 0; index < CACHES; index += 1) truth.adopt(index, new Map());
    return world;
  }

  /** An archive for one job. */
  archive(cache: number, options: Partial<ArchiveOptions> = {}): Archive {
    const archive = new Archive(
      {
        ...{ cacheDirectory: this.caches[cache]!, targetUrl: this.sandbox.url },
        ...{ settleSeconds: 0, retryDelaySeconds: 0, retryMaxDelaySeconds: 0, catalogueSegments: false },
        ...{ stagePollMinSeconds: 0.1, stagePollMaxSeconds: 0.2, stageDeadlineSeconds: 5 },
        ...options,
        ...this.overrides,
      },
      { logger: silent },
    );
    this.events = [];
    archive.onAny((event) => this.events.push(event));
    return archive;
  }

  /** Where a restore goes. The second server starts when it is first wanted. */
  async restoreTo(index: number): Promise<string> {
    if (index !== SECOND_SERVER) return this.restores[index]!;
    const server = await secondServer();
    const base = basename(this.directory);
    if (this.restores[index] === undefined) {
      const directory = server.file(base);
      mkdirSync(directory);
      giveToDaemon(directory);
      this.restores.push(directory);
      this.undo.push(() => rmSync(directory, { recursive: true }));
    }
    return server.urlOf(`/${base}`);
  }

  /** The target's base on the server's disk. */
  get diskRoot(): string {
    return dirname(this.sandbox.diskPath('x'));
  }

  get tapeRoot(): string {
    return dirname(this.sandbox.tapePath('x'));
  }

  remote(): Map<string, Remote> {
    const disk = this.looker.tree(this.diskRoot);
    const tape = this.looker.tree(this.tapeRoot);
    const remote = new Map<string, Remote>();
    for (const [path, seen] of disk) {
      const copy = tape.get(path);
      const offline = copy !== undefined && (copy.mode & STICKY) !== 0;
      // An older copy isn't one of this file; of an evicted one only tape knows.
      const onTape = copy !== undefined && (offline || sameTime(seen, copy));
      remote.set(path, onTape ? { disk: seen, tape: copy, offline } : { disk: seen, offline });
    }
    return remote;
  }

  sight(): Sight {
    return {
      caches: this.caches.map((cache) => this.looker.tree(cache)),
      captures: this.caches.map((cache) => this.looker.captures(cache)),
      remote: this.remote(),
      restored: this.restores.map((directory) => this.looker.tree(directory)),
      online: this.looker.tree(this.online),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.undo.reverse()) await undo();
    await this.sandbox.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #make(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(path);
    return path;
  }

  /** The server runs as another user. */
  #openBase(): void {
    mkdirSync(this.diskRoot, { recursive: true });
    chmodSync(this.diskRoot, 0o777);
  }
}

/** As the sandbox compares them: lib/sandbox/tape_store.ts. */
function sameTime(disk: Seen, tape: Seen): boolean {
  const difference = disk.mtimeNs - tape.mtimeNs;
  return disk.size === tape.size && difference < 100_000n && difference > -100_000n;
}

/** What a client gets who reads the file: of an offline one what tape will give. */
export function bytesAt(remote: Remote | undefined): Seen | undefined {
  if (remote === undefined) return undefined;
  return remote.offline ? remote.tape : remote.disk;
}
