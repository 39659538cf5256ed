/**
 * The file that a copy of ours made on a server: is it still the one at its path, and how is it removed? The path alone
 * proves nothing: meanwhile somebody may have put another file there. So we compare the stat of our open handle with the
 * stat of the path now. In doubt nothing is removed; a complete copy is removed only on request.
 */
import { XRootDError } from './error.js';
import type { FileSystem } from './file_system.js';
import type { RequestOptions } from './request.js';
import type { StatInfo } from './stat_info.js';

/** The file that a copy of ours made on a server: how it is known again. */
export interface MadeFile {
  /** The server's identifier of it, from the answer to our open. */
  id: string;
  /** Milliseconds since the epoch by the server's clock, a whole second: its time of change when it was opened. */
  openedAt: number;
  /** Milliseconds by our own clock, from before it was opened to the end of the copy. */
  lasted: number;
  /** Bytes: the exact size of a complete copy, the most that an incomplete one can have. */
  size: number;
  /** All was written, and the server closed it without an error. */
  complete: boolean;
  /**
   * The server had it open for us up to the end of the copy, as far as we know. Without that its identifier proves
   * nothing: a file system gives the number of a removed file to the next one that is made.
   */
  held: boolean;
}

/** Milliseconds by which a time of change may lie after the copy's end: clocks differ, and servers report whole seconds. */
const margin = 2000;

/** Whether the file at a path is the one that we made there. */
export type Likeness =
  /**
   * Identifier, time and size are those of the file that we made. For a partial file that is proof: we had it open until
   * just now. For a complete copy it is none: after we closed it, somebody may have written into it, or removed it and made
   * a file that got the same number. The bytes must then be compared.
   */
  | 'alike'
  /** It is another file. */
  | 'other'
  /** It may be ours or another. */
  | 'unsure';

/**
 * Compares the file at a path now with the one that we made there. A file with another identifier that could otherwise be
 * ours is `unsure` too: EOS gives an open file another identifier than its path.
 */
export function likenessOf(
  stat: Pick<StatInfo, 'id' | 'size' | 'mtime' | 'isDirectory' | 'isOther' | 'offline' | 'backUpExists'>,
  { id, openedAt, lasted, size, complete, held }: MadeFile,
): Likeness {
  const changed = stat.mtime.getTime();
  if (stat.isDirectory || stat.isOther || changed < openedAt) return 'other';
  const fits = changed <= openedAt + lasted + margin && (complete ? stat.size === size : stat.size <= size);
  if (stat.id !== id || id === '' || id === '0') return fits ? 'unsure' : 'other';
  // A partial file doesn't go to tape: if it is on tape, somebody else has changed or replaced it.
  const wholeOrPart = complete || (held && !stat.offline && !stat.backUpExists);
  return fits && wholeOrPart ? 'alike' : 'unsure';
}

/** What became of a file that was to be removed: see `removeMade`. */
export type Removal = 'removed' | 'gone' | Exclude<Likeness, 'alike'>;

/** Options of `removeMade`. */
export interface RemoveMadeOptions extends RequestOptions {
  /** A complete copy is removed, too, whatever bytes it has by now. Default false: it is `unsure`. */
  complete?: boolean;
}

/**
 * Removes what a copy of ours made, if that still is the file at its path. The server has no removal by identity: between its
 * answer and the removal, which follows at once, somebody can still put another file there.
 * @returns `gone`: nothing is there; `other`, `unsure`: something is, and it was left alone
 * @throws XRootDError when the server can't be asked or doesn't remove it; the signal's reason
 */
export async function removeMade(
  fileSystem: FileSystem,
  path: string,
  made: MadeFile,
  { complete = false, ...options }: RemoveMadeOptions = {},
): Promise<Removal> {
  try {
    const likeness = likenessOf(await fileSystem.stat(path, options), made);
    if (likeness !== 'alike') return likeness;
    if (made.complete && !complete) return 'unsure';
    // Whoever is told that it has ended may make a new file there: a request that the server lets wait is sent once more after that.
    await fileSystem.rm(path, { ...options, signal: undefined }).catch((error: unknown) => {
      // The server may have removed it all the same; then somebody else's new file can get its identifier.
      made.held = false;
      throw error;
    });
    return 'removed';
  } catch (error) {
    if (error instanceof XRootDError && error.code === 'NotFound') return 'gone';
    throw error;
  }
}
