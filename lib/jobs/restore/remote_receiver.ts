/**
 * Restored files on another XRootD server: from server to server where both can, else through us. A file comes under a
 * temporary name beside its own, the same one each time, and takes its name once it is whole and verified.
 */
import { joinPath, splitPath } from '../../cache/directory.js';
import { receivingName, replacedName } from '../../cache/own_files.js';
import type { Target } from '../../config/target.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { DownloadOptions, RemoteStat, RemoteStore, Removed } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import { MAX_REMOTE_PATH_BYTES, nameProblem, remotePath } from '../../rules/names.js';
import { urlOf, XRootDError, type ChecksumType } from '../../xrdcl/index.js';
import { remoteChecksum } from '../record/remote_checksum.js';
import { PlaceTaken, type Received, type ReceiveOptions, type Receiver, type Standing } from './receiver.js';

/** What servers and libXrdCl say when a copy from server to server can't be. */
const noThirdParty = new Set([
  'NotSupported',
  'Unsupported',
  'OperationExpired',
  'InvalidRequest',
  'ArgInvalid',
]);

export class RemoteReceiver implements Receiver {
  readonly #target: Target;
  readonly #store: RemoteStore;
  readonly #config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;

  /** @param store of the target */
  constructor(target: Target, store: RemoteStore, config: Pick<ArchiveConfig, 'verify' | 'checksumType'>) {
    this.#target = target;
    this.#store = store;
    this.#config = config;
  }

  get place(): string {
    return this.#target.url;
  }

  nameProblem(name: string): string | undefined {
    const { base } = this.#target;
    const reason = nameProblem(name, { base });
    if (reason !== undefined) return reason;
    const bytes = Buffer.byteLength(remotePath(base, besideOf(name).temporary));
    if (bytes <= MAX_REMOTE_PATH_BYTES) return undefined;
    return `its name is too long: the path of its temporary file would have ${bytes} bytes, ${MAX_REMOTE_PATH_BYTES} are safe`;
  }

  async look(name: string, signal: AbortSignal | undefined): Promise<Standing | null> {
    const stat = await this.#store.stat(name, signal);
    return stat && { kind: stat.kind, size: stat.size, version: versionOf(stat) };
  }

  async checksum(name: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    const stat = await this.#store.stat(name, signal);
    if (stat === null) throw gone(name);
    const types = await this.#store.checksumTypes();
    const by = types.length === 0 || types.includes(type) ? 'query' : 'read';
    const asking = { store: this.#store, configured: this.#config.checksumType, signal };
    return await remoteChecksum(name, stat, { by, type }, asking);
  }

  async receive(
    store: RemoteStore,
    name: string,
    { replaces, onProgress, signal }: ReceiveOptions,
    check: (received: Received) => Promise<void>,
  ): Promise<void> {
    const { temporary } = besideOf(name);
    await this.#fetch(store, name, temporary, { onProgress, ...(signal && { signal }) });
    // Made by this copy, which overwrites nothing: ours to take back.
    const made = await this.#store.stat(temporary);
    if (made === null) throw gone(temporary);
    try {
      const { size } = made;
      const wanted = this.#config.verify === 'checksum' && size > 0;
      const { checksumType } = this.#config;
      const checksum = wanted ? await this.#store.checksum(temporary, checksumType, size, signal) : undefined;
      await check({ size, checksum });
      signal?.throwIfAborted();
      await this.#takePlace(name, made, replaces);
    } catch (error) {
      await this.#store.removeSeen(temporary, made);
      throw error;
    }
  }

  async #fetch(store: RemoteStore, name: string, temporary: string, options: DownloadOptions): Promise<void> {
    const target = urlOf(this.#target.endpoint, remotePath(this.#target.base, temporary));
    const copy = async () => {
      try {
        await store.download(name, target, { ...options, thirdParty: true });
      } catch (error) {
        // libXrdCl's own fall-back doesn't know a server's "not supported" (3013).
        if (!(error instanceof XRootDError) || !noThirdParty.has(error.code)) throw error;
        // The attempt may have made an empty target; one that was there before would have failed with ItExists.
        const made = await this.#store.stat(temporary, options.signal);
        if (made?.size === 0) await this.#store.removeSeen(temporary, made);
        await store.download(name, target, options);
      }
    };
    try {
      await copy();
    } catch (error) {
      if (!(error instanceof XRootDError) || error.code !== 'ItExists') throw error;
      // Left of this very file by a restore that was killed.
      const left = await this.#store.stat(temporary, options.signal);
      if (left !== null && !isFree(await this.#store.removeSeen(temporary, left))) throw error;
      await copy();
    }
  }

  /** Without a signal: half of it would be neither here nor there. */
  async #takePlace(name: string, made: RemoteStat, replaces: Standing | undefined): Promise<void> {
    const { temporary } = besideOf(name);
    // XRootD has no rename that replaces only this file, or none: what comes between look and rename is replaced.
    const there = await this.#store.stat(name);
    if (there !== null && versionOf(there) !== replaces?.version) {
      const what = replaces === undefined ? 'came to stand in its place' : 'in its place was changed';
      throw new PlaceTaken(`a file ${what} while it was fetched: that one stays`);
    }
    try {
      await this.#store.rename(temporary, name);
    } catch (error) {
      if (!(error instanceof XRootDError) || error.code !== 'ItExists') throw error;
      if (there === null) throw new PlaceTaken('a file came to stand in its place', { cause: error });
      await this.#replaceByTwoRenames(name, there);
    }
    const now = await this.#store.stat(name);
    if (now === null || versionOf(now) !== versionOf(made))
      throw new PlaceTaken(
        'something else took its place while it was named: another restore to this server?',
      );
  }

  /** Where a rename replaces nothing. Until the new file has the name, the old one is there, under one name or the other. */
  async #replaceByTwoRenames(name: string, old: RemoteStat): Promise<void> {
    const { temporary, replaced } = besideOf(name);
    // Of a restore that was killed between its last two steps.
    const left = await this.#store.stat(replaced);
    if (left !== null) await this.#store.removeSeen(replaced, left);
    await this.#store.rename(name, replaced);
    try {
      const renamed = await this.#store.stat(replaced);
      if (renamed === null || versionOf(renamed) !== versionOf(old))
        throw new PlaceTaken('a file in its place was changed while it was named: that one stays');
      await this.#store.rename(temporary, name);
    } catch (error) {
      await this.#store.rename(replaced, name);
      throw error;
    }
    await this.#store.removeSeen(replaced, old);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Names of ours in the directory of a file. */
function besideOf(path: string): { temporary: string; replaced: string } {
  const [directory, name] = splitPath(path);
  return {
    temporary: joinPath(directory, receivingName(name)),
    replaced: joinPath(directory, replacedName(name)),
  };
}

function isFree(removed: Removed): boolean {
  return removed === 'removed' || removed === 'gone';
}

function versionOf({ id, size, mtime }: RemoteStat): string {
  return `${id} ${size} ${mtime.getTime()}`;
}

function gone(name: string): Error {
  return new Error(`${name} is gone from the server: another restore to it?`);
}
