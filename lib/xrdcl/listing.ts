/** The entries of a directory, as a server sends them, piece by piece. */
import type { NativeDirEntry, NativeDirStats } from '../addon/addon.js';
import type { Connection } from './connection.js';
import { streamRequest, timeoutOf, type RequestOptions } from './request.js';
import { namedStatsOf, statInfoOf, type NamedStat, type StatInfo } from './stat_info.js';

/** An entry of a directory. */
export interface DirEntry {
  /** Relative to the listed directory. For a name that isn't UTF-8 the bytes are in `nameBytes`, and this is lossy. */
  name: string;
  /** Only for a name that isn't UTF-8. */
  nameBytes?: Buffer;
  /** The server that holds it. */
  host: string;
  /** With `stat: true`, unless the server sent none. Its tape flags are not to be trusted: ask `stat`. */
  stat?: StatInfo;
}

// XrdCl's enumeration DirListFlags (XrdClFileSystem.hh).
const dirListStat = 1;
const dirListChunked = 16;

/** Seconds, for a whole listing. */
const listingTimeout = 300;

/** As FileSystem.dirList(). */
export async function* dirList(
  connection: Connection,
  path: string,
  options?: RequestOptions & { stat?: boolean },
): AsyncGenerator<DirEntry, void, undefined> {
  const flags = dirListChunked | (options?.stat === true ? dirListStat : 0);
  const timeout = timeoutOf(options, listingTimeout);
  const pieces = streamRequest<NativeDirEntry[]>(
    connection.context('dirlist', path),
    options?.signal,
    (done) => connection.native.dirList(path, flags, timeout, done),
  );
  for await (const piece of pieces) {
    for (const { name, host, stat } of piece) {
      yield { ...nameOf(name), host, ...(stat && { stat: statInfoOf(stat) }) };
    }
  }
}

/** As FileSystem.dirStats(). */
export async function* dirStats(
  connection: Connection,
  path: string,
  options?: RequestOptions,
): AsyncGenerator<NamedStat[], void, undefined> {
  const timeout = timeoutOf(options, listingTimeout);
  const pieces = streamRequest<NativeDirStats>(connection.context('dirlist', path), options?.signal, (done) =>
    connection.native.dirStats(path, timeout, done),
  );
  for await (const piece of pieces) yield namedStatsOf(piece);
}

// A U+FEFF at the beginning is a letter of the name.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function nameOf(bytes: Buffer): Pick<DirEntry, 'name' | 'nameBytes'> {
  try {
    return { name: utf8.decode(bytes) };
  } catch {
    return { name: bytes.toString('utf8'), nameBytes: bytes };
  }
}
