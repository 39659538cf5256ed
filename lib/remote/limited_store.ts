/** A store that limits the requests of each kind that are in flight: servers stall when they get too many at once. */
import pLimit from 'p-limit';
import type { ArchiveConfig } from '../config/index.js';
import { copyShape } from '../rules/copy_shape.js';
import { XRootDError } from '../xrdcl/index.js';
import { CopyGate } from './copy_gate.js';
import { BatchedQuestions } from './batched_questions.js';
import { ChecksumLane } from './checksum_lane.js';
import { CopyLane, kindOf, mostCopies } from './copy_limits.js';
import type { Chunks, RemoteStore } from './store.js';

export interface StoreLimits {
  /** Stats, removals and the like in flight. */
  stats: number;
  /**
   * Most checksum queries in flight: by default xrootd computes four at once, forgets some of the queries that wait, and
   * makes every query beyond twelve wait 30 seconds.
   */
  checksums: number;
  copies: ArchiveConfig['parallelCopies'];
  /** Bytes that copies hold at once. */
  copyMemory: number;
  /** Milliseconds. A file whose reading back waited longer for its turn is statted again first. Default 1000. */
  statCounts?: number;
}

/** Most bytes of memory that reading a file back takes. */
const READ_BACK_MEMORY = 4 * 2 ** 20;

/** Prepare requests in flight. Sites want at most ten a second; xrootd's own queue loses some when many wait. */
const prepareRequests = 2;

/** The best number of names for one call of `statMany`. */
export const statBatch = 128;

/** How many such batches to start ahead, so that one is ready whenever the limit allows another. */
export function statBatchesAhead(stats: number): number {
  return 1 + Math.ceil(stats / statBatch);
}

/**
 * A store with limits. It is an object of plain functions, so that another wrapper (`shard_store.ts`,
 * `paired_store.ts`) can copy it with a spread and replace one method.
 */
export interface LimitedStore extends RemoteStore {
  /** How many small files are copied at once now: the steps before and after a copy have to keep up with that. */
  copiesAtOnce(): number;
}

export function limitedStore(store: RemoteStore, limits: StoreLimits): LimitedStore {
  const { statCounts = 1000 } = limits;
  const removals = pLimit(limits.stats);
  const stats = new BatchedQuestions((names, signal) => store.statMany(names, signal), {
    most: limits.stats,
    together: statBatch,
  });
  const batches = pLimit(Math.max(1, Math.floor(limits.stats / statBatch)));
  const checksums = new ChecksumLane(limits.checksums, (signal) => store.serverVersion(signal));
  const most = mostCopies(limits.copies);
  const lanes = {
    large: new CopyLane('large', limits.copies, most.large),
    small: new CopyLane('small', limits.copies, most.small),
  };
  const gate = new CopyGate(limits.copyMemory, lanes);
  const { large: sharers } = most;
  const copy = <T extends { size: number }>(
    size: number | undefined,
    task: (chunks: Chunks) => Promise<T>,
  ): Promise<T> => {
    const kind = kindOf(size);
    const { memory, ...chunks } = copyShape(size, limits.copyMemory, sharers);
    return gate.run(kind, memory, () => lanes[kind].watch(() => task(chunks)));
  };
  const prepares = pLimit(prepareRequests);
  return {
    stat: (name, signal) => stats.ask(name, signal),
    statMany: (names, signal) => batches(() => store.statMany(names, signal)),
    rename: (from, to, signal) => removals(() => store.rename(from, to, signal)),
    removeSeen: (name, seen, signal) => removals(() => store.removeSeen(name, seen, signal)),
    removeMade: (name, made, signal) => removals(() => store.removeMade(name, made, signal)),
    surroundings: (entry, signal) => batches(() => store.surroundings(entry, signal)),
    mark: (name, task, options) => store.mark(name, task, options),
    listStats: (directory, most, signal) => batches(() => store.listStats(directory, most, signal)),
    checksum: (name, type, size, signal) =>
      checksums.run(size, () => store.checksum(name, type, size, signal), signal),
    readChecksum: (name, type, told, signal) => {
      const asked = performance.now();
      return gate.run(kindOf(told.size), Math.min(told.size, READ_BACK_MEMORY), async () => {
        // Large copies may have taken hours, and some servers recall from tape what is opened.
        const waited = performance.now() - asked;
        if (waited > statCounts && (await stats.ask(name, signal))?.offline === true)
          throw XRootDError.of('DataError', 'it went offline before it could be read back', {
            operation: 'read back',
            source: name,
          });
        return await store.readChecksum(name, type, told, signal);
      });
    },
    // Whoever reads decides how long it takes: it mustn't hold up copies.
    stream: (name, told, options) => store.stream(name, told, options),
    checksumTypes: (signal) => store.checksumTypes(signal),
    serverVersion: (signal) => store.serverVersion(signal),
    download: (name, target, options) =>
      copy(options.sizeHint, (chunks) => store.download(name, target, { ...options, chunks })),
    stage: (names, signal) => prepares(() => store.stage(names, signal)),
    cancelStage: (requestId, names, signal) => prepares(() => store.cancelStage(requestId, names, signal)),
    queryStage: (requestId, names, signal) => prepares(() => store.queryStage(requestId, names, signal)),
    evict: (names, signal) => prepares(() => store.evict(names, signal)),
    upload: (source, name, options) =>
      copy(options.sizeHint, (chunks) => store.upload(source, name, { ...options, chunks })),
    copiesAtOnce: () => lanes.small.limit,
    list: (directory, signal) => store.list(directory, signal),
    differing: (name, signal) => removals(() => store.differing(name, signal)),
    proxies: (signal) => store.proxies(signal),
    readOnly: (signal) => store.readOnly(signal),
    ping: (signal) => store.ping(signal),
    pingApart: (seconds, signal) => store.pingApart(seconds, signal),
  };
}
