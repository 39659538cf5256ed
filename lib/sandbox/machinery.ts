/** What runs behind a sandbox: xrootd, the tape robot and what connects them; how it comes to life, and how it ends. */
import { rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { authorizations, authorizes } from './authorizations.js';
import { BufferLedger } from './buffer_ledger.js';
import { SandboxError } from './error.js';
import { EventPipe } from './event_pipe.js';
import { Keeper } from './keeper.js';
import { KeyedChecksumKeeper } from './keyed_checksums.js';
import { makeKeytabs } from './keys.js';
import { giveTo, makeLayout, type Layout } from './layout.js';
import { openFiles } from './open_files.js';
import type { ResolvedOptions } from './options.js';
import { PrepareChannel, type PrepareRecord } from './prepare_channel.js';
import { installProgram } from './programs.js';
import { TapeRobot } from './robot.js';
import { XrootdServer } from './server.js';
import { ChecksumKeeper } from './server_requests.js';
import { TapeStore } from './tape_store.js';

export class Machinery {
  readonly layout: Layout;
  readonly store: TapeStore;
  /** All prepare requests that reached the robot, in order. */
  readonly prepares: PrepareRecord[] = [];
  readonly #options: ResolvedOptions;
  readonly #keeper: Keeper;
  #ledger: BufferLedger | undefined;
  #server: XrootdServer | undefined;
  #robot: TapeRobot | undefined;
  #channel: PrepareChannel | undefined;
  #events: EventPipe | undefined;
  #checksums: ChecksumKeeper | KeyedChecksumKeeper | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.layout = makeLayout(options);
    this.#keeper = new Keeper(this.layout);
    this.store = new TapeStore(this.layout);
  }

  get host(): string {
    return `127.0.0.1:${String(this.server?.port ?? 0)}`;
  }

  /** Undefined before start(). */
  get server(): XrootdServer | undefined {
    return this.#server;
  }

  /** Undefined before start(), and without tape. */
  get robot(): TapeRobot | undefined {
    return this.#robot;
  }

  /** @throws SandboxError WrongState */
  get tape(): TapeRobot {
    if (this.#robot === undefined) {
      throw new SandboxError(
        'WrongState',
        'This sandbox has no tape (tapeFlags: false), or was never started',
      );
    }
    return this.#robot;
  }

  /** @throws SandboxError NotRunning */
  get running(): XrootdServer {
    if (this.#server === undefined || this.#stopped !== undefined) {
      throw new SandboxError('NotRunning', 'The sandbox is stopped');
    }
    return this.#server;
  }

  async start(): Promise<void> {
    const { layout } = this;
    const options = this.#options;
    installProgram('tape_launch', layout.programs);
    if (options.tapeFlags) {
      installProgram('tape_plugin.so', layout.programs);
      installProgram('tape_prepare', layout.programs);
      this.#channel = await PrepareChannel.open(layout.robotSocket, {
        prepare: (request) => {
          this.prepares.push(request);
          return this.tape.onPrepare(request);
        },
        ask: (question) => this.tape.onQuestion(question),
      });
      if (options.bufferSize !== undefined) {
        this.#ledger = new BufferLedger(layout.ledger, options.bufferSize);
        giveTo(layout.user, layout.ledger);
      }
    }
    if (options.sss) await makeKeytabs(layout, options.xrootd);
    if (authorizes(options)) writeFileSync(layout.authorizations, authorizations(options), { mode: 0o644 });
    this.#server = await XrootdServer.start(layout, options, this.#keeper);
    if (options.tapeFlags) this.#startRobot(this.#server);
  }

  #startRobot(server: XrootdServer): void {
    const { layout, store } = this;
    const options = this.#options;
    const url = `root://${this.host}`;
    const checksums = options.sss
      ? new KeyedChecksumKeeper(url, layout.clientKeytab)
      : new ChecksumKeeper(url);
    this.#checksums = checksums;
    const robot = new TapeRobot({
      options,
      store,
      ledger: this.#ledger,
      cacheChecksums: (path) => checksums.cache(path),
      openFiles: async () => (server.pid === undefined ? new Set() : openFiles(server.pid)),
    });
    this.#robot = robot;
    if (options.migrationDelay !== undefined) {
      this.#events = new EventPipe(layout.events, (event) => {
        robot.onEvent(event);
      });
    }
  }

  /** Kills xrootd as a crash would; its files stay. */
  async kill(): Promise<void> {
    await this.#server?.kill();
    this.#robot?.serverDied();
  }

  async restart(): Promise<void> {
    const server = this.running;
    await this.kill();
    if (this.#ledger !== undefined) this.#ledger.reset(await this.tape.heldBytes());
    await server.start();
  }

  /** Ends everything and removes its directory. May be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#robot?.stop();
    this.#events?.close();
    if (this.#checksums instanceof KeyedChecksumKeeper) await this.#checksums.close();
    await this.#server?.kill();
    await this.#channel?.close();
    this.#ledger?.close();
    await rm(this.layout.root, { recursive: true, force: true, maxRetries: 5 });
    await this.#keeper.finish();
    rmSync(this.layout.root, { recursive: true, force: true });
  }
}
