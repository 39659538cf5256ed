/** A directory for files that are only verified: each is removed as soon as it was, and the directory at the end. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CacheDirectory } from '../../cache/directory.js';
import { diskUsage } from '../../cache/usage.js';
import { ConfigError, type ArchiveConfig } from '../../config/index.js';
import { kindOf, mostCopies } from '../../remote/copy_limits.js';
import { LocalReceiver } from './local_receiver.js';
import type { Receiver } from './receiver.js';

/** A factor on the room that is needed: others write to that disk, too. */
const roomFactor = 2;

export class Scratch {
  /** Fetches files, and removes each once it is checked. */
  readonly receiver: Receiver;
  readonly #root: CacheDirectory;
  readonly #config: Pick<ArchiveConfig, 'parallelCopies'>;

  private constructor(root: CacheDirectory, config: ArchiveConfig) {
    this.#root = root;
    this.#config = config;
    this.receiver = passing(new LocalReceiver(root, false));
  }

  /** @param parent default: the system's directory for temporary files. @throws {ConfigError} */
  static async make(parent: string = tmpdir(), config: ArchiveConfig): Promise<Scratch> {
    let path: string;
    try {
      path = await fs.mkdtemp(join(parent, 'xrootd-archive-drill-'));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw problem(
        `no directory can be made in ${parent}: ${code === 'ENOENT' ? 'it does not exist' : message}`,
      );
    }
    try {
      return new Scratch(await CacheDirectory.openRoot(path), config);
    } catch (error) {
      await fs.rm(path, { recursive: true, force: true });
      throw error;
    }
  }

  get place(): string {
    return this.#root.real;
  }

  /**
   * Checks that the disk has room for twice the largest files that can be copied at once.
   * @throws {ConfigError}
   */
  async checkRoom(sizes: readonly number[]): Promise<void> {
    const most = mostCopies(this.#config.parallelCopies);
    const falling = [...sizes].sort((a, b) => b - a);
    const largest = (['large', 'small'] as const).flatMap((kind) =>
      falling.filter((size) => kindOf(size) === kind).slice(0, most[kind]),
    );
    const needed = roomFactor * largest.reduce((sum, size) => sum + size, 0);
    const { available } = await diskUsage(this.place);
    if (needed <= available) return;
    throw problem(
      `${this.place} has ${available} bytes left, ${needed} are needed: twice the ${largest.length} largest files ` +
        'of the sample, which may be copied at once (parallelCopies); choose another place, or draw less',
    );
  }

  async remove(): Promise<void> {
    await this.receiver.close();
    await fs.rm(this.place, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A receiver that publishes nothing: a checked file makes room for the next one. */
function passing(inner: LocalReceiver): Receiver {
  return {
    place: inner.place,
    isLocal: inner.isLocal,
    nameProblem: (name) => inner.nameProblem(name),
    claim: (bytes) => inner.claim(bytes),
    look: (name) => inner.look(name),
    checksum: (name, type, signal) => inner.checksum(name, type, signal),
    begin: async (name, expected) => {
      const incoming = await inner.begin(name, expected);
      return {
        download: (store, options) => incoming.download(store, options),
        inspect: (signal) => incoming.inspect(signal),
        publish: () => Promise.resolve(),
        end: () => incoming.end(),
      };
    },
    close: () => inner.close(),
  };
}

function problem(message: string): ConfigError {
  return new ConfigError([{ key: 'scratch', message }]);
}
