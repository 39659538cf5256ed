/**
 * Removes a file that this pass put on the server, if it certainly still is that file (S4). For an incomplete copy the server's
 * identifier decides; a complete copy must have exactly the bytes that were sent.
 */
import type { CacheRecord } from '../../cache/walk.js';
import type { RemoteStat, Uploaded } from '../../remote/store.js';
import { checksumText, sameChecksum, type Checksum } from '../../rules/checksum.js';
import { checksumTypes, likenessOf, XRootDError, type MadeFile } from '../../xrdcl/index.js';
import type { BackupContext, RecordWork } from './backup_context.js';
import { explainedRemoval } from './refused_by_server.js';
import { unconfirmed } from './unconfirmed.js';

/** Removes what an earlier attempt of this pass left on the server. @returns is its place free? */
export async function takeBackLeft(work: RecordWork, { run, store }: BackupContext): Promise<boolean> {
  if (work.left === undefined) return false;
  const result = await store.removeMade(work.record.path, work.left, run.signal);
  work.left = undefined;
  return result === 'removed' || result === 'gone';
}

/** Does the stat match the file that the copy made? False without `made`: the server gave no identity, so nobody knows. */
export function looksMade({ kind, ...stat }: RemoteStat, made: MadeFile | undefined): boolean {
  if (made === undefined) return false;
  return (
    likenessOf({ ...stat, isDirectory: kind === 'directory', isOther: kind === 'other' }, made) === 'alike'
  );
}

/**
 * Removes a copy of the record as it was before it changed, which a later pass would take for somebody else's file. Works also while
 * the pass is being ended. It compares with the checksum of the bytes that the upload read. If that is adler32, size, identifier and
 * second must be equal besides.
 * @throws as takeBack(); after a failed request the next attempt tries again
 */
export async function takeStaleBack(work: RecordWork, context: BackupContext): Promise<void> {
  const { stale, record } = work;
  if (stale === undefined) return;
  // An empty file may be one that somebody has just opened; a later pass replaces it when it is old enough.
  const remote = stale.size === 0 ? null : await context.store.stat(record.path);
  if (remote !== null) await takeBack(record, remote, stale, stale.checksum, context);
  work.stale = undefined;
}

/**
 * Removes a complete copy that is of no use: the record has changed, or the server gives a checksum of other bytes.
 * @param remote the stat of the file at the remote path
 * @param sent the checksum of the bytes that the copy sent
 * @throws {XRootDError} if nothing shows that the file is what was sent: it is left there, and an operator has to look at it; if the
 * server can't be asked
 */
export async function takeBack(
  record: CacheRecord,
  remote: RemoteStat,
  { made }: Uploaded,
  sent: Checksum | undefined,
  context: BackupContext,
): Promise<void> {
  const { store, separate } = context;
  const doubt = await doubtOf(record, remote, made, sent, context);
  if (doubt === undefined) {
    await separate.refuseOwnFile(record.path, remote);
    const result = await store.removeSeen(record.path, remote).catch((error: unknown) => {
      throw explainedRemoval(error, 'a copy that is of no use');
    });
    if (result === 'removed' || result === 'gone') return;
  }
  const reason = doubt ?? 'what stands at its remote path was changed while it was read back';
  const advice = 'compare it with the record, and move or remove the one that is wrong';
  throw unconfirmed(`${reason}: it is left there; ${advice}`, record, context);
}

/** The reason to doubt that the file is what this copy sent; undefined if there is none. */
async function doubtOf(
  record: CacheRecord,
  remote: RemoteStat,
  made: MadeFile | undefined,
  sent: Checksum | undefined,
  { store }: BackupContext,
): Promise<string | undefined> {
  if (made === undefined)
    return 'the copy is wrong, but the server gives no identity by which it could be told to be ours';
  if (!looksMade(remote, made)) return 'what stands at its remote path is not the file that this copy made';
  // Reading it would bring it back from tape.
  if (remote.offline) return 'the copy is wrong, and offline already';
  const type = checksumTypes.find((known) => known === sent?.type);
  if (sent === undefined || type === undefined)
    return 'the copy is wrong, and nothing is known of the bytes that were sent';
  try {
    const found = await store.readChecksum(record.path, type, remote);
    if (sameChecksum(sent, found)) return undefined;
    return `the copy is not what was sent, but damaged or written by somebody else: ${checksumText(found)}, sent was ${checksumText(sent)}`;
  } catch (error) {
    if (!(error instanceof XRootDError) || error.retryable) throw error;
    return `the copy is wrong, and can't be read back (${error.message})`;
  }
}
