/** Tape requests: stage files, cancel that, evict them from the disk buffer, and ask for the state of a stage request. */
import type { Connection } from './connection.js';
import { checkRemotePath } from './location.js';
import { query } from './queries.js';
import type { RequestOptions } from './request.js';
import { prepareFlags, queryCodes } from './request_codes.js';

/** Options of `FileSystem.stage` and `FileSystem.evict`. */
export interface PrepareOptions extends RequestOptions {
  /** 0 lowest (default) to 3 highest. */
  priority?: number;
}

/** @returns the request's id */
export async function prepare(
  connection: Connection,
  operation: string,
  paths: readonly string[],
  flags: number,
  options: PrepareOptions | undefined,
): Promise<string> {
  // libXrdCl throws std::out_of_range at an empty list.
  if (paths.length === 0) throw new RangeError(`${operation}: no paths given`);
  paths.forEach(checkRemotePath);
  const { priority = 0 } = options ?? {};
  if (!Number.isInteger(priority) || priority < 0 || priority > 3)
    throw new RangeError('priority must be 0 to 3');
  const id = await connection.ask<string>(operation, paths[0], options, (native, timeout, done) =>
    native.prepare([...paths], flags, priority, timeout, done),
  );
  return id.trim();
}

/** As FileSystem.cancelStage(). */
export async function cancelStage(
  connection: Connection,
  requestId: string,
  paths: readonly string[],
  options: RequestOptions | undefined,
): Promise<void> {
  if (requestId === '' || /\s/.test(requestId))
    throw new TypeError(`${JSON.stringify(requestId)} is no request id`);
  paths.forEach(checkRemotePath);
  await connection.ask('prepare cancel', undefined, options, (native, timeout, done) =>
    native.prepare([requestId, ...paths], prepareFlags.cancel, 0, timeout, done),
  );
}

/** As FileSystem.queryPrepare(). */
export async function queryPrepare(
  connection: Connection,
  requestId: string,
  paths: readonly string[],
  options: RequestOptions | undefined,
): Promise<string> {
  paths.forEach(checkRemotePath);
  return query(
    connection,
    'query prepare',
    queryCodes.prepare,
    [requestId, ...paths].join('\n'),
    paths[0],
    options,
  );
}
