/**
 * The data servers behind a redirector. It sends a request to one of them: a listing has what that one has. It remembers for hours that
 * none had a path (`cms.fxhold`), also of a directory that a copy has made since then. So the data servers are asked themselves.
 */
import { Once } from '../flow/once.js';
import {
  serverOf,
  XRootDError,
  type DirEntry,
  type FileSystem,
  type RequestOptions,
  type ShortStat,
} from '../xrdcl/index.js';

export class DataServers {
  readonly #endpoint: FileSystem;
  readonly #open: (url: string) => FileSystem;
  readonly #known: Once<readonly FileSystem[]>;

  /**
   * @param open makes a data server's FileSystem, with the same login and opaque information
   * @param timeout seconds
   */
  constructor(endpoint: FileSystem, open: (url: string) => FileSystem, timeout: number) {
    this.#endpoint = endpoint;
    this.#open = open;
    this.#known = new Once(async () => (await severalOf(endpoint, timeout)).map(open));
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
    for (const server of await this.#known.get()) {
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

  /** The URLs of those that are proxies: of the server itself, and of those behind it. */
  async proxies(options: RequestOptions): Promise<string[]> {
    options.signal?.throwIfAborted();
    const { redirector, proxy } = await this.#endpoint.role(options);
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
    const servers = await this.#known.get();
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

/** None if the server is no redirector, or one of a single data server. Takes no signal: an abort of one caller would fail the others. */
async function severalOf(endpoint: FileSystem, timeout: number): Promise<readonly string[]> {
  try {
    const urls = new Set(await endpoint.dataServers({ timeout }));
    return urls.size > 1 ? [...urls] : [];
  } catch (error) {
    // A server that doesn't know the question answers for itself; a lost connection is an error.
    if (error instanceof XRootDError && !error.isConnectionFailure) return [];
    throw error;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof XRootDError && error.code === 'NotFound';
}
