/**
 * One record's way through a pass: ask the server, decide by rule, copy or remove, verify, decide again.
 * Every step can be repeated: a retry starts from the top and finds what the last attempt left.
 */
import { captureAndRemove, type CaptureResult } from '../cache/capture.js';
import { splitPath, type CacheDirectory } from '../cache/directory.js';
import type { OpenDirectories } from '../cache/open_directories.js';
import { openRecord, type OpenRecord } from '../cache/open_record.js';
import { pruneEmpty } from '../cache/prune.js';
import type { VerifiedMemo } from '../cache/verified_memo.js';
import type { CacheRecord } from '../cache/walk.js';
import type { ArchiveConfig } from '../config/index.js';
import type { ListedStat, RemoteStat, RemoteStore } from '../remote/store.js';
import { checksumText, type Checksum } from '../rules/checksum.js';
import type { Identity } from '../rules/identity.js';
import { classifyRemote, isQuestion, type Classification } from '../rules/remote_state.js';
import { decide, REASONS, type Decision } from '../rules/removal.js';
import { settling } from '../rules/settling.js';
import { hasWriters, XRootDError } from '../xrdcl/index.js';
import { classifyRecord, type ClassifyOptions } from './classify_record.js';
import type { Emit } from './event_bus.js';
import type { ProgressMeter } from './progress_meter.js';
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
  /** Milliseconds since the epoch. */
  now: () => number;
  signal: AbortSignal | undefined;
}

const GONE = 'gone before it was looked at';
const CHANGED = 'changed while it was worked on';
const WRITING = 'open for writing in another process';

/**
 * What the server's look alone decides, as it does for most records of most passes; undefined where more must be asked or
 * done. Nothing is ever removed at sight.
 */
export function decideAtSight(
  record: CacheRecord,
  seen: ListedStat | RemoteStat,
  context: BackupContext,
): Outcome | undefined {
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
  return { result: 'kept', reason: decision.reason };
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
): Promise<Outcome> {
  const { store, signal } = context;
  const file = new LazyRecord(context.directories, record);
  try {
    const remote = absent ? null : await store.stat(record.path, signal);
    if (remote !== null) context.saw(remote);
    const decision = await judge(record, remote, file, context);
    switch (decision.action) {
      case 'copy':
      case 'replace':
        if (!decision.perform)
          return { result: 'copied', bytes: Number(record.identity.size), removed: false };
        if (decision.action === 'replace') await removeBroken(record, remote, context);
        return await copy(record, await file.open(), context, attempt);
      case 'remove':
        return await remove(record, decision, context);
      case 'keep':
        return { result: 'kept', reason: decision.reason };
      case 'report':
        return conflictOf(record, decision);
    }
  } catch (error) {
    if (error instanceof Moved) return { result: 'kept', reason: error.message };
    throw error;
  } finally {
    file.close();
  }
}

/** The record isn't the file that the walk saw; the next pass will see what it is now. */
class Moved extends Error {}

/** Opened when its bytes are needed: most records of a pass need none. */
class LazyRecord {
  readonly #directories: OpenDirectories;
  readonly #record: CacheRecord;
  #open: OpenRecord | undefined;

  constructor(directories: OpenDirectories, record: CacheRecord) {
    this.#directories = directories;
    this.#record = record;
  }

  readonly open = async (): Promise<OpenRecord> => {
    if (this.#open !== undefined) return this.#open;
    const opened = await openRecord(this.#directories, this.#record.path, this.#record.identity);
    if (opened === 'vanished') throw new Moved(GONE);
    if (opened === 'changed') throw new Moved(CHANGED);
    this.#open = opened;
    return opened;
  };

  /** The identity of the bytes that were read in this pass; undefined if none were, or if they changed meanwhile. */
  verified(): Identity | undefined {
    return this.#open?.isUnchanged() === true ? this.#open.identity : undefined;
  }

  close(): void {
    this.#open?.close();
  }
}

async function judge(
  record: CacheRecord,
  remote: RemoteStat | null,
  file: LazyRecord,
  context: BackupContext,
): Promise<Decision> {
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
  return decideRecord(record, state, verified, context);
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
  { config, dryRun, now }: BackupContext,
): Decision {
  const { settled } = settling(record.identity, config.settleSeconds, now());
  return decide({ remote, autoRemove: config.autoRemove, verify: config.verify, verified, settled, dryRun });
}

function optionsOf({ config, store, sumLocal, signal }: BackupContext): ClassifyOptions {
  const sumUnchanged: ClassifyOptions['sumLocal'] = async (record, length) => {
    const sum = await sumLocal(record, length);
    // Else a file that is being rewritten would look like a conflict.
    if (!record.isUnchanged()) throw new Moved(CHANGED);
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
): Promise<Outcome> {
  const { config, store, emit, progress, signal } = context;
  const { path } = record;
  const size = Number(record.identity.size);
  if (hasWriters(file.fd) === true) return { result: 'kept', reason: WRITING };
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
    return { result: 'kept', reason: CHANGED };
  }
  const { state, remote } = await verifyCopy(record, file, checksum, context);
  const seconds = (performance.now() - started) / 1000;
  const sum = checksum && { checksum: checksumText(checksum) };
  emit({ type: 'file:copied', path, size, ...sum, seconds });
  const verified = file.isUnchanged() ? file.identity : undefined;
  remember(record, remote, state, verified, context);
  const decision = decideRecord(record, state, verified, context);
  if (decision.action !== 'remove') return { result: 'copied', bytes: size, removed: false };
  const removal = await remove(record, decision, context);
  // S6: a removal that was blocked, or whose file was displaced, is told; the copy itself is safe.
  if (removal.result === 'failed') return removal;
  return { result: 'copied', bytes: size, removed: removal.result === 'removed' };
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

async function remove(
  record: CacheRecord,
  decision: Extract<Decision, { action: 'remove' }>,
  context: BackupContext,
): Promise<Outcome> {
  const { root, emit } = context;
  const { path } = record;
  const bytes = Number(record.identity.size);
  if (!decision.perform) return { result: 'removed', bytes };
  const result = await captureAndRemove(root, path, decision.identity, { hasWriters });
  if (result.outcome === 'removed') {
    emit({ type: 'file:removed', path, size: bytes, reason: decision.reason });
    if (context.config.pruneEmptyDirectories) await pruneEmpty(root, splitPath(path)[0]);
    return { result: 'removed', bytes };
  }
  return notRemoved(record, result);
}

function notRemoved(record: CacheRecord, result: Exclude<CaptureResult, { outcome: 'removed' }>): Outcome {
  switch (result.outcome) {
    case 'changed':
      return { result: 'kept', reason: CHANGED };
    case 'busy':
      return { result: 'kept', reason: WRITING };
    case 'vanished':
      return { result: 'kept', reason: GONE };
    case 'blocked':
    case 'displaced':
      return {
        result: 'failed',
        failure: { path: record.path, code: 'NotRemoved', message: result.message },
      };
  }
}

function conflictOf(record: CacheRecord, decision: Extract<Decision, { action: 'report' }>): Outcome {
  const { path } = record;
  const result = decision.conflict ? 'conflicts' : 'failed';
  const code = decision.conflict ? 'Conflict' : 'Unverified';
  return { result, failure: { path, code, message: decision.reason } };
}

/** What a report says of records that only wait for tape; see backup.ts for what it may mean. */
export const waitingForTape = REASONS.notOnTape;
