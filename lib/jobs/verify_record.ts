/** One file's comparison with the server: of a local file, or of an entry of a list. Looks only. */
import type { OpenDirectories } from '../cache/open_directories.js';
import { openRecord, type OpenRecord } from '../cache/open_record.js';
import type { CacheRecord } from '../cache/walk.js';
import type { ArchiveConfig } from '../config/index.js';
import type { RemoteStore } from '../remote/store.js';
import { checksumText, type Checksum } from '../rules/checksum.js';
import { judgeListed, type ExpectedFile } from '../rules/checksum_list.js';
import type { Classification } from '../rules/remote_state.js';
import { classifyRecord } from './classify_record.js';
import type { Emit } from './event_bus.js';
import { failed } from './job_run.js';
import type { Outcome } from './tally.js';
import type { UploadLook } from './uploads.js';

export interface VerifyContext {
  config: Pick<ArchiveConfig, 'checksumType'>;
  store: RemoteStore;
  sumLocal: (record: OpenRecord, length?: number) => Promise<Checksum>;
  emit: Emit;
  /** What was compared with may be as unfinished as the server's file. */
  upload: UploadLook;
  signal: AbortSignal;
}

/** The local file isn't the one that the walk saw. */
class Moved extends Error {}
const GONE = 'gone before it was compared';
const CHANGED = 'changed while it was compared';

/** @throws what asking and reading throw: a check that couldn't be made is a failure, never a yes (S11) */
export async function verifyRecord(
  directories: OpenDirectories,
  record: CacheRecord,
  context: VerifyContext,
): Promise<Outcome> {
  const { path } = record;
  const size = Number(record.identity.size);
  let sum: Checksum | undefined;
  const state = await classify(directories, record, context, (whole) => (sum = whole)).catch(movedReason);
  if (typeof state === 'string') return { result: 'kept', reason: state };
  switch (state.state) {
    case 'cached':
    case 'backed_up': {
      const unfinished = await context.upload(path, { size });
      if (unfinished !== undefined) return failed(path, 'Unfinished', unfinished);
      context.emit({ type: 'file:verified', path, size, ...(sum && { checksum: checksumText(sum) }) });
      return { result: 'verified', bytes: size };
    }
    case 'absent':
      return failed(path, 'NotFound', 'the server has no such file');
    case 'unknown':
      return failed(path, 'Unverified', state.reason);
    case 'partial':
    case 'conflict':
      return conflict(path, state.reason);
  }
}

/** @param summed told of the checksum of the whole file, if it was needed */
async function classify(
  directories: OpenDirectories,
  record: CacheRecord,
  { config, store, sumLocal, signal }: VerifyContext,
  summed: (sum: Checksum) => void,
): Promise<Classification> {
  const { path } = record;
  let open: OpenRecord | undefined;
  const opened = async () => {
    if (open !== undefined) return open;
    const file = await openRecord(directories, path, record.identity);
    if (file === 'vanished') throw new Moved(GONE);
    if (file === 'changed') throw new Moved(CHANGED);
    return (open = file);
  };
  try {
    const remote = await store.stat(path, signal);
    return await classifyRecord(path, Number(record.identity.size), remote, opened, {
      ...{ store, signal, verify: 'checksum', checksumType: config.checksumType },
      sumLocal: async (file, length) => {
        const sum = await sumLocal(file, length);
        // Else a file that is being rewritten would look like a conflict.
        if (!file.isUnchanged()) throw new Moved(CHANGED);
        if (length === undefined) summed(sum);
        return sum;
      },
    });
  } finally {
    open?.close();
  }
}

function movedReason(error: unknown): string {
  if (error instanceof Moved) return error.message;
  throw error;
}

/** @throws what asking throws */
export async function verifyListed(
  path: string,
  expected: ExpectedFile,
  { store, emit, upload, signal }: VerifyContext,
): Promise<Outcome> {
  const remote = await store.stat(path, signal);
  let verdict = judgeListed(expected, remote, undefined);
  if ('ask' in verdict) {
    const theirs = await store.checksum(path, expected.type, remote?.size ?? 0, signal);
    verdict = judgeListed(expected, remote, theirs);
  }
  if ('ask' in verdict) throw new Error('a question that was answered is asked again');
  switch (verdict.verdict) {
    case 'verified': {
      const size = remote?.size ?? 0;
      const unfinished = await upload(path, { size });
      if (unfinished !== undefined) return failed(path, 'Unfinished', unfinished);
      emit({ type: 'file:verified', path, size, checksum: checksumText(expected) });
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

function conflict(path: string, message: string): Outcome {
  return { result: 'conflicts', failure: { path, code: 'Conflict', message } };
}
