/** Asks the facts about one record until the rules can name its state. */
import type { OpenRecord } from '../cache/open_record.js';
import type { RemoteStat, RemoteStore } from '../remote/store.js';
import type { Checksum } from '../rules/checksum.js';
import {
  classifyRemote,
  isQuestion,
  type CheckFailed,
  type Classification,
  type RemoteFacts,
} from '../rules/remote_state.js';
import type { ChecksumType } from '../xrdcl/index.js';

const nothing: Promise<undefined> = Promise.resolve(undefined);

/** @typeParam R what the bytes are read from */
export interface ClassifyOptions<R = OpenRecord> {
  store: RemoteStore;
  verify: 'checksum' | 'size';
  checksumType: ChecksumType;
  /** Sums local bytes, all or the first so many; bounded by the caller. */
  sumLocal: (record: R, length?: number) => Promise<Checksum | CheckFailed>;
  signal?: AbortSignal | undefined;
}

/**
 * @param known a checksum of the local bytes that was computed in this pass
 * @throws what asking throws: a check that couldn't be made is a failure, never a yes (S11)
 */
export async function classifyRecord<R = OpenRecord>(
  name: string,
  size: number,
  remote: RemoteStat | null,
  record: () => Promise<R>,
  options: ClassifyOptions<R>,
  known?: Checksum,
): Promise<Classification> {
  const { store, verify, checksumType, sumLocal, signal } = options;
  const local: RemoteFacts['local'] = { size };
  if (known !== undefined) local.checksum = known;
  const facts: RemoteFacts = { local, remote, verify };
  for (;;) {
    const answer = classifyRemote(facts);
    if (!isQuestion(answer)) return answer;
    const length = answer.ask === 'prefix_checksum' ? answer.length : undefined;
    const summing = answer.local ? record().then((open) => sumLocal(open, length)) : nothing;
    const asking = answer.remote ? store.checksum(name, checksumType, remote?.size ?? size, signal) : nothing;
    // Both have ended when the caller closes the file, or it would be left open, or closed under the checksum.
    await Promise.allSettled([summing, asking]);
    const [mine, theirs] = await Promise.all([summing, asking]);
    if (theirs !== undefined) facts.remoteChecksum = theirs;
    if (mine !== undefined && length === undefined) local.checksum = mine;
    if (mine !== undefined && length !== undefined) local.prefixChecksum = mine;
  }
}
