/**
 * The stats of many files, for callers that needn't know whether a file is on tape. Whole directories are listed; files
 * that are missing in a listing are asked about with stat. A listing costs client and server a fraction of single stats,
 * and hardly any round-trips.
 */
import type { ListedStat, RemoteStore } from './store.js';

/** A directory is listed if at least this number of its names is wanted. */
const worthListing = 32;
/** A directory with more entries isn't listed: it holds mostly other files, or a listing would cost more than stats. */
const mostListed = 16_384;
/** Listings in memory: records come directory by directory, in several batches at once. */
const mostKept = 4;

type Listing = ReadonlyMap<string, ListedStat> | undefined;

export class ListedStats {
  readonly #store: Pick<RemoteStore, 'listStats' | 'statMany'>;
  /** The latest listings, oldest first. */
  readonly #kept = new Map<string, Promise<Listing>>();
  /** Directories that have been listed: none is listed twice, whatever the order of the records. */
  readonly #listed = new Set<string>();

  constructor(store: Pick<RemoteStore, 'listStats' | 'statMany'>) {
    this.#store = store;
  }

  /** As `RemoteStore.statMany`, but an answer may be as old as this object. */
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
