/** The segments on a server: where they are, which there are, and how one gets there. */
import { stat as statLocal } from 'node:fs/promises';
import { sequenceOf, SEGMENT_DIRECTORY, segmentName } from '../../catalogue/segment.js';
import type { ArchiveConfig, Logger } from '../../config/index.js';
import { openSegments } from '../../remote/open_store.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { bytesOf } from '../../rules/comparison.js';
import type { Classification } from '../../rules/remote_state.js';
import { checksumFile } from '../../posix/index.js';
import type { MadeFile, XRootDError } from '../../xrdcl/index.js';
import { classifyRecord } from '../record/classify_record.js';
import { retrying } from '../run/retry.js';

/** @param target the target's own */
export function segmentStore(target: LimitedStore, config: ArchiveConfig): LimitedStore {
  return openSegments(config) ?? target;
}

/** The ids of the catalogues that have segments there. @throws {XRootDError} */
export async function catalogueIds(store: RemoteStore, signal?: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  for await (const { path, isDirectory } of entriesOf(store, SEGMENT_DIRECTORY, signal)) {
    const name = path.slice(SEGMENT_DIRECTORY.length + 1);
    if (isDirectory && /^[0-9a-f-]{36}$/.test(name)) ids.push(name);
  }
  return ids.sort();
}

/** The numbers of a catalogue's segments, in their order. @throws {XRootDError} */
export async function sequences(store: RemoteStore, id: string, signal?: AbortSignal): Promise<number[]> {
  const directory = `${SEGMENT_DIRECTORY}/${id}`;
  const found = new Set<number>();
  for await (const { path } of entriesOf(store, directory, signal)) {
    const sequence = sequenceOf(path.slice(directory.length + 1));
    if (sequence !== undefined) found.add(sequence);
  }
  return [...found].sort((a, b) => a - b);
}

/** None if there is no such directory. */
async function* entriesOf(store: RemoteStore, directory: string, signal: AbortSignal | undefined) {
  const stat = await store.stat(directory, signal);
  if (stat?.kind === 'directory') yield* store.list(directory, signal);
}

export interface PlaceContext {
  config: ArchiveConfig;
  store: RemoteStore;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  signal: AbortSignal;
}

/** `taken`: something else stands there. */
export type Placed = 'there' | 'taken';

/**
 * Uploads a segment and compares it, as records are compared. It overwrites nothing; what an upload of the same file has left there
 * unfinished is replaced (S4), and all else stays.
 * @throws what requests throw; {Error} if it can't be confirmed
 */
export async function placeSegment(
  file: string,
  id: string,
  sequence: number,
  context: PlaceContext,
): Promise<Placed> {
  const { config, logger, signal } = context;
  const name = segmentName(id, sequence);
  const place = new Place(file, name, (await statLocal(file)).size, context);
  const onRetry = ({ message }: XRootDError, attempt: number, retriesLeft: number) => {
    logger.warn(message, { segment: name, attempt, retriesLeft });
  };
  return await retrying(
    { config, onRetry, signal },
    () => place.attempt(),
    () => undefined,
  );
}

class Place {
  readonly #file: string;
  readonly #name: string;
  readonly #size: number;
  readonly #context: PlaceContext;
  /** What an upload of ours left there. */
  #left: MadeFile | undefined;

  constructor(file: string, name: string, size: number, context: PlaceContext) {
    this.#file = file;
    this.#name = name;
    this.#size = size;
    this.#context = context;
  }

  async attempt(): Promise<Placed> {
    const { store, signal } = this.#context;
    if (this.#left !== undefined) {
      await store.removeMade(this.#name, this.#left, signal);
      this.#left = undefined;
    }
    const before = await store.stat(this.#name, signal);
    const state = await this.#classify(before);
    if (before !== null && state.state === 'partial') {
      const removed = await store.removeSeen(this.#name, before, signal);
      if (removed !== 'removed' && removed !== 'gone') return 'taken';
    } else if (state.state !== 'absent') return this.#judged(state);
    await store.upload(this.#file, this.#name, {
      ...{ label: this.#name, sizeHint: this.#size, sync: true, signal },
      onLeft: (made) => (this.#left = made),
    });
    const after = await this.#classify(await store.stat(this.#name, signal));
    const placed = after.state === 'absent' || after.state === 'partial' ? 'lost' : this.#judged(after);
    if (placed === 'there') return placed;
    const reason = 'reason' in after ? after.reason : 'the server has no such file';
    throw new Error(`the segment ${this.#name} was uploaded and could not be confirmed: ${reason}`);
  }

  #judged(state: Classification): Placed {
    switch (state.state) {
      case 'cached':
      case 'backed_up':
        return 'there';
      case 'conflict':
        return 'taken';
      case 'absent':
      case 'partial':
      case 'writing':
      case 'unknown': {
        const reason = 'reason' in state ? state.reason : state.state;
        throw new Error(`the segment ${this.#name} can't be compared with what stands there: ${reason}`);
      }
    }
  }

  #classify(remote: RemoteStat | null): Promise<Classification> {
    const { config, store, now, signal } = this.#context;
    return classifyRecord(this.#name, this.#size, remote, () => Promise.resolve(this.#file), {
      ...{ store, config, now, signal, verify: bytesOf(config.verify), readBack: 'wherever it proves more' },
      sumLocal: (file, type, length) =>
        checksumFile(file, { type, signal, ...(length !== undefined && { length }) }),
    });
  }
}
