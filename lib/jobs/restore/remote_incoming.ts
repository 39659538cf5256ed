/**
 * A file that is fetched to another XRootD server: directly from server to server if both can, else through this process. It is
 * written under a temporary name beside its own, the same one each time, and gets its name once it is whole and verified.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { joinPath, splitPath } from '../../cache/directory.js';
import { displacedName, receivingName, replacedName } from '../../cache/own_files.js';
import { CacheError } from '../../cache/errors.js';
import type { Target } from '../../config/target.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { DownloadOptions, RemoteStat, RemoteStore, Removed } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import { remotePath } from '../../rules/names.js';
import { urlOf, XRootDError } from '../../xrdcl/index.js';
import { remoteChecksum } from '../record/remote_checksum.js';
import { PlaceTaken, type Expected, type Incoming, type Received } from './receiver.js';

/** Errors which mean that a direct copy from server to server isn't possible. */
const noThirdParty = new Set([
  'NotSupported',
  'Unsupported',
  'OperationExpired',
  'InvalidRequest',
  'ArgInvalid',
]);

/** Milliseconds: 50, 100, … up to this. Then the restore's own retries go on. */
const longestWait = 800;

export class RemoteIncoming implements Incoming {
  readonly #name: string;
  readonly #beside: { temporary: string; replaced: string };
  readonly #expected: Expected;
  readonly #target: Target;
  readonly #store: RemoteStore;
  readonly #config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;
  #signal: AbortSignal | undefined;
  /** The file that our copy has made. A copy overwrites nothing, so we may remove this file. */
  #made: RemoteStat | undefined;
  #published = false;

  /** @param store of the target */
  constructor(
    name: string,
    expected: Expected,
    target: Target,
    store: RemoteStore,
    config: Pick<ArchiveConfig, 'verify' | 'checksumType'>,
  ) {
    this.#name = name;
    this.#beside = besideOf(name);
    this.#expected = expected;
    this.#target = target;
    this.#store = store;
    this.#config = config;
  }

  async download(
    store: RemoteStore,
    { onProgress, signal }: Parameters<Incoming['download']>[1],
  ): Promise<void> {
    this.#signal = signal;
    await this.#fetch(store, { onProgress, ...(signal && { signal }) });
    const made = await this.#store.stat(this.#beside.temporary);
    if (made === null) throw gone(this.#beside.temporary);
    this.#made = made;
  }

  async inspect(signal: AbortSignal | undefined): Promise<Received> {
    const { size } = this.#whole();
    const { verify, checksumType: configured } = this.#config;
    const { checksumTypes } = this.#expected;
    const by = verify === 'read' ? 'read' : 'query';
    const asking = { store: this.#store, verify, configured, signal };
    const checksums: Checksum[] = [];
    if (size > 0)
      for (const type of checksumTypes)
        checksums.push(await remoteChecksum(this.#beside.temporary, this.#whole(), { by, type }, asking));
    return { size, checksums };
  }

  async publish(): Promise<void> {
    this.#signal?.throwIfAborted();
    await this.#takePlace(this.#whole());
    this.#published = true;
  }

  async end(): Promise<void> {
    if (this.#made !== undefined && !this.#published)
      await this.#store.removeSeen(this.#beside.temporary, this.#made);
  }

  #whole(): RemoteStat {
    if (this.#made === undefined) throw new Error('nothing was downloaded yet');
    return this.#made;
  }

  async #fetch(store: RemoteStore, options: DownloadOptions): Promise<void> {
    const { temporary } = this.#beside;
    const target = urlOf(this.#target.endpoint, remotePath(this.#target.base, temporary));
    const copy = async () => {
      try {
        await store.download(this.#name, target, { ...options, thirdParty: true });
      } catch (error) {
        // libXrdCl's own fall-back doesn't know a server's "not supported" (3013).
        if (!(error instanceof XRootDError) || !noThirdParty.has(error.code)) throw error;
        // The attempt may have made an empty target; one that was there before would have failed with ItExists.
        const made = await this.#store.stat(temporary, options.signal);
        if (made?.size === 0) await this.#store.removeSeen(temporary, made);
        await onceClosed(() => store.download(this.#name, target, options), options.signal);
      }
    };
    try {
      await copy();
    } catch (error) {
      if (!(error instanceof XRootDError) || error.code !== 'ItExists') throw error;
      // A killed restore of this file has left it.
      const left = await this.#store.stat(temporary, options.signal);
      if (left !== null && !isFree(await this.#store.removeSeen(temporary, left))) throw error;
      await copy();
    }
  }

  /** Takes no signal: an abort in the middle would leave the name in an unknown state. */
  async #takePlace(made: RemoteStat): Promise<void> {
    const name = this.#name;
    const { replaces } = this.#expected;
    const { temporary } = this.#beside;
    // XRootD has no conditional rename: a file that comes to the name between this stat and the rename is replaced.
    const [there, ours] = await Promise.all([this.#store.stat(name), this.#store.stat(temporary)]);
    if (ours === null || versionOf(ours) !== versionOf(made)) throw gone(temporary);
    if (there !== null && versionOf(there) !== replaces?.version) {
      const what = replaces === undefined ? 'came to stand in its place' : 'in its place was changed';
      throw new PlaceTaken(`a file ${what} while it was fetched: that one stays`);
    }
    try {
      await this.#store.rename(temporary, name);
    } catch (error) {
      if (!(error instanceof XRootDError) || error.code !== 'ItExists') throw error;
      if (there === null) throw new PlaceTaken('a file came to stand in its place', { cause: error });
      await this.#replaceByTwoRenames(there);
    }
    const now = await this.#store.stat(name);
    if (now === null || versionOf(now) !== versionOf(made))
      throw new PlaceTaken(
        'something else took its place while it was named: another restore to this server?',
      );
  }

  /** For servers whose rename replaces nothing. Until the new file has the name, the old one exists under one of two names. */
  async #replaceByTwoRenames(old: RemoteStat): Promise<void> {
    const name = this.#name;
    const { temporary, replaced } = this.#beside;
    // A restore that was killed between its last two steps has left it.
    const left = await this.#store.stat(replaced);
    if (left !== null) await this.#store.removeSeen(replaced, left);
    await this.#store.rename(name, replaced);
    try {
      const renamed = await this.#store.stat(replaced);
      if (renamed === null || versionOf(renamed) !== versionOf(old))
        throw new PlaceTaken('a file in its place was changed while it was named: that one stays');
      await this.#store.rename(temporary, name);
    } catch (error) {
      await this.#giveBack(error);
      throw error;
    }
    await this.#store.removeSeen(replaced, old);
  }

  /** Gives the old file its name back. If a third file has that name by now, the old one gets a name that no restore removes. */
  async #giveBack(cause: unknown): Promise<void> {
    const name = this.#name;
    const { replaced } = this.#beside;
    try {
      await this.#store.rename(replaced, name);
    } catch (error) {
      if (!(error instanceof XRootDError) || error.code !== 'ItExists') throw error;
      const kept = joinPath(splitPath(name)[0], displacedName());
      await this.#store.rename(replaced, kept);
      const message =
        `${name} was replaced by others again and again while it was to be replaced; one of their files could not get the name ` +
        `back, and is kept as ${kept}: move it to a free name`;
      throw new CacheError('Displaced', name, message, { cause });
    }
  }
}

/** Our temporary names in the directory of a file. */
export function besideOf(path: string): { temporary: string; replaced: string } {
  const [directory, name] = splitPath(path);
  return {
    temporary: joinPath(directory, receivingName(name)),
    replaced: joinPath(directory, replacedName(name)),
  };
}

/** A server closes the file of a third-party copy that failed some time after it has told of the failure (5.8.1, seen). */
async function onceClosed<T>(copy: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let wait = 50; ; wait *= 2) {
    try {
      return await copy();
    } catch (error) {
      if (!(error instanceof XRootDError) || error.code !== 'FileLocked' || wait > longestWait) throw error;
      await delay(wait, undefined, { signal });
    }
  }
}

function isFree(removed: Removed): boolean {
  return removed === 'removed' || removed === 'gone';
}

export function versionOf({ id, size, mtime }: RemoteStat): string {
  return `${id} ${size} ${mtime.getTime()}`;
}

export function gone(name: string): Error {
  return new Error(`${name} is gone from the server: another restore to it?`);
}
