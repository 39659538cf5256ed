/** Compares one local file, or one entry of a list, with the server's file. Changes nothing. */
import type { OpenDirectories } from '../../cache/open_directories.js';
import type { OpenRecord } from '../../cache/open_record.js';
import type { CacheRecord } from '../../cache/walk.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import { checksumText, type Checksum } from '../../rules/checksum.js';
import { bytesOf } from '../../rules/comparison.js';
import { judgeListed, type ExpectedFile } from '../../rules/checksum_list.js';
import type { Classification } from '../../rules/remote_state.js';
import type { ChecksumType } from '../../xrdcl/index.js';
import { classifyRecord } from '../record/classify_record.js';
import type { JobRun } from '../run/job_run.js';
import { LazyRecord } from '../record/local_file.js';
import type { LocalSum } from '../record/local_sums.js';
import { FileChanged } from '../record/file_changed.js';
import { remoteChecksum } from '../record/remote_checksum.js';
import type { Outcome } from '../run/tally.js';
import type { UploadLook } from '../run/uploads.js';
import { conflict, failed } from '../run/failure.js';

export interface VerifyContext {
  config: Pick<ArchiveConfig, 'verify' | 'checksumType' | 'trustAdler32' | 'unfinishedAfterSeconds'>;
  run: JobRun;
  store: RemoteStore;
  sumLocal: (record: OpenRecord, type: ChecksumType) => Promise<LocalSum>;
  /** Tells whether the server's file is unfinished, even if it equals what it was compared with. */
  upload: UploadLook;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** @throws what asking and reading throw: a check that couldn't be made is a failure, never a yes (S11) */
export async function verifyRecord(
  directories: OpenDirectories,
  record: CacheRecord,
  context: VerifyContext,
): Promise<Outcome> {
  const { path } = record;
  const size = Number(record.identity.size);
  const file = new LazyRecord(directories, record);
  let sum: Checksum | undefined;
  let state: Classification;
  try {
    const { config, run, store, now } = context;
    const { signal } = run;
    const remote = await store.stat(path, signal);
    state = await classifyRecord(path, size, remote, file.open, {
      ...{ store, config, now, signal, verify: bytesOf(config.verify), readBack: 'fresh', looksOnly: true },
      sumLocal: async (open, type) => {
        sum = await context.sumLocal(open, type);
        return sum;
      },
    });
  } catch (error) {
    if (error instanceof FileChanged) return { result: 'kept', reason: error.message };
    throw error;
  } finally {
    file.close();
  }
  switch (state.state) {
    case 'cached':
    case 'backed_up': {
      const unfinished = context.upload(path, { size });
      if (unfinished !== undefined) return failed(path, 'Unfinished', unfinished);
      context.run.emit({ type: 'file:verified', path, size, ...(sum && { checksum: checksumText(sum) }) });
      return { result: 'verified', bytes: size };
    }
    case 'absent':
      return failed(path, 'NotFound', 'the server has no such file');
    case 'unknown':
      return failed(path, 'Unverified', state.reason);
    case 'writing':
      return { result: 'kept', reason: state.reason };
    case 'partial':
    case 'conflict':
      return conflict(path, state.reason);
  }
}

/** @throws what asking throws */
export async function verifyListed(
  path: string,
  expected: ExpectedFile,
  { config, run, store, upload }: VerifyContext,
): Promise<Outcome> {
  const remote = await store.stat(path, run.signal);
  let verdict = judgeListed(expected, remote, undefined);
  if ('ask' in verdict && remote !== null) {
    const { type } = expected;
    const asking = {
      store,
      verify: bytesOf(config.verify),
      configured: config.checksumType,
      signal: run.signal,
    };
    const by = config.verify === 'read' && !remote.offline ? 'read' : 'query';
    const theirs = await remoteChecksum(path, remote, { by, type }, asking);
    verdict = judgeListed(expected, remote, theirs);
  }
  if ('ask' in verdict) throw new Error('a question that was answered is asked again');
  switch (verdict.verdict) {
    case 'verified': {
      const size = remote?.size ?? 0;
      const unfinished = upload(path, { size });
      if (unfinished !== undefined) return failed(path, 'Unfinished', unfinished);
      run.emit({ type: 'file:verified', path, size, checksum: checksumText(expected) });
      return { result: 'verified', bytes: size };
    }
    case 'absent':
      return failed(path, 'NotFound', verdict.reason);
    case 'unknown':
      return failed(path, 'Unverified', verdict.reason);
    case 'conflict':
      return conflict(path, verdict.reason);
  }
}
