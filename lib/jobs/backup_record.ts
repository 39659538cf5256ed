/**
 * One record's way through a pass: ask the server, decide by rule, copy or remove, verify, decide again.
 * Every step can be repeated: a retry starts from the top and finds what the last attempt left.
 */
import type { CacheDirectory } from '../cache/directory.js';
import type { OpenDirectories } from '../cache/open_directories.js';
import type { OpenRecord } from '../cache/open_record.js';
import type { VerifiedMemo } from '../cache/verified_memo.js';
import type { CacheRecord } from '../cache/walk.js';
import type { ArchiveConfig } from '../config/index.js';
import type { ListedStat, RemoteStat, RemoteStore } from '../remote/store.js';
import { checksumText, type Checksum } from '../rules/checksum.js';
import type { Identity } from '../rules/identity.js';
import { classifyRemote, isQuestion, type Classification } from '../rules/remote_state.js';
import { decide, REASONS, type Decision, type Room } from '../rules/removal.js';
import { settling } from '../rules/settling.js';
import { hasWriters, XRootDError } from '../xrdcl/index.js';
import { classifyRecord, type ClassifyOptions } from './classify_record.js';
import type { Emit } from './event_bus.js';
import { reported } from './failure.js';
import { LazyRecord } from './lazy_record.js';
import { Moved, MOVED } from './moved.js';
import type { ProgressMeter } from './progress_meter.js';
import { removeRecord } from './remove_record.js';
import type { Outcome } from './tally.js';

export interface BackupContext {
  config: ArchiveConfig;
  dryRun: boolean;
  root: CacheDirectory;
  directories: OpenDirectories;
  store: RemoteStore;
  memo: VerifiedMemo;
  /** Told of every stat of a remote file. */
  saw: (remote: RemoteStat) => void;
  sumLocal: ClassifyOptions['sumLocal'];
  emit: Emit;
  progress: ProgressMeter;
  /** `keep_local`, counted back from the start of the pass; 0 without it. */
  keepLocalSeconds: number;
  room: Room;
  /** Milliseconds since the epoch. */
  now: () => number;
  signal: AbortSignal | undefined;
}

/** What became of a record, and what its pass needs to know besides. */
export type RecordOutcome = Outcome & {
  /** An identical copy is on tape. */
  onTape?: boolean;
  /** It stays only because older ones go first. */
  mayGo?: boolean;
};

/**
 * What the server's look alone decides, as it does for most records of most passes; undefined where more must be asked or
 * done. Nothing is ever removed at sight.
 */
export function decideAtSight(
  record: CacheRecord,
  seen: ListedStat | RemoteStat,
  context: BackupContext,
): RecordOutcome | undefined {
  const { verify } = context.config;
  const remote = { offline: false, backUpExists: false, ...seen };
  let state = classifyRemote({ local: { size: Number(record.identity.size) }, remote, verify });
  if (isQuestion(state)) {
    if (state.ask !== 'checksum' || !context.memo.knows(record, remote)) return undefined;
    state = { state: remote.backUpExists ? 'backed_up' : 'cached', verifiedBy: 'checksum' };
  }
  const decision = decideRecord(record, state, undefined, context);
  if (decision.action !== 'keep' || decision.reason === REASONS.unverified) return undefined;
  context.saw(remote);
  return keptOutcome(decision, state);
}

function keptOutcome(decision: Extract<Decision, { action: 'keep' }>, state: Classification): RecordOutcome {
  return { result: 'kept', reason: decision.reason, ...standing(decision, state) };
}

function standing({ reason }: Decision, { state }: Classification) {
  return { onTape: state === 'backed_up', mayGo: reason === REASONS.olderFirst };
}

/**
 * @param absent the server had no such file when it was asked in this pass. What it has is always asked anew: the record may
 * have waited for hours, and a removal needs a fresh look (S1)
 * @throws what a request or a disk throws; the record is then untouched, or complete on the server and verified next
 * time
 */
export async function backupRecord(
  record: CacheRecord,
  context: BackupContext,
  attempt: number,
  absent: boolean,
): Promise<RecordOutcome> {
  const { store, signal } = context;
  const file = new LazyRecord(context.directories, record);
  try {
    const remote = absent ? null : await store.stat(record.path, signal);
    if (remote !== null) context.saw(remote);
    const { decision, state } = await judge(record, remote, file, context);
    switch (decision.action) {
      case 'copy':
      case 'replace':
        if (!decision.perform)
          return { result: 'copied', bytes: Number(record.identity.size), removed: false };
        if (decision.action === 'replace') await removeBroken(record, remote, context);
        return await copy(record, await file.open(), context, attempt);
      case 'remove':
        return { ...(await removeRecord(record, decision, context)), ...standing(decision, state) };
      case 'keep':
        return keptOutcome(decision, state);
      case 'report':
        return reported(record.path, decision);
    }
  } catch (error) {
    if (error instanceof Moved) return { result: 'kept', reason: error.message };
    throw error;
  } finally {
    file.close();
  }
}

async function judge(
  record: CacheRecord,
  remote: RemoteStat | null,
  file: LazyRecord,
  context: BackupContext,
): Promise<{ decision: Decision; state: Classification }> {
  const { config } = context;
  const state = await classifyRecord(
    record.path,
    Number(record.identity.size),
    remote,
    file.open,
    optionsOf(context),
  );
  // Where only sizes are compared, or there are no bytes, the walk's own look is what was verified.
  const read = config.verify === 'checksum' && record.identity.size > 0n;
  const verified = read ? file.verified() : record.identity;
  remember(record, remote, state, verified, context);
  return { decision: decideRecord(record, state, verified, context), state };
}

function remember(
  record: CacheRecord,
  remote: RemoteStat | null,
  state: Classification,
  verified: Identity | undefined,
  { memo }: BackupContext,
): void {
  const identical = state.state === 'cached' || state.state === 'backed_up';
  if (remote === null || verified === undefined || !identical || state.verifiedBy !== 'checksum') return;
  memo.add(record, remote);
}

function decideRecord(
  record: CacheRecord,
  remote: Classification,
  verified: Identity | undefined,
  { config, dryRun, keepLocalSeconds, room, now }: BackupContext,
): Decision {
  const { autoRemove, verify } = config;
  const { settled } = settling(record.identity, config.settleSeconds, now());
  const keptLocal = !settling(record.identity, keepLocalSeconds, now()).settled;
  return decide({ remote, autoRemove, verify, verified, settled, keptLocal, room, dryRun });
}

function optionsOf({ config, store, sumLocal, signal }: BackupContext): ClassifyOptions {
  const sumUnchanged: ClassifyOptions['sumLocal'] = async (record, length) => {
    const sum = await sumLocal(record, length);
    // Else a file that is being rewritten would look like a conflict.
    if (!record.isUnchanged()) throw new Moved(MOVED.changed);
    return sum;
  };
  return {
    store,
    verify: config.verify,
    checksumType: config.checksumType,
    sumLocal: sumUnchanged,
    signal,
  };
}

/** S4: an unfinished copy of ours goes, if it still is what was judged. */
async function removeBroken(
  record: CacheRecord,
  judged: RemoteStat | null,
  { store, signal }: BackupContext,
) {
  const now = await store.stat(record.path, signal);
  if (now === null || judged === null) return;
  const same =
    now.size === judged.size &&
    now.mtime.getTime() === judged.mtime.getTime() &&
    !now.backUpExists &&
    !now.offline;
  // A writer at work: the next pass will see what becomes of it.
  if (!same) throw new Moved('its remote file is being written');
  await store.remove(record.path, signal);
}

async function copy(
  record: CacheRecord,
  file: OpenRecord,
  context: BackupContext,
  attempt: number,
): Promise<RecordOutcome> {
  const { config, store, emit, progress, signal } = context;
  const { path } = record;
  const size = Number(record.identity.size);
  if (hasWriters(file.fd) === true) return { result: 'kept', reason: MOVED.writing };
  emit({ type: 'file:copying', path, size, attempt });
  const started = performance.now();
  const onProgress = (bytes: number) => {
    progress.copying(path, bytes);
    emit({ type: 'file:progress', path, bytes, size });
  };
  const wanted = config.verify === 'checksum' && { checksumType: config.checksumType };
  const options = { label: record.absolute, sizeHint: size, ...wanted, onProgress, signal };
  const { checksum } = await store.upload(file.source, path, options);
  // From here on the remote file is ours: nobody else could have made it, because upload overwrites nothing.
  if (!file.isUnchanged()) {
    await store.remove(path);
    return { result: 'kept', reason: MOVED.changed };
  }
  const { state, remote } = await verifyCopy(record, file, checksum, context);
  const seconds = (performance.now() - started) / 1000;
  const sum = checksum && { checksum: checksumText(checksum) };
  emit({ type: 'file:copied', path, size, ...sum, seconds });
  const verified = file.isUnchanged() ? file.identity : undefined;
  remember(record, remote, state, verified, context);
  const decision = decideRecord(record, state, verified, context);
  const copied = { result: 'copied', bytes: size, removed: false, ...standing(decision, state) } as const;
  return decision.action === 'remove'
    ? afterCopy(copied, await removeRecord(record, decision, context))
    : copied;
}

/** What became of a record that was copied and then was to go; perhaps it was copied once more before that. */
export function afterCopy(
  copied: Extract<RecordOutcome, { result: 'copied' }>,
  removal: RecordOutcome,
): RecordOutcome {
  // S6: a removal that was blocked, or whose file was displaced, is told; the copy itself is safe.
  if (removal.result === 'failed' || removal.result === 'conflicts') return removal;
  const { onTape = copied.onTape } = removal;
  return { ...copied, ...(onTape !== undefined && { onTape }), removed: hasGone(removal) };
}

/** Isn't the record in the cache any more? */
export function hasGone(outcome: RecordOutcome): boolean {
  return outcome.result === 'removed' || (outcome.result === 'copied' && outcome.removed);
}

/** @throws when the copy can't be confirmed; one that is wrong is removed first: it is ours. */
async function verifyCopy(
  record: CacheRecord,
  file: OpenRecord,
  sum: Checksum | undefined,
  context: BackupContext,
): Promise<{ state: Classification; remote: RemoteStat | null }> {
  const { store, signal } = context;
  const { path, absolute } = record;
  const remote = await store.stat(path, signal);
  const size = Number(record.identity.size);
  const state = await classifyRecord(
    path,
    size,
    remote,
    () => Promise.resolve(file),
    optionsOf(context),
    sum,
  );
  if (state.state === 'cached' || state.state === 'backed_up') return { state, remote };
  if (state.state === 'conflict' || state.state === 'partial') await store.remove(path);
  const reason = 'reason' in state ? state.reason : 'the server has no such file';
  throw new XRootDError(
    { status: 1, code: 305, errNo: 0, message: `the copy is not what was sent: ${reason}` },
    { operation: 'verify', source: absolute, target: path },
  );
}

/** What a report says of records that only wait for tape; see backup.ts for what it may mean. */
export const waitingForTape = REASONS.notOnTape;
