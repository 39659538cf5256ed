/**
 * What the server has of many files, where it doesn't matter whether tape has it too: whole directories are listed, and what
 * a listing doesn't tell is asked for. A listing costs either side a fraction of as many stats, and hardly any round-trips.
 */
import type { ListedStat, RemoteStore } from './store.js';

/** Names of one directory that are worth a listing of it. */
const worthListing = 32;
/** A directory with more is another's, or so large that a listing would be the dearer way. */
const mostListed = 16_384;
/** Listings in memory: records come directory by directory, and several batches of them at once. */
const mostKept = 4;

type Listing = ReadonlyMap<string, ListedStat> | undefined;

export class ListedStats {
  readonly #store: Pick<RemoteStore, 'listStats' | 'statMany'>;
  /** The last ones, oldest first. */
  readonly #kept = new Map<string, Promise<Listing>>();
  /** None is listed twice, whatever order records come in. */
  readonly #listed = new Set<string>();

  constructor(store: Pick<RemoteStore, 'listStats' | 'statMany'>) {
    this.#store = store;
  }

  /** As `statMany`, but as old as this object at most. */
  async statMany(names: readonly string[], signal?: AbortSignal): Promise<(ListedStat | null | Error)[]> {
    const found = new Map<string, ListedStat | null | Error>();
    for (const [directory, inside] of byDirectory(names)) {
      const listing = await this.#listing(directory, inside.length, signal);
      for (const name of inside) {
        const listed = listing?.get(name);
        if (listed !== undefined) found.set(name, listed);
      }
    }
    const rest = names.filter((name) => !found.has(name));
    const stats = rest.length === 0 ? [] : await this.#store.statMany(rest, signal);
    rest.forEach((name, index) => found.set(name, stats[index] ?? null));
    return names.map((name) => found.get(name) ?? null);
  }

  #listing(directory: string, wanted: number, signal: AbortSignal | undefined): Promise<Listing> {
    const kept = this.#kept.get(directory);
    if (kept !== undefined) return kept;
    if (wanted < worthListing || this.#listed.has(directory)) return Promise.resolve(undefined);
    const listing = this.#store.listStats(directory, mostListed, signal);
    this.#listed.add(directory);
    this.#kept.set(directory, listing);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    return listing;
  }
}

function byDirectory(names: readonly string[]): Map<string, string[]> {
  const directories = new Map<string, string[]>();
  for (const name of names) {
    const directory = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    const inside = directories.get(directory);
    if (inside === undefined) directories.set(directory, [name]);
    else inside.push(name);
  }
  return directories;
}
