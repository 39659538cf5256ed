/** Brings one segment here, from tape if need be, and reads all of it before anything of it counts. */
import { rm } from 'node:fs/promises';
import { segmentName, SegmentError, type SegmentHeader } from '../../catalogue/segment.js';
import { hashOfFile, readHeader, readSegment } from '../../catalogue/segment_file.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Failure } from '../events/report.js';
import { failureOf } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import type { Evictions } from '../staging/eviction_queue.js';
import type { Stager } from '../staging/stager.js';

export interface FetchContext {
  run: JobRun;
  store: RemoteStore;
  stager: Stager;
  evictions: Evictions;
  /** Before the number of the segment, of the local files. */
  prefix: string;
}

export interface FetchedSegment {
  sequence: number;
  name: string;
  file: string;
  /** Bytes. */
  size: number;
  /** SHA-256 of its bytes; undefined if it couldn't be fetched. */
  hash: string | undefined;
  /** Undefined if it can't be read. */
  header: SegmentHeader | undefined;
  /** Why it can't be fetched or read. */
  failure: Failure | undefined;
}

/** @returns undefined when the job has ended. The caller removes the file. @throws the disk's errors */
export async function fetchSegment(
  id: string,
  sequence: number,
  { run, store, stager, evictions, prefix }: FetchContext,
): Promise<FetchedSegment | undefined> {
  const name = segmentName(id, sequence);
  const file = `${prefix}${sequence}`;
  let size = 0;
  const attempt = await run.attempt(name, async () => {
    const stat = await store.stat(name, run.signal);
    if (stat === null) throw new Error('it was listed, and is not there');
    if (stat.kind !== 'file') throw new Error('it is no regular file');
    size = stat.size;
    if (stat.offline) await stager.online(name, size);
    await rm(file, { force: true });
    await store.download(name, file, { sizeHint: size, signal: run.signal });
    stager.release(name);
    evictions.add(name);
    return { result: 'fetched' as const };
  });
  if (attempt === 'ended') return undefined;
  const fetched = {
    ...{ sequence, name, file, size },
    hash: undefined,
    header: undefined,
    failure: undefined,
  };
  if (attempt.result !== 'fetched') return { ...fetched, failure: attempt.failure };
  const hash = await hashOfFile(file, run.signal);
  try {
    const header = await readHeader(file);
    if (header.archive !== id || header.sequence !== sequence)
      throw new SegmentError(
        'DamagedSegment',
        `it is segment ${header.sequence} of the catalogue ${header.archive}, under another name`,
      );
    for await (const _ of readSegment(file)) run.signal.throwIfAborted();
    return { ...fetched, hash, header };
  } catch (error) {
    if (!(error instanceof SegmentError)) throw error;
    return { ...fetched, hash, failure: failureOf(name, error) };
  }
}
