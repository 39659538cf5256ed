/** S13 for online storage on another server: proves that what is removed there isn't the target's own file under another name. */
import { randomBytes } from 'node:crypto';
import { joinPath } from '../../cache/directory.js';
import type { Logger } from '../../config/index.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { RESERVED_PREFIX } from '../../rules/names.js';
import { mayShareDevice, possibleInodes, possiblePlaces } from '../../rules/same_storage.js';
import { Once } from '../../flow/once.js';
import { PathsByNumber } from './paths_by_number.js';
import { Proofs } from './proofs.js';
import { remoteDirectories } from './remote_directories.js';
import { SharedStorageError } from './separate_storage.js';

export interface SeparateServersOptions {
  /** The server that files are removed from. */
  online: Pick<RemoteStore, 'surroundings' | 'mark' | 'stat'>;
  /** The server that has the copies. */
  target: Pick<RemoteStore, 'surroundings' | 'list' | 'stat' | 'statMany'>;
  /** The URL of the online storage. */
  place: string;
  targetUrl: string;
  logger: Pick<Logger, 'warn'>;
  signal: AbortSignal;
}

export class SeparateServers {
  readonly #options: SeparateServersOptions;
  readonly #proofs = new Proofs();
  readonly #targets: PathsByNumber<string>;
  readonly #bases: Once<{ online: string; target: string }>;

  constructor(options: SeparateServersOptions) {
    this.#options = options;
    const { online, target, signal } = options;
    this.#bases = new Once(async () => {
      const [mine, theirs] = await Promise.all([online, target].map((store) => store.stat('', signal)));
      return { online: mine?.id ?? '', target: theirs?.id ?? '' };
    });
    this.#targets = new PathsByNumber(() => remoteDirectories(target, signal));
  }

  /**
   * Compares the identifiers of both bases and of the directories above them. Called before anything is touched.
   * @throws {SharedStorageError}
   */
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
   * Called before the first file of a directory is removed. Makes a directory with a random name in it, which must not appear at the
   * target: neither at the same path, nor at any end of that path, nor in a directory of the target with the same identifier, if both
   * may be on one disk. The directory is removed at once; if that fails, the log names it.
   * @throws {SharedStorageError}; {XRootDError} also if it can't be made
   */
  prove(directory: string): Promise<void> {
    return this.#proofs.of(directory, () => this.#lookFor(directory));
  }

  async #lookFor(directory: string): Promise<void> {
    const { online, target, place, targetUrl, logger, signal } = this.#options;
    const mark = `${RESERVED_PREFIX}mark.${randomBytes(12).toString('hex')}`;
    const base = new URL(place.replace(/^[a-z]+:/, 'http:')).pathname;
    const alike = await this.#targetsLike(directory);
    const places = [directory, ...alike, ...possiblePlaces(joinPath(base, directory))];
    const onLeft = (url: string, { message }: Error) => {
      logger.warn(`an empty directory of ours may be left, and can be removed: ${url} (${message})`);
    };
    const answers = await online.mark(
      joinPath(directory, mark),
      () =>
        target.statMany(
          places.map((each) => joinPath(each, mark)),
          signal,
        ),
      { onLeft, signal },
    );
    for (const [index, answer] of answers.entries()) {
      const there = places[index] ?? '';
      // We may have no rights in other directories below the base.
      if (answer === null || (answer instanceof Error && index > alike.length)) continue;
      if (answer instanceof Error) {
        if (index === 0) throw answer;
        // We may not look into it. Its equal identifier proves nothing: other machines have the same ones.
        const [mine, theirs] = await Promise.all([
          online.stat(directory, signal),
          target.stat(there, signal),
        ]);
        if (mine === null || theirs === null || !isOne(mine, theirs)) continue;
      }
      throw this.#shared(`what is in ${directory} is found in ${targetUrl.replace(/\/$/, '')}/${there}, too`);
    }
  }

  /** Equal identifiers alone prove nothing: other machines have the same ones. */
  async #targetsLike(directory: string): Promise<readonly string[]> {
    const { online, signal } = this.#options;
    const [bases, here] = await Promise.all([this.#bases.get(), online.stat(directory, signal)]);
    if (here === null || possibleInodes(here.id).length === 0) return [];
    // The target's disk, or one that is mounted or linked into the online storage.
    const mayBeTargets = mayShareDevice(here.id, bases.target) || !mayShareDevice(here.id, bases.online);
    return mayBeTargets ? await this.#targets.pathsOf(here.id) : [];
  }

  #shared(how: string): SharedStorageError {
    const { place, targetUrl } = this.#options;
    const message = `${place} and ${targetUrl} are not two separate copies: ${how}. Nothing is removed`;
    return new SharedStorageError([{ key: 'retention.onlineUrl', message }]);
  }
}

function isOne(a: RemoteStat, b: RemoteStat): boolean {
  // Times that are unknown on both sides count as equal: that is no proof of two directories.
  return a.id !== '' && a.id === b.id && Object.is(a.mtime.getTime(), b.mtime.getTime());
}
