/**
 * Takes back what a pass has put on the server, if it beyond doubt still is that (S4). Of a part that its copy left, the server's
 * identifier says so; a complete copy must have the very bytes that were sent.
 */
import type { OpenRecord } from '../cache/open_record.js';
import type { CacheRecord } from '../cache/walk.js';
import { parseTarget } from '../config/target.js';
import type { RemoteStat, Uploaded } from '../remote/store.js';
import { checksumText, sameChecksum, type Checksum } from '../rules/checksum.js';
import { remotePath } from '../rules/names.js';
import { checksumTypes, likenessOf, urlOf, XRootDError, type MadeFile } from '../xrdcl/index.js';
import type { BackupContext, RecordWork } from './backup_context.js';

/** What an earlier attempt of this pass has left there. @returns is its place free? */
export async function takeBackLeft(work: RecordWork, { store, signal }: BackupContext): Promise<boolean> {
  if (work.left === undefined) return false;
  const result = await store.removeMade(work.record.path, work.left, signal);
  work.left = undefined;
  return result === 'removed' || result === 'gone';
}

/** Has it what a stat tells of the file that the copy made? Undefined where the server gives no identity: then nobody knows. */
export function looksMade({ kind, ...stat }: RemoteStat, made: MadeFile | undefined): boolean {
  if (made === undefined) return false;
  return (
    likenessOf({ ...stat, isDirectory: kind === 'directory', isOther: kind === 'other' }, made) === 'alike'
  );
}

/**
 * A complete copy that is of no use: the record has changed, or the server gives a checksum of other bytes.
 * @param remote the stat that says what stands there
 * @throws {XRootDError} when it isn't what was sent, or can't be shown to be: it is left there, and an operator has to look at it
 */
export async function takeBack(
  record: CacheRecord,
  file: OpenRecord,
  remote: RemoteStat,
  uploaded: Uploaded,
  context: BackupContext,
): Promise<void> {
  const { path } = record;
  const doubt = await doubtOf(record, file, remote, uploaded, context);
  // Removed also when the pass is being ended: as it was when its bytes were read.
  if (doubt === undefined) {
    const result = await context.store.removeSeen(path, remote);
    if (result === 'removed' || result === 'gone') return;
  }
  const reason = doubt ?? 'what stands at its remote path was changed while it was read back';
  const advice = 'compare it with the record, and move or remove the one that is wrong';
  throw unconfirmed(`${reason}: it is left there; ${advice}`, record, context);
}

/** Why it may not be what this copy sent. */
async function doubtOf(
  record: CacheRecord,
  file: OpenRecord,
  remote: RemoteStat,
  uploaded: Uploaded,
  context: BackupContext,
): Promise<string | undefined> {
  const { made } = uploaded;
  if (made === undefined)
    return 'the copy is wrong, but the server gives no identity by which it could be told to be ours';
  if (!looksMade(remote, made)) return 'what stands at its remote path is not the file that this copy made';
  // To read it would bring it back from tape.
  if (remote.offline) return 'the copy is wrong, and offline already';
  const sent = await sumOfSent(file, uploaded, context);
  const type = checksumTypes.find((known) => known === sent?.type);
  if (sent === undefined || type === undefined)
    return 'the copy is wrong, and nothing is known of the bytes that were sent';
  try {
    const { store, signal } = context;
    const found = await store.readChecksum(record.path, type, remote, signal);
    if (sameChecksum(sent, found)) return undefined;
    return `the copy is not what was sent, but damaged or written by somebody else: ${checksumText(found)}, sent was ${checksumText(sent)}`;
  } catch (error) {
    if (!(error instanceof XRootDError) || error.isConnectionFailure) throw error;
    return `the copy is wrong, and can't be read back (${error.message})`;
  }
}

/**
 * By crc32c where the record can still be read: other bytes share adler32 easily. Once it has changed there is only what the upload
 * has computed of the bytes that it read; if that is adler32, the file that is taken for ours has the same size, identifier and
 * second besides.
 */
async function sumOfSent(
  file: OpenRecord,
  { checksum }: Uploaded,
  { sumLocal }: BackupContext,
): Promise<Checksum | undefined> {
  if (checksum?.type === 'crc32c' || !file.isUnchanged()) return checksum;
  const sum = await sumLocal(file, 'crc32c');
  return file.isUnchanged() ? sum : checksum;
}

export function unconfirmed(
  message: string,
  { path, absolute }: CacheRecord,
  { config }: BackupContext,
): XRootDError {
  const { endpoint, base } = parseTarget(config.targetUrl);
  return new XRootDError(
    { status: 1, code: 305, errNo: 0, message },
    { operation: 'verify', source: absolute, target: urlOf(endpoint, remotePath(base, path)) },
  );
}
