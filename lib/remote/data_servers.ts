/**
 * The data servers behind a redirector. It sends a request to one of them: a listing has what that one has. It remembers for hours that
 * none had a path (`cms.fxhold`), also of a directory that a copy has made since then. So the data servers are asked themselves.
 */
import { Once } from '../flow/once.js';
import { unlessAborted } from '../flow/unless_aborted.js';
import { sameRemote } from '../rules/remote_identity.js';
import {
  serverOf,
  XRootDError,
  type DirEntry,
  type FileSystem,
  type RequestOptions,
  type ShortStat,
} from '../xrdcl/index.js';
import { remoteStatOf } from './remote_stat.js';

export class DataServers {
  readonly #endpoint: FileSystem;
  readonly #open: (url: string) => FileSystem;
  readonly #timeout: number;
  #role: Once<{ redirector: boolean; proxy: boolean }>;
  #known: Once<readonly FileSystem[]>;

  /**
   * @param open makes a data server's FileSystem, with the same login and opaque information
   * @param timeout seconds
   */
  constructor(endpoint: FileSystem, open: (url: string) => FileSystem, timeout: number) {
    this.#endpoint = endpoint;
    this.#open = open;
    this.#timeout = timeout;
    this.#role = this.#askForRole();
    this.#known = this.#askForServers();
  }

  #askForRole(): Once<{ redirector: boolean; proxy: boolean }> {
    return new Once(() => this.#endpoint.role({ timeout: this.#timeout }));
  }

  #askForServers(): Once<readonly FileSystem[]> {
    return new Once(async () => {
      // One alone is asked, too: its redirector may remember that it had not what it has now.
      if (!(await this.#role.get()).redirector) return [];
      return (await serversOf(this.#endpoint, this.#timeout)).map(this.#open);
    });
  }

  /** Data servers come and go, and a server may become a redirector: what is there now counts from here on. */
  renew(): void {
    this.#role = this.#askForRole();
    this.#known = this.#askForServers();
  }

  /** As FileSystem.stat(). */
  async stat(path: string, options: RequestOptions): Promise<ShortStat> {
    const [answer] = await this.statMany([path], options);
    if (answer === undefined || answer instanceof Error) throw answer ?? new RangeError('no answer');
    return answer;
  }

  /** As FileSystem.statMany(). NotFound only if no data server has it; if one can't be asked, its error. */
  async statMany(paths: readonly string[], options: RequestOptions): Promise<(ShortStat | XRootDError)[]> {
    const answers = await this.#endpoint.statMany(paths, options);
    let open = [...answers.keys()].filter((index) => isNotFound(answers[index]));
    if (open.length === 0) return answers;
    for (const server of await unlessAborted(this.#known.get(), options.signal)) {
      const names = open.map((index) => paths[index] ?? '');
      const others = await server.statMany(names, options);
      for (const [at, index] of open.entries()) {
        const other = others[at];
        if (other !== undefined && !isNotFound(other)) answers[index] = other;
      }
      // The next one may have what this one couldn't be asked about.
      open = open.filter((index) => answers[index] instanceof Error);
    }
    return answers;
  }

  /** @throws {XRootDError} NoServer if a redirector has fewer now: it would call what the others have missing */
  async expect(count: number, options: RequestOptions): Promise<void> {
    const found = new Set(await this.#endpoint.dataServers(options)).size;
    if (found >= count) return;
    const message = `the redirector has ${found} of ${count} data servers now: what the others have would be called missing`;
    throw XRootDError.of('NoServer', message, { operation: 'locate', target: this.#endpoint.url });
  }

  /**
   * The URLs of those that have a file at this path, if their files differ: then the redirector sends a stat to one and a checksum
   * query, a read, a removal to another. None if they all have the same file, or if only one has it. All that are there now are asked:
   * the redirector may have heard of one file only, so far.
   * @throws when one can't be asked
   */
  async differing(path: string, options: RequestOptions): Promise<string[]> {
    options.signal?.throwIfAborted();
    if (!(await unlessAborted(this.#role.get(), options.signal)).redirector) return [];
    const urls = [...new Set(await this.#endpoint.dataServers(options))];
    if (urls.length < 2) return [];
    const files = await Promise.all(
      urls.map(async (url) => ({
        url,
        stat: await this.#open(url).stat(path, options).then(remoteStatOf, nullIfMissing),
      })),
    );
    const held = files.flatMap(({ url, stat }) => (stat === null ? [] : [{ url, stat }]));
    const [first, ...others] = held;
    if (first === undefined || others.every(({ stat }) => sameRemote(first.stat, stat))) return [];
    return held.map(({ url }) => url);
  }

  /** The URLs of those that are proxies: of the server itself, and of those behind it. */
  async proxies(options: RequestOptions): Promise<string[]> {
    options.signal?.throwIfAborted();
    const { redirector, proxy } = await unlessAborted(this.#role.get(), options.signal);
    const found = proxy ? [serverOf(this.#endpoint.url)] : [];
    if (!redirector) return found;
    // Also if it is the only one.
    for (const url of new Set(await this.#endpoint.dataServers(options)))
      if ((await this.#open(url).role(options)).proxy) found.push(url);
    return found;
  }

  /** As FileSystem.dirList(). A name comes once for each data server that has it. @throws when one can't be asked */
  async *list(path: string, options: RequestOptions): AsyncGenerator<DirEntry, void, undefined> {
    options.signal?.throwIfAborted();
    const servers = await unlessAborted(this.#known.get(), options.signal);
    const asked = servers.length === 0 ? [this.#endpoint] : servers;
    let missing: unknown;
    let found = false;
    for (const server of asked)
      try {
        for await (const entry of server.dirList(path, { ...options, stat: true })) yield entry;
        found = true;
      } catch (error) {
        if (!isNotFound(error)) throw error;
        missing = error;
      }
    if (!found) throw missing;
  }
}

/** Takes no signal: an abort of one caller would fail the others. */
async function serversOf(endpoint: FileSystem, timeout: number): Promise<readonly string[]> {
  try {
    return [...new Set(await endpoint.dataServers({ timeout }))];
  } catch (error) {
    // A server that doesn't know the question answers for itself; a lost connection is an error.
    if (error instanceof XRootDError && !error.isConnectionFailure) return [];
    throw error;
  }
}

function nullIfMissing(error: unknown): null {
  if (isNotFound(error)) return null;
  throw error;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof XRootDError && error.code === 'NotFound';
}
