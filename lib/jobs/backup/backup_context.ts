/** What all records of a pass share, and the outcome of one record. */
import type { CacheDirectory } from '../../cache/directory.js';
import type { OpenDirectories } from '../../cache/open_directories.js';
import type { VerifiedMemo } from '../../cache/verified_memo.js';
import type { CacheRecord } from '../../cache/walk.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStat, RemoteStore, Uploaded } from '../../remote/store.js';
import type { Identity } from '../../rules/identity.js';
import type { Room } from '../../rules/removal.js';
import type { MadeFile } from '../../xrdcl/index.js';
import type { ClassifyOptions } from '../record/classify_record.js';
import type { JobRun } from '../run/job_run.js';
import type { SeparateStorage } from '../separation/separate_storage.js';
import type { LeftRecords } from '../record/left_records.js';
import type { LocalSums } from '../record/local_sums.js';
import type { RecordBook } from '../record/record_book.js';
import type { Outcome } from '../run/tally.js';

export interface BackupContext {
  config: ArchiveConfig;
  run: JobRun;
  root: CacheDirectory;
  directories: OpenDirectories;
  store: RemoteStore;
  separate: SeparateStorage;
  memo: VerifiedMemo;
  book: RecordBook;
  left: LeftRecords;
  /** Called with every stat of a remote file. */
  saw: (remote: RemoteStat) => void;
  sums: LocalSums;
  /** Called if the server can't sync a copy to its disk. */
  unsynced: () => void;
  /** `keep_local`, counted back from the start of the pass; 0 without it. */
  keepLocalSeconds: number;
  room: Room;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** One record, over all attempts of a pass. */
export interface RecordWork {
  /** As it is now: its ctime changes when it is renamed back. */
  record: CacheRecord;
  /** As the walk saw it. */
  walked: Identity;
  /** A complete copy of the record as it was before it changed; it is to be removed from the server. */
  stale?: Uploaded | undefined;
  /** A file that an attempt made on the server and could not remove. */
  left?: MadeFile | undefined;
  /** An attempt has copied it; something after that failed. */
  copied?: Copied;
}

export type Copied = Extract<RecordOutcome, { result: 'copied' }>;

/** What became of a record, and what its pass needs to know besides. */
export type RecordOutcome = Outcome & {
  /** An identical copy is on tape. */
  onTape?: boolean;
  /** It may be removed, but older records are removed first. */
  mayGo?: boolean;
};

/** Does the pass go by what is on tape? Else its store doesn't ask what `tape_state` needs besides stats. */
export function goesByTape({ autoRemove, maxAgeWarning }: ArchiveConfig): boolean {
  return autoRemove === 'backed_up' || maxAgeWarning !== undefined;
}

/** Does `backUpExists` of the store's stats tell of tape? */
export function tellsOfTape(config: ArchiveConfig): boolean {
  return config.tapeState === 'stat' || goesByTape(config);
}

export function classifyOptionsOf(context: BackupContext): ClassifyOptions {
  const { config, store, now } = context;
  const { signal } = context.run;
  return {
    ...{ store, config, now, signal, verify: config.verify, readBack: 'wherever it proves more' },
    sumLocal: (record, type, length) => context.sums.ofUnwritten(record, type, { length, signal }),
  };
}
