/** Restores one file: is it here already? is it online? stage, fetch, check, publish. */
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import { checksumText, sameChecksum, type Checksum } from '../../rules/checksum.js';
import { bytesOf, comparisonOf } from '../../rules/comparison.js';
import { compareWithKnown, sizeProblem, typesOfRestored } from '../../rules/known_record.js';
import { LOST_COPY } from '../../rules/failure_codes.js';
import { decideRestore, type RestoreFacts } from '../../rules/restoring.js';
import { XRootDError } from '../../xrdcl/index.js';
import type { RemoteEntry } from '../run/list.js';
import { conflict, failed } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import { checkReceived, expectedSums, type ExpectedSums } from './expected_sums.js';
import { PlaceTaken, type Receiver, type Standing } from './receiver.js';
import { remoteChecksum } from '../record/remote_checksum.js';
import type { Stager } from '../staging/stager.js';
import type { Outcome } from '../run/tally.js';

export interface RestoreContext {
  config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;
  run: JobRun;
  store: RemoteStore;
  receiver: Receiver;
  stager: Stager;
  overwrite: boolean;
  /** The event for a file that was fetched and verified. */
  tells: 'file:restored' | 'file:verified';
}

/**
 * A file is staged at most this many times: it can leave the buffer before it is copied. If it does
 * more often, the buffer is too small.
 */
const stagings = 3;

/** @throws what requests, staging, copying and writing throw; nothing half-written stays */
export async function restoreRecord(entry: RemoteEntry, context: RestoreContext): Promise<Outcome> {
  const { receiver, run } = context;
  const { path, size, row } = entry;
  const problem = receiver.nameProblem(path);
  if (problem !== undefined) {
    return { result: 'failed', failure: { path, code: 'BadName', message: problem } };
  }
  const otherSize = row && sizeProblem(size, row);
  if (otherSize !== undefined) return failed(path, LOST_COPY, otherSize);
  const expected = await expectedSums(entry, context);
  const { decision, local } = await decide(entry, context);
  switch (decision.action) {
    case 'skip':
      return { result: 'kept', reason: decision.reason };
    case 'conflict':
      return conflict(path, decision.reason);
    case 'lost':
      return failed(path, LOST_COPY, decision.reason);
    case 'fetch':
    case 'replace': {
      const replaces = decision.action === 'replace' ? (local ?? undefined) : undefined;
      try {
        if (!run.dryRun) await fetchInto(entry, replaces, expected, context);
      } catch (error) {
        if (error instanceof PlaceTaken) return conflict(path, error.message);
        throw error;
      }
      return { result: 'copied', bytes: size, removed: false, reason: whyFetched(entry, replaces) };
    }
  }
}

function whyFetched({ online }: RemoteEntry, replaces: Standing | undefined): string {
  const why = replaces === undefined ? 'not here yet' : 'replaces a file that differs';
  return online ? why : `${why}; must be staged`;
}

async function decide(entry: RemoteEntry, context: RestoreContext) {
  const { receiver, config, overwrite, run } = context;
  const { path, size } = entry;
  const local = await receiver.look(path, run.signal);
  let facts: Pick<RestoreFacts, 'compared' | 'known'> = {
    compared: config.verify === 'size' ? { same: true, by: 'size' } : undefined,
  };
  for (;;) {
    const answer = decideRestore({ local, remote: { size }, ...facts, overwrite });
    if ('action' in answer) return { decision: answer, local };
    facts = await compare(entry, context);
  }
}

/** Compares the local file with the server's by the best comparison that needs no fetching, and with the catalogue's checksum. */
async function compare(
  { path, size, mtime, online, row }: RemoteEntry,
  { run, store, receiver, config }: RestoreContext,
): Promise<Pick<RestoreFacts, 'compared' | 'known'>> {
  const comparison = comparisonOf({
    // Of an offline file the server's checksum is enough to skip it; what is fetched is read once more.
    verify: config.verify === 'read' && !online ? 'auto' : bytesOf(config.verify),
    ...{ origin: 'unknown', remote: { size, offline: !online, mtime }, unfinished: false },
    ...{ configured: config.checksumType, trustAdler32: true, readBack: 'fresh', now: Date.now() },
    serverTypes: await store.checksumTypes(run.signal),
  });
  const { signal } = run;
  if (comparison.by === 'nothing')
    throw XRootDError.of('DataError', comparison.reason, { operation: 'verify', source: path });
  const { by, type } = comparison;
  const asking = { store, verify: config.verify, configured: config.checksumType, signal };
  const [here, there] = await Promise.all([
    receiver.checksum(path, type, signal),
    remoteChecksum(path, { id: '', size, mtime }, { by, type }, asking),
  ]);
  const known = row?.checksums ?? [];
  const sums = [here];
  for (const also of typesOfRestored({ by, type }, known, true).slice(1))
    sums.push(await receiver.checksum(path, also, signal));
  return { compared: { same: sameChecksum(here, there), by: type }, known: compareWithKnown(sums, known) };
}

/** Claims room on the disk before tape is asked. */
async function fetchInto(
  entry: RemoteEntry,
  replaces: Standing | undefined,
  expected: ExpectedSums,
  context: RestoreContext,
): Promise<void> {
  const room = await context.receiver.claim?.(entry.size);
  try {
    await fetch(entry, replaces, expected, context, (bytes) => room?.written(bytes));
  } finally {
    room?.end();
  }
}

async function fetch(
  entry: RemoteEntry,
  replaces: Standing | undefined,
  expected: ExpectedSums,
  context: RestoreContext,
  written: (bytes: number) => void,
): Promise<void> {
  const { run, store, stager, tells } = context;
  const { emit, progress, signal } = run;
  const { path, size } = entry;
  let online = entry.online;
  for (let staging = 0; ; staging += 1) {
    if (!online) await stager.online(path, size);
    try {
      emit({ type: 'file:copying', path, size, attempt: staging + 1 });
      const onProgress = (bytes: number) => {
        progress.copying(path, bytes, size);
        written(bytes);
        emit({ type: 'file:progress', path, bytes, size });
      };
      const checksum = await receive(entry, replaces, expected, onProgress, context);
      emit({ type: tells, path, size, ...(checksum && { checksum: checksumText(checksum) }) });
      return;
    } catch (error) {
      progress.restart(path);
      if (!(error instanceof XRootDError) || staging + 1 >= stagings) throw error;
      const now = await store.stat(path, signal);
      if (now?.offline !== true) throw error;
      online = false;
    } finally {
      stager.release(path);
    }
  }
}

/** Fetches the file; it gets its name once it equals the server's, and is what the catalogue knows. @returns the checksum of its bytes, where they were summed */
async function receive(
  entry: RemoteEntry,
  replaces: Standing | undefined,
  expected: ExpectedSums,
  onProgress: (bytes: number) => void,
  { run, store, receiver }: RestoreContext,
): Promise<Checksum | undefined> {
  const { path, size, row } = entry;
  const incoming = await receiver.begin(path, {
    ...{ size, replaces, checksumTypes: expected.types },
    ...{ mtime: row?.mtime ?? entry.mtime, mode: row?.mode ?? undefined },
  });
  try {
    await incoming.download(store, { onProgress, signal: run.signal });
    const received = await incoming.inspect(run.signal);
    await checkReceived(entry, received, expected);
    await incoming.publish();
    return received.checksums[0];
  } finally {
    await incoming.end();
  }
}
