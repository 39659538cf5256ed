/** Copies a record to the server, and verifies the copy (S1). */
import type { OpenRecord } from '../../cache/open_record.js';
import type { CacheRecord } from '../../cache/walk.js';
import type { RemoteStat, Uploaded } from '../../remote/store.js';
import { checksumText, type Checksum } from '../../rules/checksum.js';
import { typeOfUpload } from '../../rules/comparison.js';
import type { Classification } from '../../rules/remote_state.js';
import { hasWriters } from '../../posix/index.js';
import { classifyOptionsOf, type BackupContext, type RecordWork } from './backup_context.js';
import { classifyRecord, type KnownRecord } from '../record/classify_record.js';
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
 * @throws {FileChanged} when the record is being written, or changed; what a request or a disk throws; when the copy can't be
 * confirmed
 */
export async function copyRecord(
  work: RecordWork,
  file: OpenRecord,
  context: BackupContext,
  attempt: number,
): Promise<CopiedRecord> {
  const { config, run } = context;
  const { record } = work;
  const size = Number(record.identity.size);
  for (let copies = 1; ; copies += 1) {
    if (hasWriters(file.fd) === true) throw new FileChanged(FILE_CHANGED.writing);
    run.emit({ type: 'file:copying', path: record.path, size, attempt });
    const started = performance.now();
    const uploaded = await upload(work, file, context);
    if (!file.isUnchanged()) {
      work.stale = uploaded;
      await takeStaleBack(work, context);
      throw new FileChanged(FILE_CHANGED.changed);
    }
    const { state, remote } = await look(record, file, uploaded, context);
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

/** @throws as explainedCopy() */
async function upload(work: RecordWork, file: OpenRecord, context: BackupContext): Promise<Uploaded> {
  const { config, run, store } = context;
  const { record } = work;
  const { path, absolute } = record;
  const size = Number(record.identity.size);
  const checksumType = typeOfUpload(
    config.verify,
    size,
    config.checksumType,
    await store.checksumTypes(run.signal),
  );
  const uploaded = store.upload(file.source, path, {
    ...{ label: absolute, sizeHint: size },
    checksumType,
    // The record may be removed a moment later, and without a sync the server's disk gets the bytes only later.
    sync: config.autoRemove === 'cached',
    onLeft: (made) => {
      work.left = made;
    },
    onProgress: (bytes) => {
      run.progress.copying(path, bytes);
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
  { checksum, made, synced }: Uploaded,
  context: BackupContext,
): Promise<{ state: Classification; remote: RemoteStat | null }> {
  const { config, run, store, unsynced } = context;
  if (config.autoRemove === 'cached' && !synced) unsynced();
  const remote = await store.stat(record.path, run.signal);
  // If somebody has put another file there meanwhile, that one is compared like any other.
  const copied = remote !== null && looksMade(remote, made);
  const known: KnownRecord = copied ? { origin: 'copied', checksum } : { origin: 'unknown' };
  const open = () => Promise.resolve(file);
  const options = classifyOptionsOf(context);
  const state = await classifyRecord(record.path, Number(record.identity.size), remote, open, options, known);
  return { state, remote };
}
