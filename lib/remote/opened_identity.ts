/**
 * Decides whether the file that was opened at a path is the file that a stat of the path reported: in between somebody may
 * have put another file there, and removed it again afterwards. On some servers an open file has another identifier than
 * its path; the first files show whether identifiers can be compared on this server.
 */
import { identifies, openedAs, type ToldFile } from '../rules/remote_identity.js';
import { statOpened, urlOf, XRootDError, type FileSystem, type OpenedStat } from '../xrdcl/index.js';

export class OpenedIdentity {
  readonly #fileSystem: FileSystem;
  readonly #timeout: number;
  /** Does an open file have the same identifier as its path? Undefined: not known yet. */
  #comparable: boolean | undefined;

  /** @param timeout seconds for a stat */
  constructor(fileSystem: FileSystem, timeout: number) {
    this.#fileSystem = fileSystem;
    this.#timeout = timeout;
  }

  /** @param path on the server, at which the file was opened */
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

  /** The first time that identifiers differ: is it another file, or does this server always give other identifiers? */
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
