/** Copies a record to the server, and verifies the copy; what is wrong with it is taken back, if it still is ours (S4). */
import type { OpenRecord } from '../cache/open_record.js';
import type { CacheRecord } from '../cache/walk.js';
import type { Removed, RemoteStat, Uploaded } from '../remote/store.js';
import { checksumText } from '../rules/checksum.js';
import type { Classification } from '../rules/remote_state.js';
import { hasWriters, likenessOf, XRootDError, type MadeFile } from '../xrdcl/index.js';
import { classifyOptionsOf, type BackupContext, type RecordWork } from './backup_context.js';
import { classifyRecord, type KnownRecord } from './classify_record.js';
import { Moved, MOVED } from './moved.js';

export interface CopiedRecord {
  /** Identical with the record. */
  state: Extract<Classification, { state: 'cached' | 'backed_up' }>;
  /** The stat that came before its checksum. */
  remote: RemoteStat;
}

/** The server holds the checksum of bytes that weren't all there yet, if others ask for it meanwhile: then a new file is made. */
const mostCopies = 2;

/**
 * @throws {Moved} when the record is being written, or changed; what a request or a disk throws; when the copy can't be
 * confirmed
 */
export async function copyRecord(
  work: RecordWork,
  file: OpenRecord,
  context: BackupContext,
  attempt: number,
): Promise<CopiedRecord> {
  const { emit } = context;
  const { record } = work;
  const size = Number(record.identity.size);
  for (let copies = 1; ; copies += 1) {
    if (hasWriters(file.fd) === true) throw new Moved(MOVED.writing);
    emit({ type: 'file:copying', path: record.path, size, attempt });
    const started = performance.now();
    const uploaded = await upload(work, file, context);
    if (!file.isUnchanged()) {
      await takeBack(record, uploaded.made, context);
      throw new Moved(MOVED.changed);
    }
    const { state, remote } = await look(record, file, uploaded, context);
    if (remote !== null && (state.state === 'cached' || state.state === 'backed_up')) {
      const seconds = (performance.now() - started) / 1000;
      const { checksum } = uploaded;
      emit({
        ...{ type: 'file:copied', path: record.path, size },
        ...(checksum && { checksum: checksumText(checksum) }),
        seconds,
      });
      return { state, remote };
    }
    const wrong = state.state === 'conflict' || state.state === 'partial';
    if (wrong) await takeBack(record, uploaded.made, context);
    if (!wrong || copies === mostCopies) throw unconfirmed(record, state);
  }
}

function upload(work: RecordWork, file: OpenRecord, context: BackupContext): Promise<Uploaded> {
  const { config, store, emit, progress, signal } = context;
  const { record } = work;
  const { path, absolute } = record;
  const size = Number(record.identity.size);
  return store.upload(file.source, path, {
    ...{ label: absolute, sizeHint: size },
    ...(config.verify === 'checksum' && { checksumType: config.checksumType }),
    // It may be the only copy a moment later, and a server's disk has it only later by itself.
    sync: config.autoRemove === 'cached',
    onLeft: (made) => {
      work.left = made;
    },
    onProgress: (bytes) => {
      progress.copying(path, bytes);
      emit({ type: 'file:progress', path, bytes, size });
    },
    ...(signal && { signal }),
  });
}

async function look(
  record: CacheRecord,
  file: OpenRecord,
  { checksum, made, synced }: Uploaded,
  context: BackupContext,
): Promise<{ state: Classification; remote: RemoteStat | null }> {
  const { config, store, unsynced, signal } = context;
  if (config.autoRemove === 'cached' && !synced) unsynced();
  const remote = await store.stat(record.path, signal);
  // Another file, that somebody has put there meanwhile, is compared as such.
  const replaced = remote !== null && made !== undefined && isAnother(remote, made);
  const known: KnownRecord = replaced ? { origin: 'unknown' } : { origin: 'copied', checksum };
  const open = () => Promise.resolve(file);
  const options = classifyOptionsOf(context);
  const state = await classifyRecord(record.path, Number(record.identity.size), remote, open, options, known);
  return { state, remote };
}

function isAnother({ kind, ...stat }: RemoteStat, made: MadeFile): boolean {
  return (
    likenessOf({ ...stat, isDirectory: kind === 'directory', isOther: kind === 'other' }, made) !== 'made'
  );
}

/** What an earlier attempt of this pass has left there. @returns is its place free? */
export async function takeBackLeft(work: RecordWork, { store, signal }: BackupContext): Promise<boolean> {
  if (work.left === undefined) return false;
  const result = await store.removeMade(work.record.path, work.left, signal);
  work.left = undefined;
  return result === 'removed' || result === 'gone';
}

/** Also when the pass is being ended. @throws when it isn't ours any more, or can't be told to be */
async function takeBack(
  { path, absolute }: CacheRecord,
  made: MadeFile | undefined,
  { store }: BackupContext,
): Promise<void> {
  const result: Removed | undefined = made && (await store.removeMade(path, made));
  if (result === 'removed' || result === 'gone') return;
  const message =
    result === undefined
      ? 'the copy is wrong, but the server gives no identity by which it could be told to be ours: it is left there'
      : 'what stands at its remote path is not the file that this copy made: it is left there';
  throw failure(message, absolute, path);
}

function unconfirmed({ path, absolute }: CacheRecord, state: Classification): XRootDError {
  const reason = 'reason' in state ? state.reason : 'the server has no such file';
  return failure(`the copy is not what was sent: ${reason}`, absolute, path);
}

function failure(message: string, source: string, target: string): XRootDError {
  return new XRootDError(
    { status: 1, code: 305, errNo: 0, message },
    { operation: 'verify', source, target },
  );
}
