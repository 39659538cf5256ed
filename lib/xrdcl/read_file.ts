/** A file on a server as a stream of its bytes, which ends well only if they are right. */
import { Readable } from 'node:stream';
import { onAbort } from '../addon/abort.js';
import { addon, type NativeCopy, type NativeStatus } from '../addon/addon.js';
import { checksumTypes, type ChecksumType } from '../posix/checksum.js';
import { XRootDError } from './error.js';
import { cgiOf, checkEndpoint, checkServerUrl } from './location.js';
import { hideOpaque } from './opaque.js';
import { RateLimit } from './rate_limit.js';
import { openedOf, type OpenedStat, type ReadResult } from './read_checksum.js';

/** What has been read, as a whole. */
export interface ReadFile {
  /** Bytes. */
  bytes: number;
  /** Of these bytes, in the order of the types that were asked for. */
  checksums: {
    /** The type that was asked for. */
    type: ChecksumType;
    /** The checksum in hexadecimal digits. */
    value: string;
  }[];
  /** The file that was read, whatever has its path by now. */
  opened: OpenedStat;
}

/** Options of `readFile`. */
export interface ReadFileOptions {
  /** By which the bytes are summed as they come: one or two. */
  types: readonly [ChecksumType, ChecksumType?];
  /** Called when all bytes have come, before the stream ends; what it rejects with is the stream's error. */
  check?: (read: ReadFile) => Promise<void>;
  /** Destroys the stream, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Bytes a second, of all that is given it together. */
  rateLimit?: RateLimit | undefined;
}

/** Bytes of one request, as in read_checksum.cc. */
const piece = 4 * 2 ** 20;

/**
 * Nothing is asked before somebody reads, and no more than one piece ahead of the reader: memory is 12 MiB at most. Whether opening
 * an offline file brings it back from tape depends on the server, so ask `stat` first whether it is online.
 *
 * Errors come from the stream: {XRootDError}, also when the file gets shorter meanwhile; what `check` rejects with; the signal's reason.
 * @param url of a file, `root://server//path`
 * @throws TypeError for what is no URL of a file, and for options of other types
 */
export function readFile(url: string, options: ReadFileOptions): Readable {
  checkEndpoint('source', checkServerUrl(url));
  checkReadOptions(options);
  hideOpaque(cgiOf(url));
  return new RemoteFile(url, options);
}

/** They are used only when somebody reads. From JavaScript anything can come. */
function checkReadOptions(options: Partial<ReadFileOptions> | null | undefined): void {
  const { types, check, rateLimit } = options ?? {};
  const known: readonly unknown[] = checksumTypes;
  if (
    !Array.isArray(types) ||
    types.length < 1 ||
    types.length > 2 ||
    !types.every((type) => known.includes(type))
  )
    throw new TypeError(`types must be one or two of ${checksumTypes.join(', ')}`);
  if (check !== undefined && typeof check !== 'function') throw new TypeError('check must be a function');
  if (rateLimit !== undefined && !(rateLimit instanceof RateLimit))
    throw new TypeError('rateLimit must be a RateLimit');
}

class RemoteFile extends Readable {
  readonly #url: string;
  readonly #options: ReadFileOptions;
  #ignore: () => void = () => undefined;
  #operation: NativeCopy | undefined;
  /** The stream wants bytes. */
  #wanted = false;
  /** The file waits to be allowed to go on. */
  #heldUp: { bytes: number; size: number } | undefined;

  constructor(url: string, options: ReadFileOptions) {
    super({ highWaterMark: piece });
    this.#url = url;
    this.#options = options;
    const { signal } = options;
    this.#ignore = onAbort(signal, () => {
      this.destroy(signal?.reason as Error);
    });
  }

  override _read(): void {
    this.#wanted = true;
    const [type, also] = this.#options.types;
    this.#operation ??= addon.readFile(this.#url, type, also, (event, first, second) => {
      this.#hear(event, first, second);
    });
    this.#goOn();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#ignore();
    this.#operation?.cancel();
    // What waits closes its file.
    this.#operation?.allow(0);
    callback(error);
  }

  #hear(event: number, first: unknown, second: unknown): void {
    if (event === 1) {
      this.#ended(first as NativeStatus | undefined, second as ReadResult & { also?: string });
    } else if (this.destroyed) {
      // It was held up after it was cancelled.
      this.#operation?.allow(0);
    } else if (event === 2) {
      this.#wanted = false;
      this.push(first);
    } else {
      this.#heldUp = { bytes: first as number, size: second as number };
      this.#goOn();
    }
  }

  #goOn(): void {
    if (!this.#wanted || this.#heldUp === undefined) return;
    const { bytes, size } = this.#heldUp;
    this.#heldUp = undefined;
    const next = Math.min(piece, size - bytes);
    const { rateLimit, signal } = this.#options;
    const allow = () => this.#operation?.allow(bytes + next);
    if (rateLimit === undefined) allow();
    // Also when it is aborted: then it goes on to its end.
    else void rateLimit.take(next, signal).then(allow);
  }

  #ended(failure: NativeStatus | undefined, result: ReadResult & { also?: string }): void {
    this.#ignore();
    if (this.destroyed) return;
    if (failure !== undefined) {
      this.destroy(new XRootDError(failure, { operation: 'read', source: this.#url }));
      return;
    }
    const { types, check } = this.#options;
    const values = [result.checksum ?? '', result.also ?? ''];
    const checksums = types.flatMap((type, index) =>
      type === undefined ? [] : [{ type, value: values[index] ?? '' }],
    );
    const read = { bytes: result.size, checksums, opened: openedOf(result) };
    Promise.resolve(check?.(read)).then(
      () => this.push(null),
      (error: unknown) => this.destroy(error as Error),
    );
  }
}
