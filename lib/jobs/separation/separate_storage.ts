/**
 * S13: two copies are two. A server can export the cache itself, a directory in it, or one above it, under any name. Then each record
 * is its own copy, and removing it would lose it. A pass that may remove proves that this isn't so in three ways:
 *
 * - before anything is touched, the target's base and what is above it are compared with the cache and what is above that;
 * - before the first removal in a directory, and with `auto_remove: cached` before the first copy to it, that directory on the
 *   server, the target's base and what is above it are compared with all directories of the cache, if the server may see a disk
 *   of ours;
 * - in each directory that a record is removed from, the name of the first captured one, which nobody but us has ever seen,
 *   must not be found on the server (whatever is mounted or linked there, and whether or not the server gives identifiers).
 *
 * Besides, a captured record no longer has its name: the last look (last_look.ts) would find no copy if the copy were the record
 * itself.
 */
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { devicesOf, type Devices } from '../../cache/devices.js';
import { directoriesFrom } from '../../cache/directories_below.js';
import type { CacheDirectory } from '../../cache/directory.js';
import { joinPath, splitPath } from '../../cache/directory.js';
import { errnoCode } from '../../cache/errors.js';
import { LOCK_NAME } from '../../cache/own_files.js';
import { walk } from '../../cache/walk.js';
import { ConfigError } from '../../config/index.js';
import type { RemoteStat, RemoteStore, Surrounding } from '../../remote/store.js';
import { identityOf, type Identity } from '../../rules/identity.js';
import { printableName } from '../../rules/names.js';
import {
  comparePlaces,
  inodeNumber,
  isOnDevice,
  isSameInode,
  isSamePlace,
  possibleInodes,
  possiblePlaces,
} from '../../rules/same_storage.js';
import { XRootDError } from '../../xrdcl/index.js';
import { Once } from '../../flow/once.js';
import { PathsByNumber, type Numbered } from './paths_by_number.js';
import { Proofs } from './proofs.js';
import { SameFileError } from './same_file_error.js';

/** The cache and the target are not two: nothing may be removed. The command ends with exit code 2. */
export class SharedStorageError extends ConfigError {}

export interface SeparateStorageOptions {
  store: Pick<RemoteStore, 'stat' | 'surroundings' | 'statMany'>;
  /** The local directory that files are removed from. */
  root: CacheDirectory;
  /** The configuration key of this directory, for messages. */
  key: 'cacheDirectory' | 'retention.onlineDirectory';
  target: string;
  signal: AbortSignal;
}

/** A directory on the server. */
interface Seen {
  /** For people. */
  url: string;
  stat: RemoteStat;
  /** Null if it isn't there any more. */
  again: () => Promise<RemoteStat | null>;
}

/** A directory that keeps changing is looked at this many times. */
const mostLooks = 5;

export class SeparateStorage {
  readonly #options: SeparateStorageOptions;
  /** A character for each byte of a path. */
  readonly #own: PathsByNumber<number>;
  readonly #devices: Once<Devices>;
  readonly #above: Once<void>;
  /** By directory, relative to the root. */
  readonly #searches = new Proofs();
  readonly #proofs = new Proofs();

  constructor(options: SeparateStorageOptions) {
    this.#options = options;
    const { root, signal } = options;
    this.#own = new PathsByNumber(() => numbered(root, signal));
    this.#devices = new Once(() => devicesOf(root.real));
    this.#above = new Once(() => this.#searchAbove());
  }

  /**
   * Called before anything is touched.
   * @throws {SharedStorageError}; {XRootDError} when the server can't be asked
   */
  async checkSurroundings(): Promise<void> {
    const { root } = this.#options;
    for (const remote of await this.#surroundings()) {
      const { url, isBase, entry } = remote;
      // Both may well have a common parent.
      for (const local of isBase ? pathsUpwards(root.real) : [root.real])
        if (await this.#isOne(Buffer.from(local), remote))
          throw this.#shared(relation(local, root.real, remote));
      if (entry !== null)
        throw this.#shared(
          `the target's base lies in a cache: ${url} has a file ${LOCK_NAME}, which belongs to the cache of an archive. ` +
            'If it is none any more, remove that file',
        );
    }
  }

  /**
   * The slow part of the proof. Called before a record of this directory is copied, and again before one is captured.
   * @param directory relative to the root
   * @throws {SharedStorageError}; {XRootDError} when the server can't be asked
   */
  async search(directory: string): Promise<void> {
    await this.#above.get();
    await this.#searches.of(directory, () => this.#searchOne(directory));
  }

  async #searchAbove(): Promise<void> {
    const { real } = this.#options.root;
    for (const remote of await this.#surroundings())
      await this.#compareWithOwn(
        remote,
        (local) => `the server's storage lies in ${real}: ${local} is ${remote.url}`,
      );
  }

  async #searchOne(directory: string): Promise<'passing' | undefined> {
    const { store, target, signal } = this.#options;
    const again = () => store.stat(directory, signal);
    const seen = await again().catch((error: unknown) => {
      // Nobody may look at it: then only the name of a captured record can prove anything.
      if (error instanceof XRootDError && error.code === 'NotAuthorized') return undefined;
      throw error;
    });
    if (seen === undefined) return undefined;
    if (seen === null) {
      // A copy makes it, in the nearest one that is there; then it is looked at itself.
      if (directory !== '') await this.search(splitPath(directory)[0]);
      return 'passing';
    }
    const url = `${target.replace(/\/$/, '')}/${directory}`;
    await this.#compareWithOwn({ url, stat: seen, again }, (local) => `${url} is ${local}`);
    return undefined;
  }

  /**
   * Called before a remote file is removed: proves that it isn't, through a link on the server, a record of the cache. An xrootd removes
   * the file that a link leads to (XrdOssSys::BreakLink). Works also while the pass is being ended.
   * @throws {SameFileError}
   */
  async refuseOwnFile(path: string, remote: RemoteStat): Promise<void> {
    const { root } = this.#options;
    if (!(await this.#mayBeOurs(remote))) return;
    const anyDevice = await this.mayKnowOtherDevices();
    for await (const entry of walk(root))
      if (
        entry.kind === 'record' &&
        Number(entry.identity.size) === remote.size &&
        isSamePlace(entry.identity, remote, anyDevice)
      )
        throw new SameFileError(path, entry.path);
  }

  /** May the server have another device number for one of our disks? */
  async mayKnowOtherDevices(): Promise<boolean> {
    return (await this.#devices.get()).elsewhere;
  }

  /**
   * The rest of the proof, for a record that is captured.
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
      // We may have no rights in other directories below the base.
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
      again: async () => (await ask()).find(({ url }) => url === remote.url)?.stat ?? null,
    }));
  }

  /** @throws {SharedStorageError} if it is a directory of the root */
  async #compareWithOwn(remote: Seen, how: (local: string) => string): Promise<void> {
    if (!(await this.#mayBeOurs(remote.stat))) return;
    for (const inode of possibleInodes(remote.stat.id))
      for (const path of await this.#own.pathsOf(inode)) {
        const local = Buffer.from(path, 'latin1');
        if (await this.#isOne(local, remote)) throw this.#shared(how(printableName(local)));
      }
  }

  /** A server on another machine sees only those of our disks that are network file systems. */
  async #mayBeOurs({ id }: RemoteStat): Promise<boolean> {
    const { numbers, elsewhere } = await this.#devices.get();
    return elsewhere || numbers.some((dev) => isOnDevice(dev, id));
  }

  async #isOne(local: Buffer, { stat: first, again }: Seen): Promise<boolean> {
    const anyDevice = await this.mayKnowOtherDevices();
    let remote = first;
    for (let looks = 0; looks < mostLooks; looks += 1) {
      const before = await directoryIdentity(local);
      if (before === undefined || !isSameInode(before, remote.id, anyDevice)) return false;
      const next = await again();
      const after = await directoryIdentity(local);
      // It doesn't exist any more. That removes nothing: the last look will find no copy.
      if (next === null || after === undefined) return false;
      const compared = comparePlaces(before, next, after, anyDevice);
      if (compared !== 'changing') return compared === 'one';
      remote = next;
    }
    // It changed at every look: nothing shows that they are two directories.
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

/** Opens the directory, since a network file system may answer a stat from memory. Undefined if it doesn't exist. */
async function directoryIdentity(directory: Buffer): Promise<Identity | undefined> {
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
