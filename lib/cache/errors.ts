/** Why a record was refused. */
export type CacheErrorCode =
  /** Not a name that a record can have: absolute, `..`, reserved, … */
  | 'InvalidPath'
  /** A symbolic link, or something else that is no directory, stands in the way inside the cache (S8). */
  | 'OutsideCache'
  /** There is a record of that name, and overwriting wasn't asked for. */
  | 'AlreadyExists'
  /** The bytes that were handed over have another checksum than the one that was expected. */
  | 'ChecksumMismatch'
  /** Somebody else's file lost its name while ours was to get it, and is kept under a name that the message tells. */
  | 'Displaced'
  /** Our temporary file was taken away, and another has its name. */
  | 'Superseded';

/** Refused by us; errors of the file system pass through as Node throws them. */
export class CacheError extends Error {
  /** Always `CacheError`. */
  override readonly name = 'CacheError';
  /** Why, for programs. */
  readonly code: CacheErrorCode;
  /** Relative to the cache. */
  readonly path: string;

  /**
   * The library makes it.
   * @param path of the record, relative to the cache
   */
  constructor(code: CacheErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

export function errnoCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** @param path of a record, relative to the cache */
export function alreadyExists(path: string, cause: unknown): CacheError {
  return new CacheError('AlreadyExists', path, `${path} exists already`, { cause });
}
