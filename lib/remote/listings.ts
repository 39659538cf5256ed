/** Lists directories of a server, each name once: two data servers can have it, and a server that merges listings can send it twice. */
import { mayBeCut, NOT_UTF8, printableName } from '../rules/names.js';
import { XRootDError, type DirEntry, type FileSystem } from '../xrdcl/index.js';
import type { DataServers } from './data_servers.js';
import { remoteStatOf } from './remote_stat.js';
import type { Entry, ListedStat } from './store.js';

export interface ListingsOptions {
  fileSystem: FileSystem;
  dataServers: DataServers;
  /** A record's path on the server. */
  path: (name: string) => string;
  /** Asked when the server sends a listing without stats. */
  isDirectory: (name: string, signal: AbortSignal | undefined) => Promise<boolean>;
}

/** Servers usually leave these out. If one doesn't, following them would never end. */
const dots = ['.', '..'];

export class Listings {
  readonly #options: ListingsOptions;

  constructor(options: ListingsOptions) {
    this.#options = options;
  }

  /** As RemoteStore.list(). Keeps the names of the directory in memory while it runs. */
  async *entries(directory: string, signal?: AbortSignal): AsyncGenerator<Entry, void, undefined> {
    const { dataServers, path } = this.#options;
    /** By name: was it a directory? */
    const given = new Map<string, boolean>();
    for await (const found of dataServers.list(path(directory), { signal })) {
      if (dots.includes(found.name)) continue;
      const entry = await this.#entryOf(directory, found, signal);
      // The server may have cut the names of several files to this one.
      if (mayBeCut(found.name)) {
        yield entry;
        continue;
      }
      const key = keyOf(found);
      const before = given.get(key);
      if (before === undefined) {
        given.set(key, entry.isDirectory);
        yield entry;
      } else if (before !== entry.isDirectory) yield { ...entry, isDirectory: true, problem: TWO_KINDS };
    }
  }

  async #entryOf(
    directory: string,
    { name, nameBytes, stat }: DirEntry,
    signal: AbortSignal | undefined,
  ): Promise<Entry> {
    if (nameBytes !== undefined) {
      const path = nameIn(directory, printableName(nameBytes));
      return { path, isDirectory: stat?.isDirectory ?? true, problem: NOT_UTF8 };
    }
    const path = nameIn(directory, name);
    return { path, isDirectory: stat?.isDirectory ?? (await this.#options.isDirectory(path, signal)) };
  }

  /** As RemoteStore.listStats(). */
  async stats(
    directory: string,
    most: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, ListedStat> | undefined> {
    const { fileSystem, path } = this.#options;
    const found = new Map<string, ListedStat>();
    const unclear = new Set<string>();
    try {
      for await (const piece of fileSystem.dirStats(path(directory), { signal })) {
        if (found.size + piece.length > most) return undefined;
        for (const [name, info] of piece) {
          // The server may have cut a longer name to this one.
          if (mayBeCut(name) || dots.includes(name)) continue;
          const { size, kind, mtime } = remoteStatOf(info);
          const stat = { size, kind, mtime };
          const key = nameIn(directory, name);
          const before = found.get(key);
          if (before !== undefined && !isSame(before, stat)) unclear.add(key);
          found.set(key, stat);
        }
      }
    } catch (error) {
      // The caller then asks about each file, and gets the error there.
      if (error instanceof XRootDError) return undefined;
      throw error;
    }
    for (const name of unclear) found.delete(name);
    return found;
  }
}

/** Such a name can be asked about all the same. */
export const TWO_KINDS = 'is listed as a file and as a directory';

function isSame(a: ListedStat, b: ListedStat): boolean {
  return a.size === b.size && a.kind === b.kind && Object.is(a.mtime.getTime(), b.mtime.getTime());
}

/** The newline marks a name in bytes: a name in text can't have one, since a listing is made of lines. */
function keyOf({ name, nameBytes }: DirEntry): string {
  return nameBytes === undefined ? name : `\n${nameBytes.toString('latin1')}`;
}

/** @param directory a record name; empty for the base */
function nameIn(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}
