/**
 * One record's way through a pass: ask the server, decide by rule, copy or remove, verify, decide again.
 * Every step can be repeated: a retry starts from the top and finds what the last attempt left.
 */
import { splitPath } from '../../cache/directory.js';
import type { OpenRecord } from '../../cache/open_record.js';
import type { CacheRecord } from '../../cache/walk.js';
import type { ListedStat, RemoteStat } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import type { Identity } from '../../rules/identity.js';
import { compares } from '../../rules/comparison.js';
import { classifyRemote, isQuestion, type Classification } from '../../rules/remote_state.js';
import { decide, REASONS, type Decision, type Removal } from '../../rules/removal.js';
import { settling } from '../../rules/settling.js';
import {
  classifyOptionsOf,
  tellsOfTape,
  type BackupContext,
  type Copied,
  type RecordOutcome,
  type RecordWork,
} from './backup_context.js';
import { classifyRecord } from '../record/classify_record.js';
import { copyRecord } from './copy_record.js';
import { failed, reported } from '../run/failure.js';
import { lastLook, REMOTE_CHANGED } from '../record/last_look.js';
import { LazyRecord } from '../record/local_file.js';
import { FileChanged } from '../record/file_changed.js';
import { isIdentical, recordFacts, type Identical } from '../record/record_facts.js';
import type { Noted } from '../record/record_book.js';
import { removeRecord } from '../record/remove_record.js';
import { removeUnfinished } from './remove_unfinished.js';
import { takeBackLeft, takeStaleBack } from './take_back.js';
import { unlessLeft } from './unless_left.js';
import type { Outcome } from '../run/tally.js';

/**
 * Decides from the remote stat alone, which is enough for most records of most passes. Undefined: more must be asked or
 * done. Nothing is ever removed here.
 */
export function decideAtSight(
  record: CacheRecord,
  seen: ListedStat | RemoteStat,
  context: BackupContext,
): RecordOutcome | undefined {
  const { config, memo } = context;
  const remote = { id: '', offline: false, backUpExists: false, ...seen };
  let state = classifyRemote({
    ...{ local: { size: Number(record.identity.size) }, remote, verify: compares(config.verify) },
  });
  if (isQuestion(state)) {
    const known = state.ask === 'checksum' ? memo.recall(record, remote) : undefined;
    // An online file can be compared better than by adler32.
    if (known === undefined || (known === 'weak' && !remote.offline)) return undefined;
    const verifiedBy = known === 'proven' ? 'checksum' : 'weak_checksum';
    state = { state: remote.backUpExists ? 'backed_up' : 'cached', verifiedBy };
  }
  const decision = decideRecord(record.identity, state, undefined, context);
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
 * One attempt.
 * @param absent the server had no such file when it was asked in this pass. What it has is always asked anew: the record may
 * have waited for hours, and a removal needs a fresh look (S1)
 * @throws what a request or a disk throws; the record is then untouched, or complete on the server and verified next
 * time
 */
export async function backupRecord(
  work: RecordWork,
  context: BackupContext,
  attempt: number,
  absent: boolean,
): Promise<RecordOutcome> {
  const file = new LazyRecord(context.directories, work.record);
  try {
    return await copyOrRemove(work, file, context, attempt, absent);
  } catch (error) {
    if (error instanceof FileChanged) return { result: 'kept', reason: error.message };
    throw error;
  } finally {
    file.close();
  }
}

async function copyOrRemove(
  work: RecordWork,
  file: LazyRecord,
  context: BackupContext,
  attempt: number,
  absent: boolean,
): Promise<RecordOutcome> {
  const { config, run, separate, store } = context;
  const { record } = work;
  await takeStaleBack(work, context);
  const free = absent || (await takeBackLeft(work, context));
  const remote = free ? null : await store.stat(record.path, run.signal);
  if (remote !== null) context.saw(remote);
  const { decision, state } = await judge(work, remote, file, context);
  switch (decision.action) {
    case 'copy':
    case 'replace':
      if (!decision.perform)
        return { result: 'copied', bytes: Number(work.walked.size), removed: false, reason: decision.reason };
      // With other settings a later pass removes the record, and searches then.
      if (config.autoRemove === 'cached') await separate.search(splitPath(record.path)[0]);
      if (decision.action === 'replace') await removeUnfinished(record, remote, await file.open(), context);
      return await copy(work, await file.open(), context, attempt);
    case 'remove':
      return {
        ...(await remove(record, remote, decision, { state, file }, context)),
        ...standing(decision, state),
      };
    case 'keep':
      if (remote !== null && isIdentical(state) && !run.dryRun)
        context.book.compared(notedOf(record, await file.open(), remote, state, undefined, context), false);
      return keptOutcome(decision, state);
    case 'report':
      return reported(record.path, decision);
  }
}

async function judge(
  { record, walked }: RecordWork,
  remote: RemoteStat | null,
  file: LazyRecord,
  context: BackupContext,
): Promise<{ decision: Decision; state: Classification }> {
  const { config, memo } = context;
  const size = Number(record.identity.size);
  const proven = remote !== null && memo.recall(record, remote) === 'proven';
  const origin = proven ? 'remembered' : 'unknown';
  const options = classifyOptionsOf(context);
  const found = await classifyRecord(record.path, size, remote, file.open, options, { origin });
  const state = found.state === 'partial' ? await unlessLeft(found, record.path, remote, context) : found;
  // If only sizes are compared, or there are no bytes, the identity that the walk saw is what was verified.
  const read = config.verify !== 'size' && record.identity.size > 0n;
  const verified = read ? file.verified() : record.identity;
  remember(record, remote, state, verified, context);
  return { decision: decideRecord(walked, state, verified, context), state };
}

function remember(
  record: CacheRecord,
  remote: RemoteStat | null,
  state: Classification,
  verified: Identity | undefined,
  { memo, config }: BackupContext,
): void {
  const identical = state.state === 'cached' || state.state === 'backed_up';
  if (remote === null || verified === undefined || !identical || state.verifiedBy === 'size') return;
  // A checksum that was only trusted proves nothing later.
  memo.add(record, remote, state.verifiedBy === 'checksum' && !config.trustAdler32);
}

/** @param walked its times tell how long the record hasn't changed */
function decideRecord(
  walked: Identity,
  remote: Classification,
  verified: Identity | undefined,
  { config, run, keepLocalSeconds, room, now }: BackupContext,
): Decision {
  const { autoRemove } = config;
  const verify = compares(config.verify);
  const { settled } = settling(walked, config.settleSeconds, now());
  const keptLocal = !settling(walked, keepLocalSeconds, now()).settled;
  return decide({ remote, autoRemove, verify, verified, settled, keptLocal, room, dryRun: run.dryRun });
}

async function copy(
  work: RecordWork,
  file: OpenRecord,
  context: BackupContext,
  attempt: number,
): Promise<RecordOutcome> {
  const { record } = work;
  const { state, remote, sent } = await copyRecord(work, file, context, attempt);
  const verified = file.isUnchanged() ? file.identity : undefined;
  remember(record, remote, state, verified, context);
  const decision = decideRecord(work.walked, state, verified, context);
  const size = Number(record.identity.size);
  work.copied = { result: 'copied', bytes: size, removed: false, ...standing(decision, state) };
  if (decision.action !== 'remove') {
    if (verified !== undefined)
      context.book.compared(notedOf(record, file, remote, state, sent, context), true);
    return work.copied;
  }
  const lazy = { open: () => Promise.resolve(file) };
  const outcome = await remove(record, remote, decision, { state, sent, copied: true, file: lazy }, context);
  return outcome.result === 'kept' && outcome.reason === REMOTE_CHANGED
    ? failed(
        record.path,
        'Unverified',
        'the copy was changed or removed on the server as soon as it was made',
      )
    : outcome;
}

/** The outcome of a record that was copied and then was to be removed. */
export function afterCopy(copied: Copied, removal: RecordOutcome): RecordOutcome {
  // S6: a removal that was blocked, or whose file was displaced, is a failure; the copy itself is safe.
  if (removal.result === 'failed' || removal.result === 'conflicts')
    return { ...removal, bytesCopied: copied.bytes };
  const { onTape = copied.onTape } = removal;
  return { ...copied, ...(onTape !== undefined && { onTape }), removed: hasGone(removal) };
}

/** Was the record removed from the cache? */
export function hasGone(outcome: RecordOutcome): boolean {
  return outcome.result === 'removed' || (outcome.result === 'copied' && outcome.removed);
}

function notedOf(
  { path, identity }: CacheRecord,
  { mode }: Pick<OpenRecord, 'mode'>,
  remote: RemoteStat,
  state: Identical,
  sent: Checksum | undefined,
  { config }: BackupContext,
): Noted {
  const facts = recordFacts({ path, identity, mode }, remote, state, sent);
  return { facts, onTape: tellsOfTape(config) ? state.state === 'backed_up' : null };
}

interface Proof {
  state: Classification;
  /** Of the bytes that this pass has sent. */
  sent?: Checksum | undefined;
  /** This pass has copied it. */
  copied?: boolean;
  file: Pick<LazyRecord, 'open'>;
}

/** @param remote the stat of what was compared */
async function remove(
  record: CacheRecord,
  remote: RemoteStat | null,
  removal: Removal,
  { state, sent, copied = false, file }: Proof,
  context: BackupContext,
): Promise<Outcome> {
  if (remote === null || !isIdentical(state))
    throw new Error('a record without an identical remote copy is to be removed');
  const { book, memo, run, separate, store } = context;
  const { path, identity } = record;
  const onTape = state.state === 'backed_up';
  const compared = { path, identity, remote, onTape };
  const [directory] = splitPath(path);
  if (removal.perform) await separate.search(directory);
  const anyDevice = await separate.mayKnowOtherDevices();
  const known = memo.recall(record, remote);
  if (removal.perform) {
    const open = await file.open();
    // With `verify: size` nothing may have read the bytes yet, and the row tells what they were (S14).
    const known = sent !== undefined || (state.local ?? []).length > 0;
    const sum = known ? sent : await context.sums.ofUnwritten(open, 'crc32c', { signal: run.signal });
    const noted = notedOf(record, open, remote, state, sum, context);
    const reason = await book.allowRemoval(noted, onTape ? 'backed_up' : 'cached', copied);
    if (reason !== undefined) return { result: 'kept', reason };
  }
  const outcome = await removeRecord(record, removal, context, {
    lastLook: async (capture) => {
      await separate.prove(directory, capture);
      return await lastLook(compared, { store, signal: run.signal, anyDevice });
    },
    onPutBack: (now) => {
      record.identity = now;
      if (known !== undefined) memo.add(record, remote, known === 'proven');
    },
  });
  // If it throws, nobody knows: the row goes on saying that the record was to go.
  if (removal.perform) book.ended(path, outcome.result === 'removed');
  return outcome;
}

/** The reason in a report for records that only wait for tape; warnOfNoTape() tells what else it may mean. */
export const waitingForTape = REASONS.notOnTape;
