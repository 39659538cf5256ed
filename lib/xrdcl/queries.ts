/** Questions to a server: kXR_query, and what its answers mean. */
import { padChecksum, type Checksum } from '../posix/checksum.js';
import { askForChecksum } from './checksum_queries.js';
import { unreadable, type Connection } from './connection.js';
import { checkRemotePath } from './location.js';
import { timeoutOf, type RequestOptions } from './request.js';
import { queryCodes } from './request_codes.js';

/** Checksums of large files are computed by the server when asked: minutes, not seconds. */
const checksumTimeout = 3600;

/** @returns the server's words */
export function query(
  connection: Connection,
  operation: string,
  code: number,
  argument: string,
  path: string | undefined,
  options: RequestOptions | undefined,
): Promise<string> {
  return connection.ask<string>(operation, path, options, (native, timeout, done) =>
    native.query(code, argument, timeout, done),
  );
}

/** As FileSystem.queryChecksum(). */
export async function queryChecksum(
  connection: Connection,
  path: string,
  type: string | undefined,
  options: (RequestOptions & { patience?: number }) | undefined,
): Promise<Checksum> {
  checkRemotePath(path);
  if (type !== undefined && !/^[\w-]+$/.test(type)) throw new TypeError(`${type} is no checksum type`);
  const context = connection.context('query checksum', path);
  const timeout = timeoutOf(options, checksumTimeout);
  const answer = await askForChecksum(connection, path, type, context, { ...options, timeout });
  const [answered, value] = answer.trim().split(/\s+/);
  if (answered === undefined || value === undefined || !/^[0-9a-fA-F]+$/.test(value)) {
    throw unreadable(context, `not a checksum: ${JSON.stringify(answer)}`);
  }
  if (type !== undefined && answered.toLowerCase() !== type.toLowerCase()) {
    throw unreadable(context, `asked for ${type}, answered with ${answered}`);
  }
  return { type: answered.toLowerCase(), value: padChecksum(answered.toLowerCase(), value) };
}

/** As FileSystem.queryConfig(). */
export async function queryConfig(
  connection: Connection,
  names: readonly string[],
  options: RequestOptions | undefined,
): Promise<Record<string, string>> {
  if (names.length === 0 || names.some((name) => !/^[\w.]+$/.test(name))) {
    throw new TypeError('names of settings expected');
  }
  const answer = await query(
    connection,
    'query config',
    queryCodes.config,
    names.join(' '),
    undefined,
    options,
  );
  const lines = answer.split('\n');
  // A line a name, in order; a server answers an unknown name with the name.
  const known = names.flatMap((name, index) => {
    const line = lines[index];
    return line === undefined || line === name ? [] : [[name, line] as const];
  });
  return Object.fromEntries(known);
}

/** As FileSystem.queryChecksumTypes(). An xrootd answers `0:adler32,1:crc32c` (seen with 5.5.3); others may leave out the numbers. */
export async function queryChecksumTypes(
  connection: Connection,
  options: RequestOptions | undefined,
): Promise<string[]> {
  const { chksum = '' } = await queryConfig(connection, ['chksum'], options);
  return chksum
    .split(',')
    .map((each) =>
      each
        .replace(/^\s*[0-9]+:/, '')
        .trim()
        .toLowerCase(),
    )
    .filter((type) => type !== '');
}

/** As FileSystem.querySpace(). */
export async function querySpace(
  connection: Connection,
  path: string,
  options: RequestOptions | undefined,
): Promise<Record<string, string>> {
  checkRemotePath(path);
  const answer = await query(connection, 'query space', queryCodes.space, path, path, options);
  return Object.fromEntries(new URLSearchParams(answer));
}
