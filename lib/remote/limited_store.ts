/** A store whose requests are bounded, each kind by its own limit: servers stall when asked for too much at once. */
import pLimit from 'p-limit';
import { isSmallFile } from '../xrdcl/index.js';
import type { RemoteStore } from './store.js';

export interface StoreLimits {
  /** Stats, removals and the like in flight. */
  stats: number;
  /** Checksum queries: xrootd computes four at a time by default, and lets others wait 30 seconds. */
  checksums: number;
  /** Of small files `smallCopies` times as many. */
  copies: number;
}

/** Sites ask for no more than ten prepare requests a second; xrootd's own queue loses them when many wait. */
const prepareRequests = 2;

/** A small file is three short requests, no thread, and a megabyte at most: what it needs is company. */
export const smallCopies = 8;

/** Names that `statMany` is best given at once. */
export const statBatch = 128;

/** Such batches to have under way, so that one is ready whenever the server has room for it. */
export function statBatchesAhead(stats: number): number {
  return 1 + Math.ceil(stats / statBatch);
}

export function limitedStore(store: RemoteStore, limits: StoreLimits): RemoteStore {
  const stats = pLimit(limits.stats);
  const batches = pLimit(Math.max(1, Math.floor(limits.stats / statBatch)));
  const checksums = pLimit(limits.checksums);
  const large = pLimit(limits.copies);
  const small = pLimit(limits.copies * smallCopies);
  const copies = (sizeHint: number | undefined) => (isSmallFile(sizeHint) ? small : large);
  const prepares = pLimit(prepareRequests);
  return {
    stat: (name, signal) => stats(() => store.stat(name, signal)),
    statMany: (names, signal) => batches(() => store.statMany(names, signal)),
    remove: (name, signal) => stats(() => store.remove(name, signal)),
    checksum: (name, type, size, signal) => checksums(() => store.checksum(name, type, size, signal)),
    download: (name, target, options) =>
      copies(options.sizeHint)(() => store.download(name, target, options)),
    stage: (names, signal) => prepares(() => store.stage(names, signal)),
    cancelStage: (requestId, names, signal) => prepares(() => store.cancelStage(requestId, names, signal)),
    queryStage: (requestId, names, signal) => prepares(() => store.queryStage(requestId, names, signal)),
    evict: (names, signal) => prepares(() => store.evict(names, signal)),
    upload: (source, name, options) => copies(options.sizeHint)(() => store.upload(source, name, options)),
    list: (directory, signal) => store.list(directory, signal),
    ping: (signal) => store.ping(signal),
  };
}
