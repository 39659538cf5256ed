/** Finds out facts about one record until the rules can tell its state. */
import type { OpenRecord } from '../../cache/open_record.js';
import type { ArchiveConfig } from '../../config/index.js';
import { OtherFileRead } from '../../remote/server_checksums.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import {
  bytesOf,
  compares,
  comparisonOf,
  mayBeWritten,
  type ComparisonFacts,
  type Origin,
  type Verify,
} from '../../rules/comparison.js';
import {
  classifyRemote,
  isQuestion,
  STILL_WRITTEN,
  type CheckFailed,
  type Classification,
  type RemoteFacts,
} from '../../rules/remote_state.js';
import { sameRemote } from '../../rules/remote_identity.js';
import { localChecksums } from '../../rules/put_checksum.js';
import { XRootDError, type ChecksumType } from '../../xrdcl/index.js';
import { explainingDamage } from './damaged_in_cache.js';
import { remoteChecksum } from './remote_checksum.js';

const nothing: Promise<undefined> = Promise.resolve(undefined);

/** @typeParam R what the bytes are read from */
export interface ClassifyOptions<R = OpenRecord> {
  store: RemoteStore;
  config: Pick<ArchiveConfig, 'checksumType' | 'trustAdler32' | 'unfinishedAfterSeconds'>;
  verify: Verify;
  readBack: ComparisonFacts['readBack'];
  /** The remote file is only judged, never replaced. Default false. */
  looksOnly?: boolean | undefined;
  /** Sums local bytes, all or the first `length`; bounded by the caller. */
  sumLocal: (record: R, type: ChecksumType, length?: number) => Promise<LocallyRead | CheckFailed>;
  /** Milliseconds since the epoch. */
  now: () => number;
  signal?: AbortSignal | undefined;
}

/** `put`: what put() kept of the same bytes. */
type LocallyRead = Checksum & { put?: Checksum };

/** What is known of a record beforehand. */
export interface KnownRecord {
  origin: Origin;
  /** Of the local bytes, computed in this pass. */
  checksum?: LocallyRead | undefined;
}

/**
 * @throws {DamagedInCache} from `sumLocal`, with what the server has
 * @throws what requests throw: a check that couldn't be made is a failure, never a yes (S11)
 */
export async function classifyRecord<R = OpenRecord>(
  name: string,
  size: number,
  statted: RemoteStat | null,
  record: () => Promise<R>,
  options: ClassifyOptions<R>,
  { origin, checksum }: KnownRecord = { origin: 'unknown' },
): Promise<Classification> {
  const { store, verify, sumLocal, config, readBack, looksOnly, now, signal } = options;
  const local: RemoteFacts['local'] = { size };
  let remote = statted;
  const writing =
    remote !== null && origin === 'unknown' && mayBeWritten(remote, config.unfinishedAfterSeconds, now());
  const facts: RemoteFacts = {
    local,
    remote,
    writing,
    looksOnly,
    verify: compares(verify),
  };
  const read: LocallyRead[] = checksum === undefined ? [] : [checksum];
  for (;;) {
    const answer = classifyRemote(facts);
    if (!isQuestion(answer)) return withLocal(answer, read);
    if (remote === null) throw new Error('a question about a file that is not there');
    const length = answer.ask === 'prefix_checksum' ? answer.length : undefined;
    const comparison = comparisonOf({
      verify: bytesOf(verify),
      ...{ origin, remote, readBack, configured: config.checksumType, trustAdler32: config.trustAdler32 },
      unfinished: writing && length !== undefined,
      serverTypes: await store.checksumTypes(signal),
      now: now(),
    });
    if (comparison.by === 'nothing') return { state: 'unknown', reason: comparison.reason };
    const { by, type, weak } = comparison;
    facts.weak = weak;
    const asked = remote;
    const ask = () =>
      remoteChecksum(name, asked, { by, type }, { store, verify, configured: config.checksumType, signal });
    const known = length === undefined && checksum?.type === type ? checksum : undefined;
    const summing =
      known !== undefined
        ? Promise.resolve(known)
        : answer.local
          ? record().then((open) => sumLocal(open, type, length))
          : nothing;
    const asking = answer.remote ? unlessChanged(ask(), name, remote, options) : nothing;
    // Wait for both: the caller closes the file afterwards.
    await Promise.allSettled([summing, asking]);
    const mine = await explainingDamage<LocallyRead | CheckFailed | undefined>(summing, asked, size, options);
    const theirs = await asking;
    if (theirs === 'changed') return { state: 'writing', reason: STILL_WRITTEN };
    if (theirs === 'offline') {
      // Another type of checksum may be needed now.
      facts.remote = remote = { ...remote, offline: true };
      delete local.checksum;
      continue;
    }
    if (theirs !== undefined) facts.remoteChecksum = theirs;
    if (mine !== undefined && length === undefined) local.checksum = mine;
    if (mine !== undefined && length === undefined && !('failed' in mine)) read.push(mine);
    if (mine !== undefined && length !== undefined) local.prefixChecksum = mine;
  }
}

function withLocal(state: Classification, read: readonly LocallyRead[]): Classification {
  if ((state.state !== 'cached' && state.state !== 'backed_up') || read.length === 0) return state;
  const put = read.flatMap((each) => each.put ?? []);
  return { ...state, local: localChecksums(read, put) };
}

/** No check has failed if somebody is changing the file, or if it went offline before it was read back. */
async function unlessChanged(
  asking: Promise<Checksum>,
  name: string,
  remote: RemoteStat,
  { store, signal }: Pick<ClassifyOptions, 'store' | 'signal'>,
): Promise<Checksum | 'changed' | 'offline'> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof XRootDError) || error.isConnectionFailure) throw error;
    if (error instanceof OtherFileRead) return 'changed';
    // An xrootd refuses reads of a file that somebody has open for writing.
    if (error.code === 'FileLocked') return 'changed';
    const now = await store.stat(name, signal);
    if (now === null || !sameRemote(remote, now)) return 'changed';
    if (now.offline && !remote.offline) return 'offline';
    throw error;
  }
}
