/** S13 for online storage on another server: what is removed there is not the target's own file, by whatever name. */
import { randomBytes } from 'node:crypto';
import { joinPath } from '../cache/directory.js';
import type { RemoteStat, RemoteStore } from '../remote/store.js';
import { RESERVED_PREFIX } from '../rules/names.js';
import { possiblePlaces } from '../rules/same_storage.js';
import { SharedStorageError } from './separate_storage.js';

export interface SeparateServersOptions {
  /** What files are removed from. */
  online: Pick<RemoteStore, 'surroundings' | 'mark'>;
  /** What has their copies. */
  target: Pick<RemoteStore, 'surroundings' | 'statMany'>;
  /** Of the online storage. */
  place: string;
  targetUrl: string;
  signal: AbortSignal;
}

export class SeparateServers {
  readonly #options: SeparateServersOptions;
  readonly #proofs = new Map<string, Promise<void>>();

  constructor(options: SeparateServersOptions) {
    this.#options = options;
  }

  /** Before anything is touched: by the identifiers of both bases, and of what is above them. @throws {SharedStorageError} */
  async checkSurroundings(): Promise<void> {
    const { online, target, signal } = this.#options;
    const [mine, theirs] = await Promise.all([
      online.surroundings(RESERVED_PREFIX, signal),
      target.surroundings(RESERVED_PREFIX, signal),
    ]);
    for (const here of mine)
      for (const there of theirs)
        // Two bases may well have a common parent.
        if ((here.isBase || there.isBase) && isOne(here.stat, there.stat))
          throw this.#shared(`${here.url} and ${there.url} are one directory`);
  }

  /**
   * Before the first file of a directory goes: a directory that is made in it, with a name that nobody has ever seen, must not
   * be found at the target. It is removed again at once.
   * @throws {SharedStorageError}; {XRootDError} also if it can't be made
   */
  prove(directory: string): Promise<void> {
    let proof = this.#proofs.get(directory);
    if (proof === undefined) {
      proof = this.#lookFor(directory);
      this.#proofs.set(directory, proof);
      proof.catch(() => this.#proofs.delete(directory));
    }
    return proof;
  }

  async #lookFor(directory: string): Promise<void> {
    const { online, target, place, targetUrl, signal } = this.#options;
    const mark = `${RESERVED_PREFIX}mark.${randomBytes(12).toString('hex')}`;
    const base = new URL(place.replace(/^[a-z]+:/, 'http:')).pathname;
    const places = [directory, ...possiblePlaces(joinPath(base, directory))];
    const answers = await online.mark(
      joinPath(directory, mark),
      () =>
        target.statMany(
          places.map((each) => joinPath(each, mark)),
          signal,
        ),
      signal,
    );
    answers.forEach((answer, index) => {
      if (answer === null || (answer instanceof Error && index > 0)) return;
      if (answer instanceof Error) throw answer;
      throw this.#shared(`what is in ${directory} is found in ${targetUrl}/${places[index] ?? ''}, too`);
    });
  }

  #shared(how: string): SharedStorageError {
    const { place, targetUrl } = this.#options;
    const message = `${place} and ${targetUrl} are not two separate copies: ${how}. Nothing is removed`;
    return new SharedStorageError([{ key: 'retention.onlineUrl', message }]);
  }
}

function isOne(a: RemoteStat, b: RemoteStat): boolean {
  // Also where neither time is known: that makes no two directories of one.
  return a.id !== '' && a.id === b.id && Object.is(a.mtime.getTime(), b.mtime.getTime());
}
