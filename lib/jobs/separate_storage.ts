/**
 * S13: two copies are two. A server can export the very cache, or a directory in it, or one above it, under any name: then
 * each record is its own copy, and its removal the end of it. Three things show that it isn't so, in a pass that may remove:
 *
 * - before anything is touched, the target's base and what is above it are compared with the cache and what is above that;
 * - before the first copy to a directory and the first removal in it, that directory on the server, the target's base and what is
 *   above it are compared with all directories of the cache, if the server may see a disk of ours;
 * - in each directory that a record is removed from, the name of the first captured one, which nobody but us has ever seen,
 *   must not be found on the server (whatever is mounted or linked there, and whether or not the server gives identifiers).
 *
 * And a captured record is gone from its name: the look at its copy that comes then (last_look.ts) wouldn't find one that is
 * the record itself.
 */
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { directoriesFrom, mayBeElsewhere } from '../cache/directories_below.js';
import type { CacheDirectory } from '../cache/directory.js';
import { joinPath, splitPath } from '../cache/directory.js';
import { errnoCode } from '../cache/errors.js';
import { LOCK_NAME } from '../cache/own_files.js';
import { ConfigError } from '../config/index.js';
import type { RemoteStat, RemoteStore, Surrounding } from '../remote/store.js';
import { identityOf, type Identity } from '../rules/identity.js';
import {
  comparePlaces,
  inodeNumber,
  isOnDevice,
  isSameInode,
  possibleInodes,
  possiblePlaces,
} from '../rules/same_storage.js';
import { PathsByNumber, type Numbered } from './paths_by_number.js';
import { Proofs } from './proofs.js';

/** The cache and the target are not two: nothing may be removed. The command ends with exit code 2. */
export class SharedStorageError extends ConfigError {}

export interface SeparateStorageOptions {
  store: Pick<RemoteStore, 'stat' | 'surroundings' | 'statMany'>;
  /** What files are removed from. */
  root: CacheDirectory;
  /** The option that names it. */
  key: 'cacheDirectory' | 'retention.onlineDirectory';
  target: string;
  signal: AbortSignal;
}

/** A directory on the server. */
interface Seen {
  /** For people. */
  url: string;
  stat: RemoteStat;
  /** Undefined if it isn't there any more. */
  again: () => Promise<RemoteStat | null | undefined>;
}

/** Looks at a directory that keeps changing. */
const mostLooks = 5;

export class SeparateStorage {
  readonly #options: SeparateStorageOptions;
  readonly #own: PathsByNumber<number>;
  #elsewhere: Promise<boolean> | undefined;
  /** By directory, relative to the root. */
  readonly #searches = new Proofs();
  readonly #above = new Proofs();
  readonly #proofs = new Proofs();

  constructor(options: SeparateStorageOptions) {
    this.#options = options;
    const { root, signal } = options;
    this.#own = new PathsByNumber(() => numbered(root, signal));
  }

  /**
   * Before anything is touched.
   * @throws {SharedStorageError}; {XRootDError} when the server can't be asked
   */
  async checkSurroundings(): Promise<void> {
    const { root } = this.#options;
    for (const remote of await this.#surroundings()) {
      const { url, isBase, entry } = remote;
      // Both may well have a common parent.
      for (const local of isBase ? pathsUpwards(root.real) : [root.real])
        if (await this.#isOne(local, remote)) throw this.#shared(relation(local, root.real, remote));
      if (entry !== null)
        throw this.#shared(
          `the target's base lies in a cache: ${url} has a file ${LOCK_NAME}, which belongs to the cache of an archive. ` +
            'If it is none any more, remove that file',
        );
    }
  }

  /**
   * Before a record of this directory is copied, and before one is captured: whatever takes long.
   * @param directory relative to the root
   * @throws {SharedStorageError}; {XRootDError} when the server can't be asked
   */
  async search(directory: string): Promise<void> {
    const { root } = this.#options;
    await this.#above.of('', async () => {
      for (const remote of await this.#surroundings())
        await this.#compareWithOwn(
          remote,
          (local) => `the server's storage lies in ${root.real}: ${local} is ${remote.url}`,
        );
    });
    await this.#searches.of(directory, () => this.#searchOne(directory));
  }

  async #searchOne(directory: string): Promise<void> {
    const { store, target, signal } = this.#options;
    const again = () => store.stat(directory, signal);
    const seen = await again();
    const url = `${target.replace(/\/$/, '')}/${directory}`;
    if (seen !== null)
      await this.#compareWithOwn({ url, stat: seen, again }, (local) => `${url} is ${local}`);
    // It is made by a copy, in the nearest one that is there.
    else if (directory !== '') await this.search(splitPath(directory)[0]);
  }

  /**
   * For a record that is captured.
   * @param capture its name now
   * @throws as search()
   */
  prove(directory: string, capture: string): Promise<void> {
    return this.#proofs.of(directory, () => this.#lookFor(directory, capture));
  }

  async #lookFor(directory: string, capture: string): Promise<void> {
    const { root, store, target, signal } = this.#options;
    const absolute = joinPath(root.real, directory).replace(/\/$/, '');
    // Where the record's own path is, first.
    const places = [directory, ...possiblePlaces(absolute).filter((place) => place !== directory)];
    const names = places.map((place) => joinPath(place, capture));
    const answers = await store.statMany(names, signal);
    answers.forEach((answer, index) => {
      if (answer === null) return;
      // Elsewhere below the base we may have no business.
      if (answer instanceof Error && index > 0) return;
      if (answer instanceof Error) throw answer;
      const where = `${target.replace(/\/$/, '')}/${places[index] ?? ''}`;
      throw this.#shared(`what is in ${absolute} is found in ${where} on the server, too`);
    });
  }

  async #surroundings(): Promise<(Surrounding & Seen)[]> {
    const { store, signal } = this.#options;
    const ask = () => store.surroundings(LOCK_NAME, signal);
    return (await ask()).map((remote) => ({
      ...remote,
      again: async () => (await ask()).find(({ url }) => url === remote.url)?.stat,
    }));
  }

  /** @throws {SharedStorageError} if it is a directory of the root */
  async #compareWithOwn(remote: Seen, how: (local: string) => string): Promise<void> {
    if (!(await this.#mayBeOurs(remote.stat))) return;
    for (const inode of possibleInodes(remote.stat.id))
      for (const local of await this.#own.pathsOf(inode))
        if (await this.#isOne(local, remote)) throw this.#shared(how(local));
  }

  /** A server elsewhere sees no disk of ours, but for those that are mounted from it. */
  async #mayBeOurs({ id }: RemoteStat): Promise<boolean> {
    const { real } = this.#options.root;
    const { dev } = await stat(real, { bigint: true });
    return isOnDevice(dev, id) || (await (this.#elsewhere ??= mayBeElsewhere(real)));
  }

  async #isOne(local: string, { stat: first, again }: Seen): Promise<boolean> {
    let remote: RemoteStat | null | undefined = first;
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const before = await lookAt(local);
      if (before === undefined || !isSameInode(before.ino, remote.id)) return false;
      remote = await again();
      const after = await lookAt(local);
      // What has gone is no reason to remove anything: the last look finds nothing there.
      if (remote == null || after === undefined) return false;
      const compared = comparePlaces(before, remote, after);
      if (compared !== 'changing') return compared === 'one';
    }
    // Nothing shows that they are two.
    return true;
  }

  #shared(how: string): SharedStorageError {
    const { key, root, target } = this.#options;
    const message =
      `${root.real} and ${target} are not two separate copies: ${how}. ` +
      'A record would be its own copy, so nothing is removed';
    return new SharedStorageError([{ key, message }]);
  }
}

function relation(local: string, root: string, { url, isBase }: Surrounding): string {
  if (!isBase) return `the target's base lies in ${root}, which is ${url} on the server`;
  return local === root
    ? `${local} and ${url} are one directory`
    : `${root} lies in the server's storage: ${local} is ${url}`;
}

/** By opening it: a network file system may answer from memory else. Undefined if it isn't there. */
async function lookAt(directory: string): Promise<Identity | undefined> {
  const handle = await open(directory).catch(() => undefined);
  if (handle === undefined) {
    const stats = await stat(directory, { bigint: true }).catch((error: unknown) => {
      if (errnoCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    return stats && identityOf(stats);
  }
  try {
    return identityOf(await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}

async function* numbered(
  root: CacheDirectory,
  signal: AbortSignal,
): AsyncGenerator<Numbered<number>, void, undefined> {
  for await (const { path, ino } of directoriesFrom(root, signal)) yield { path, number: inodeNumber(ino) };
}

/** The directory and all above it. */
function pathsUpwards(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...pathsUpwards(dirname(path))];
}
