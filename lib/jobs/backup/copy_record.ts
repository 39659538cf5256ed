/** Copies a record to the server, and verifies the copy (S1). */
import type { OpenRecord } from '../../cache/open_record.js';
import type { CacheRecord } from '../../cache/walk.js';
import type { RemoteStat, Uploaded } from '../../remote/store.js';
import { checksumText, type Checksum } from '../../rules/checksum.js';
import { typeOfUpload, type LocalType } from '../../rules/comparison.js';
import type { PutChecksum } from '../../rules/put_checksum.js';
import type { Classification } from '../../rules/remote_state.js';
import { hasWriters } from '../../posix/index.js';
import { isSmallFile, XRootDError } from '../../xrdcl/index.js';
import { classifyOptionsOf, type BackupContext, type RecordWork } from './backup_context.js';
import { classifyRecord, type KnownRecord } from '../record/classify_record.js';
import { DamagedInCache, explainingDamage, refuseDamaged } from '../record/damaged_in_cache.js';
import { FileChanged, FILE_CHANGED } from '../record/file_changed.js';
import { explainedCopy } from './refused_by_server.js';
import { looksMade, takeBack, takeStaleBack } from './take_back.js';
import { unconfirmed } from './unconfirmed.js';

export interface CopiedRecord {
  /** Identical with the record. */
  state: Extract<Classification, { state: 'cached' | 'backed_up' }>;
  /** The stat that came before its checksum. */
  remote: RemoteStat;
  /** Of the bytes that were sent. */
  sent: Checksum | undefined;
}

/** A second copy is made if the server stored the checksum of an incomplete file, since somebody asked for it meanwhile. */
const mostCopies = 2;

/**
 * @throws {FileChanged} when the record is being written, or changed
 * @throws {DamagedInCache} when it hasn't the bytes that were put any more: nothing of it is on the server then
 * @throws what a request or a disk throws; when the copy can't be confirmed
 */
export async function copyRecord(
  work: RecordWork,
  file: OpenRecord,
  context: BackupContext,
  attempt: number,
): Promise<CopiedRecord> {
  const { config, run, sums } = context;
  const { record } = work;
  const size = Number(record.identity.size);
  const put = size > 0 ? file.putChecksum() : undefined;
  const type = await typeToSum(size, put, context);
  // A small record is in memory while it is sent: both are computed there.
  const also = put !== undefined && put.type !== type && isSmallFile(size) ? put.type : undefined;
  if (put !== undefined && put.type !== type && also === undefined)
    await explainingDamage(sums.ofUnwritten(file, put.type, { signal: run.signal }), null, size, context);
  for (let copies = 1; ; copies += 1) {
    if (hasWriters(file.fd) === true) throw new FileChanged(FILE_CHANGED.writing);
    run.emit({ type: 'file:copying', path: record.path, size, attempt });
    const started = performance.now();
    const uploaded = await upload(work, file, { type, also }, context);
    if (!file.isUnchanged()) {
      work.stale = uploaded;
      await takeStaleBack(work, context);
      throw new FileChanged(FILE_CHANGED.changed);
    }
    if (put !== undefined && (put.type === type || put.type === also))
      await refuseDamagedCopy(work, file, put, uploaded, context);
    const { state, remote } = await look(record, file, put, uploaded, context);
    if (remote !== null && (state.state === 'cached' || state.state === 'backed_up')) {
      const seconds = (performance.now() - started) / 1000;
      const checksum = config.verify !== 'size' ? uploaded.checksum : undefined;
      run.emit({
        ...{ type: 'file:copied', path: record.path, size },
        ...(checksum && { checksum: checksumText(checksum) }),
        seconds,
      });
      return { state, remote, sent: uploaded.checksum };
    }
    // Somebody has put another file there, and is still writing it.
    if (state.state === 'writing') throw new FileChanged(state.reason);
    if (remote === null || (state.state !== 'conflict' && state.state !== 'partial')) {
      const reason = 'reason' in state ? state.reason : 'the server has no such file';
      throw unconfirmed(`the copy could not be confirmed: ${reason}`, record, context);
    }
    await takeBack(record, remote, uploaded, await sumOfSent(file, uploaded, context), context);
    if (copies === mostCopies) {
      const problem = 'the server has the bytes that were sent, but gives a checksum of others';
      throw unconfirmed(`${problem} (${state.reason}); the copy was taken back`, record, context);
    }
  }
}

/**
 * The type of checksum to compute while the record is copied. If no other is needed, it is that of the checksum that was put: a large
 * record isn't read twice.
 */
async function typeToSum(
  size: number,
  put: PutChecksum | undefined,
  { config, run, store }: BackupContext,
): Promise<LocalType> {
  if (config.verify === 'size' && put !== undefined) return put.type;
  return typeOfUpload(config.verify, size, config.checksumType, await store.checksumTypes(run.signal));
}

/** @throws {DamagedInCache}, and then the copy is taken back */
async function refuseDamagedCopy(
  work: RecordWork,
  file: OpenRecord,
  put: PutChecksum,
  uploaded: Uploaded,
  context: BackupContext,
): Promise<void> {
  const { checksum, also } = uploaded;
  const read =
    [checksum, also].find((sum) => sum?.type === put.type) ?? (await context.sums.of(file, put.type));
  try {
    refuseDamaged(work.record.path, put, read);
  } catch (error) {
    if (!(error instanceof DamagedInCache)) throw error;
    work.stale = uploaded;
    throw await takenBack(error, work, context);
  }
}

/** @throws what may pass: the next attempt takes the copy back first */
async function takenBack(
  damaged: DamagedInCache,
  work: RecordWork,
  context: BackupContext,
): Promise<DamagedInCache> {
  try {
    await takeStaleBack(work, context);
    return damaged.beside({ has: 'nothing' });
  } catch (error) {
    if (!(error instanceof XRootDError) || error.retryable) throw error;
    return damaged.beside({ has: 'other', reason: `this pass has copied it there: ${error.message}` });
  }
}

/** @throws as explainedCopy() */
async function upload(
  work: RecordWork,
  file: OpenRecord,
  { type: checksumType, also: alsoChecksumType }: { type: LocalType; also: LocalType | undefined },
  { config, run, store }: BackupContext,
): Promise<Uploaded> {
  const { path, absolute, identity } = work.record;
  const size = Number(identity.size);
  const uploaded = store.upload(file.source, path, {
    ...{ label: absolute, sizeHint: size },
    checksumType,
    alsoChecksumType,
    // The record may be removed a moment later, and without a sync the server's disk gets the bytes only later.
    sync: config.autoRemove === 'cached',
    onLeft: (made) => {
      work.left = made;
    },
    onProgress: (bytes) => {
      run.progress.copying(path, bytes, size);
      run.emit({ type: 'file:progress', path, bytes, size });
    },
    signal: run.signal,
  });
  return await uploaded.catch((error: unknown) => {
    throw explainedCopy(error, size);
  });
}

/** The crc32c of what was sent, or the upload's own checksum if the record has changed: many files share an adler32. */
async function sumOfSent(
  file: OpenRecord,
  { checksum }: Uploaded,
  { run, sums }: BackupContext,
): Promise<Checksum | undefined> {
  if (checksum?.type === 'crc32c' || !file.isUnchanged()) return checksum;
  const sum = await sums.of(file, 'crc32c', { signal: run.signal });
  return file.isUnchanged() ? sum : checksum;
}

async function look(
  record: CacheRecord,
  file: OpenRecord,
  put: PutChecksum | undefined,
  { checksum, made, synced }: Uploaded,
  context: BackupContext,
): Promise<{ state: Classification; remote: RemoteStat | null }> {
  const { config, run, store, unsynced } = context;
  if (config.autoRemove === 'cached' && !synced) unsynced();
  const remote = await store.stat(record.path, run.signal);
  // If somebody has put another file there meanwhile, that one is compared like any other.
  const copied = remote !== null && looksMade(remote, made);
  const known: KnownRecord = copied
    ? { origin: 'copied', checksum: checksum && { ...checksum, ...(put && { put }) } }
    : { origin: 'unknown' };
  const open = () => Promise.resolve(file);
  const options = classifyOptionsOf(context);
  const state = await classifyRecord(record.path, Number(record.identity.size), remote, open, options, known);
  return { state, remote };
}
