/**
 * Tells what was opened at a path from what a stat of the path had told of: between the two somebody can have put another file
 * there, and taken it away again afterwards. Whether identifiers help is learned of each server by the first files.
 */
import { identifies, openedAs, type ToldFile } from '../rules/remote_identity.js';
import { statOpened, urlOf, XRootDError, type FileSystem, type OpenedStat } from '../xrdcl/index.js';

export class OpenedIdentity {
  readonly #fileSystem: FileSystem;
  readonly #timeout: number;
  /** Open files have the identifiers of their paths. */
  #comparable: boolean | undefined;

  /** @param timeout seconds for a stat */
  constructor(fileSystem: FileSystem, timeout: number) {
    this.#fileSystem = fileSystem;
    this.#timeout = timeout;
  }

  /** @param path at which it was opened, on the server */
  async isAnother(
    path: string,
    opened: OpenedStat,
    told: ToldFile,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (identifies(told.id) && opened.id === told.id) this.#comparable = true;
    const as = openedAs(opened, told, this.#comparable);
    return as === 'unsure' ? await this.#lookAgain(path, told, signal) : as === 'other';
  }

  /** The first of a server whose identifiers differ: is it the file that is another, or is it that server's way? */
  async #lookAgain(path: string, told: ToldFile, signal: AbortSignal | undefined): Promise<boolean> {
    const before = await this.#idOf(path, signal);
    if (before !== told.id) return true;
    const { id } = await statOpened(urlOf(this.#fileSystem.url, path), { signal });
    if (id === before) {
      this.#comparable = true;
      return true;
    }
    // What was opened this time may have been another, too.
    if ((await this.#idOf(path, signal)) !== before) return true;
    this.#comparable ??= false;
    return this.#comparable;
  }

  async #idOf(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
      return (await this.#fileSystem.stat(path, { timeout: this.#timeout, signal })).id;
    } catch (error) {
      if (error instanceof XRootDError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }
}
