/** One online file: if it is old enough, not held, and identical on tape, it is removed; else it stays, and the reason is reported. */
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { bytesOf } from '../../rules/comparison.js';
import type { Identity } from '../../rules/identity.js';
import { REASONS, type Removal } from '../../rules/removal.js';
import type { Classification } from '../../rules/remote_state.js';
import { sameRemote } from '../../rules/remote_identity.js';
import { ageOf, decideRetention, type Age, type OnlineFile } from '../../rules/retention.js';
import { settling } from '../../rules/settling.js';
import { classifyRecord } from '../record/classify_record.js';
import { failed, reported } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import { lastLook } from '../record/last_look.js';
import { isIdentical, recordFacts } from '../record/record_facts.js';
import type { RecordBook } from '../record/record_book.js';
import { FileChanged } from '../record/file_changed.js';
import type { OnlineStorage, OpenedFile } from './online_storage.js';
import type { RetentionSettings } from './retention_settings.js';
import type { TapeSigns } from '../record/told_by_query.js';
import { SameFileError } from '../separation/same_file_error.js';
import type { Outcome } from '../run/tally.js';

export interface RetentionContext {
  config: Pick<
    ArchiveConfig,
    'verify' | 'checksumType' | 'trustAdler32' | 'unfinishedAfterSeconds' | 'settleSeconds'
  >;
  run: JobRun;
  /** The target. */
  store: RemoteStore;
  storage: OnlineStorage;
  rules: RetentionSettings['rules'];
  /** Why the target can't have a file of this name; undefined if it can. */
  nameProblem: (path: string) => string | undefined;
  signs: TapeSigns;
  book: RecordBook;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export async function retainOrRemove(file: OnlineFile, context: RetentionContext): Promise<void> {
  const { run, rules } = context;
  const { path } = file;
  const size = Number(file.identity.size);
  const age = ageOf(file, rules);
  // Putting a file back under its name changes its ctime, so the times of the walk count.
  const walked = file.identity;
  if (age.past) await run.file(path, size, () => pastRetention(file, walked, age, context));
  else run.finish({ result: 'kept', reason: age.reason }, { path, size });
}

/** @throws what a request or a disk throws; the file is then still there, whole */
async function pastRetention(
  file: OnlineFile,
  walked: Identity,
  age: Extract<Age, { past: true }>,
  context: RetentionContext,
): Promise<Outcome> {
  const { storage, nameProblem } = context;
  const problem = nameProblem(file.path) ?? storage.nameProblem(file.path);
  if (problem !== undefined) return failed(file.path, 'BadName', problem);
  let opened: OpenedFile | undefined;
  try {
    opened = await storage.open(file);
    return await judge(file, walked, age, opened, context);
  } catch (error) {
    if (error instanceof FileChanged) return { result: 'kept', reason: error.message };
    throw error;
  } finally {
    opened?.close();
  }
}

async function judge(
  file: OnlineFile,
  walked: Identity,
  age: Extract<Age, { past: true }>,
  opened: OpenedFile,
  context: RetentionContext,
): Promise<Outcome> {
  const { config, run, store, signs, now } = context;
  const { path, identity } = file;
  const { signal, dryRun } = run;
  const size = Number(identity.size);
  const target = await store.stat(path, signal);
  signs.seen ||= target?.backUpExists === true;
  const remote = await classifyRecord(path, size, target, () => Promise.resolve(opened), {
    ...{ store, config, now, signal, verify: bytesOf(config.verify), readBack: 'wherever it proves more' },
    sumLocal: (online, type, length) => online.checksum(type, length),
  });
  const { settled } = settling(walked, config.settleSeconds, now());
  const decision = decideRetention({ age, remote, verified: opened.verified(), settled, dryRun });
  switch (decision.action) {
    case 'keep':
      if (decision.reason === REASONS.notOnTape) signs.add(path);
      return { result: 'kept', reason: decision.reason };
    case 'report':
      return reported(path, decision);
    case 'remove':
      if (!decision.perform) {
        run.emit({ type: 'file:removable', path, size, date: age.date.toISOString() });
        return { result: 'removed', bytes: size };
      }
      if (target === null) throw new Error('an online file without a copy at the target is to be removed');
      if (opened.remote !== undefined && target.id !== '' && sameRemote(opened.remote, target))
        throw new SameFileError(path);
      return await remove(file, remote, target, decision, opened, context);
  }
}

/** S14: its row is durable before it goes. */
async function remove(
  { path, identity }: OnlineFile,
  state: Classification,
  target: RemoteStat,
  removal: Removal,
  opened: OpenedFile,
  { run, store, book }: RetentionContext,
): Promise<Outcome> {
  if (!isIdentical(state)) throw new Error('an online file without an identical copy is to be removed');
  const reason = await book.allowOnlineRemoval(recordFacts({ path, identity, mode: null }, target, state));
  if (reason !== undefined) return { result: 'kept', reason };
  const compared = { path, identity, remote: target, onTape: true };
  const look = { store, signal: run.signal, anyDevice: opened.anyDevice };
  const outcome = await opened.remove(removal, () => lastLook(compared, look));
  if (outcome.result === 'removed') book.onlineRemoved(path);
  return outcome;
}
