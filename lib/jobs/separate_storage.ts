/**
 * S13: two copies are two. A server can export the very cache, or a directory in it, or one above it, under any name: then
 * each record is its own copy, and its removal the end of it. Three things show that it isn't so, in a pass that may remove:
 *
 * - before anything is touched, the target's base and what is above it are compared with the cache and what is above that;
 * - before the first removal, if the server may see a disk of ours, they are compared with all directories of the cache;
 * - in each directory that a record is removed from, the name of the first captured one, which nobody but us has ever seen,
 *   must not be found on the server (whatever is mounted or linked there, and whether or not the server gives identifiers).
 *
 * And a captured record is gone from its name: the look at its copy that comes then (last_look.ts) wouldn't find one that is
 * the record itself.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { directoriesBelow, mountsBelow } from '../cache/directories_below.js';
import type { CacheDirectory } from '../cache/directory.js';
import { joinPath } from '../cache/directory.js';
import { LOCK_NAME } from '../cache/own_files.js';
import { ConfigError } from '../config/index.js';
import type { RemoteStore, Surrounding } from '../remote/store.js';
import { isOnDevice, isSameInode, isSamePlace, possiblePlaces } from '../rules/same_storage.js';

/** The cache and the target are not two: nothing may be removed. The command ends with exit code 2. */
export class SharedStorageError extends ConfigError {}

export interface SeparateStorageOptions {
  store: Pick<RemoteStore, 'surroundings' | 'statMany'>;
  /** What files are removed from. */
  root: CacheDirectory;
  /** The option that names it. */
  key: 'cacheDirectory' | 'retention.onlineDirectory';
  target: string;
  signal: AbortSignal;
}

/** Looks at a directory that keeps changing until its time says something. */
const mostLooks = 5;

export class SeparateStorage {
  readonly #options: SeparateStorageOptions;
  /** By directory, relative to the root. */
  readonly #proofs = new Map<string, Promise<void>>();
  #search: Promise<void> | undefined;

  constructor(options: SeparateStorageOptions) {
    this.#options = options;
  }

  /**
   * Before anything is touched.
   * @throws {SharedStorageError}; {XRootDError} when the server can't be asked
   */
  async checkSurroundings(): Promise<void> {
    const { root, store, signal } = this.#options;
    for (const remote of await store.surroundings(LOCK_NAME, signal)) {
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
   * For a record that is captured.
   * @param directory of the record, relative to the root
   * @param capture its name now
   * @throws {SharedStorageError}; {XRootDError} when the server can't be asked
   */
  async prove(directory: string, capture: string): Promise<void> {
    this.#search ??= this.#searchBelow().catch((error: unknown) => {
      this.#search = undefined;
      throw error;
    });
    await this.#search;
    let proof = this.#proofs.get(directory);
    if (proof === undefined) {
      proof = this.#lookFor(directory, capture);
      this.#proofs.set(directory, proof);
      // Another record of the directory may be asked about when this one could not.
      proof.catch(() => this.#proofs.delete(directory));
    }
    await proof;
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

  /** Is the target's base, or what it lies in, a directory below the root? */
  async #searchBelow(): Promise<void> {
    const { root, store, signal } = this.#options;
    const remotes = await store.surroundings(LOCK_NAME, signal);
    const { dev } = await stat(root.real, { bigint: true });
    // A server elsewhere sees no disk of ours, but for those that are mounted from it.
    const mounts = await mountsBelow(root.real);
    if (mounts.length === 0 && !remotes.some(({ stat: { id } }) => isOnDevice(dev, id))) return;
    for await (const local of directoriesBelow(root, signal)) {
      for (const remote of remotes)
        if (isSameInode(local.ino, remote.stat.id) && (await this.#isOne(local.path, remote)))
          throw this.#shared(`the server's storage lies in ${root.real}: ${local.path} is ${remote.url}`);
    }
  }

  async #isOne(local: string, remote: Surrounding): Promise<boolean> {
    const { store, signal } = this.#options;
    let seen = remote.stat;
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const before = await stat(local, { bigint: true });
      if (!isSameInode(before.ino, seen.id)) return false;
      const again = (await store.surroundings(LOCK_NAME, signal)).find(({ url }) => url === remote.url);
      if (again === undefined) return false;
      seen = again.stat;
      const after = await stat(local, { bigint: true });
      if (before.mtimeNs === after.mtimeNs) return isSamePlace(after, seen);
    }
    return false;
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

/** The directory and all above it. */
function pathsUpwards(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...pathsUpwards(dirname(path))];
}
