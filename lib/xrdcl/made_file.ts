/**
 * The file that a copy of ours made on a server: whether what stands at its path is still that one, and its removal. A
 * path alone proves nothing: meanwhile somebody may have put another file there. So what an open handle of ours said of
 * the file is compared with what the server says of the path now; in doubt nothing is removed, and a complete copy only for those
 * who ask for that.
 */
import { XRootDError } from './error.js';
import type { FileSystem } from './file_system.js';
import type { RequestOptions } from './request.js';
import type { StatInfo } from './stat_info.js';

export interface MadeFile {
  /** The server's identifier of it, from the answer to our open. */
  id: string;
  /** Milliseconds since the epoch by the server's clock, a whole second: its time of change when it was opened. */
  openedAt: number;
  /** Milliseconds by our own clock, from before it was opened to the end of the copy. */
  lasted: number;
  /** Bytes: of a complete copy all, of another what it has at most. */
  size: number;
  /** All was written, and the server closed it without an error. */
  complete: boolean;
  /**
   * The server had it open for us up to the end of the copy, as far as we know. Without that its identifier proves
   * nothing: a file system gives the number of a removed file to the next one that is made.
   */
  held: boolean;
}

/** Milliseconds by which times of change may lie beyond a copy: clocks tick differently, and tell whole seconds. */
const margin = 2000;

export type Likeness =
  /**
   * Identifier, time and size are those of the file that we made. Of a part that is the proof: we had it open until just now. Of
   * a complete copy it is none: since we closed it somebody may have removed it, and the file that he then made got its number,
   * or he has written into it. Whether it has the bytes that we sent must be compared.
   */
  | 'alike'
  /** It is another. */
  | 'other'
  /** It may be either. */
  | 'unsure';

/**
 * Compares what stands at a path now with what we made there. `unsure` is also a file of another identifier that
 * could be ours by all else: EOS gives an open file another identifier than its path.
 */
export function likenessOf(
  stat: Pick<StatInfo, 'id' | 'size' | 'mtime' | 'isDirectory' | 'isOther' | 'offline' | 'backUpExists'>,
  { id, openedAt, lasted, size, complete, held }: MadeFile,
): Likeness {
  const changed = stat.mtime.getTime();
  if (stat.isDirectory || stat.isOther || changed < openedAt) return 'other';
  const fits = changed <= openedAt + lasted + margin && (complete ? stat.size === size : stat.size <= size);
  if (stat.id !== id || id === '' || id === '0') return fits ? 'unsure' : 'other';
  // What is on tape isn't the part of a copy that failed: then somebody else has had his hands on it.
  const wholeOrPart = complete || (held && !stat.offline && !stat.backUpExists);
  return fits && wholeOrPart ? 'alike' : 'unsure';
}

export type Removal = 'removed' | 'gone' | Exclude<Likeness, 'alike'>;

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
    await fileSystem.rm(path, options).catch((error: unknown) => {
      // It may be removed all the same; then its identifier can be that of somebody else's file.
      made.held = false;
      throw error;
    });
    return 'removed';
  } catch (error) {
    if (error instanceof XRootDError && error.code === 'NotFound') return 'gone';
    throw error;
  }
}
