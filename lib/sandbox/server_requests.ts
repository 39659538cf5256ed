import { FileSystem } from '../xrdcl/index.js';

/** Seconds; far more than the checksum of a local file takes. */
const timeout = 120;

/** The types that the server is set up for. */
const checksumTypes = ['adler32', 'crc32c'] as const;

/**
 * Has the server compute what it can't compute any more once the file is evicted; it answers from its cache then, as
 * tape systems answer from their namespace. At most `maxChecksums` queries at once: a server delays what is above.
 */
export class ChecksumKeeper {
  readonly #fileSystem: FileSystem;

  constructor(url: string) {
    this.#fileSystem = new FileSystem(url);
  }

  /** @throws XRootDError */
  async cache(path: string): Promise<void> {
    for (const type of checksumTypes) await this.#fileSystem.queryChecksum(path, type, { timeout });
  }
}
