/**
 * Checksum queries to servers.
 *
 * - They use a connection of their own. A server answers "wait for my response, up to 600 s" (kXR_waitresp,
 *   XrdXrootdJob.cc), and during that time libXrdCl doesn't notice when the connection falls silent
 *   (XRootDTransport::IsStreamBroken, 5.5.3 to 6.1): copies on it would hang at a dead server for ten minutes.
 * - So we send pings to notice a silent server.
 * - Of two queries for one path on one connection the server answers only the first (XrdXrootdJob2Do::addClient). So a
 *   second query waits for the first, and after a query that was given up we make a new connection.
 * - A server has three slots for each query that it can compute at once (XrdXrootdJob: 12 by default), but it loses some of
 *   them and may forget queries that wait (XrdOucTable::Remove; docs/xrootd-bug-checksum-jobs.md). A query that finds no
 *   slot waits 30 s at a time. When we ask again on another connection, the query finds a slot, or gets its answer at once
 *   if the server has computed it meanwhile; the server computes nothing twice that it is already working at
 *   (XrdXrootdJob::Schedule).
 */
import { onceAborted } from '../addon/abort.js';
import { addon, type NativeFileSystem } from '../addon/addon.js';
import { askAgain, type Question } from './ask_again.js';
import type { Connection } from './connection.js';
import { XRootDError, type ErrorContext } from './error.js';
import { withOpaque, type Cgi } from './opaque.js';
import { SilenceWatch } from './silence_watch.js';
import { interruptible, request, type Interruption } from './request.js';
import { queryCodes } from './request_codes.js';
import { SerialByKey } from './serial_by_key.js';
import { operationExpired } from './status_codes.js';

/** A connection to one server, only for checksum queries. */
interface QueryConnection {
  readonly fileSystem: NativeFileSystem;
  readonly silence: SilenceWatch;
}

/** By server and the options of its connections; renewed tokens make new ones, so the oldest are forgotten. */
const connections = new Map<string, QueryConnection>();
const mostConnections = 64;
const onePerPath = new SerialByKey();
let connectionsMade = 0;

/** A server, and the way to it. */
interface Asked {
  server: string;
  cgi: Cgi;
}

function keyOf({ server, cgi }: Asked): string {
  return `${server}?${cgi.connection}`;
}

function connectionTo(asked: Asked): QueryConnection {
  const { server, cgi } = asked;
  let connection = connections.get(keyOf(asked));
  if (connection === undefined) {
    connectionsMade += 1;
    // URLs with different values of this option get different connections (XrdCl::URL::GetChannelId); libXrdCl itself
    // uses only the value "tpc".
    const own = [
      `xrdcl.intent=checksum${connectionsMade}`,
      ...cgi.connection.split('&').filter((option) => option !== '' && !option.startsWith('xrdcl.intent=')),
    ];
    const fileSystem = new addon.FileSystem(`${server}//?${own.join('&')}`);
    const ping = (timeout: number) =>
      request({ operation: 'ping', target: server }, { signal: undefined, timeout }, (done) =>
        fileSystem.ping(timeout, done),
      );
    connection = { fileSystem, silence: new SilenceWatch(ping) };
    connections.set(keyOf(asked), connection);
    const [oldest] = connections.keys();
    if (connections.size > mostConnections && oldest !== undefined) connections.delete(oldest);
  }
  return connection;
}

function abandon(asked: Asked, connection: QueryConnection): void {
  if (connections.get(keyOf(asked)) === connection) connections.delete(keyOf(asked));
}

/** Most times that a query is sent. */
const mostAsked = 3;

export interface ChecksumQuery {
  /** Seconds. */
  timeout: number;
  /** Seconds without an answer after which the query is sent again, on another connection. */
  patience?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** @returns the server's answer as it is: type and value */
export async function askForChecksum(
  to: Connection,
  path: string,
  type: string | undefined,
  context: ErrorContext,
  { timeout, patience, signal }: ChecksumQuery,
): Promise<string> {
  const argument = type === undefined ? path : `${path}?cks.type=${type}`;
  return await onePerPath.run(`${to.server}/${path}`, signal, async () => {
    const { server } = to;
    let last: { asked: Asked; connection: QueryConnection } | undefined;
    const ask = () => {
      if (last !== undefined) abandon(last.asked, last.connection);
      const asked = { server, cgi: to.cgi };
      last = { asked, connection: connectionTo(asked) };
      return askOn(last.connection, asked, argument, context, timeout, signal);
    };
    try {
      return await askAgain(ask, { patience, most: mostAsked });
    } catch (error) {
      // Promise.race() loses the stack of the async callers.
      if (error instanceof XRootDError) Error.captureStackTrace(error);
      throw error;
    }
  });
}

// A query that timed out or was given up may never be answered, even if the connection breaks (5.8.1). No later query may
// wait behind it, so the connection is abandoned.
function askOn(
  connection: QueryConnection,
  asked: Asked,
  argument: string,
  context: ErrorContext,
  timeout: number,
  signal: AbortSignal | undefined,
): Question<string> {
  signal?.throwIfAborted();
  let drop = (): void => undefined;
  const interruption: Interruption = (stop) => {
    const end = (reason: Error) => {
      forget();
      abandon(asked, connection);
      stop(reason);
    };
    const ignore = onceAborted(signal, end);
    const leave = connection.silence.watch(({ message }) => {
      end(XRootDError.of('SocketTimeout', message, context));
    });
    const forget = () => {
      ignore();
      leave();
      drop = () => undefined;
    };
    drop = () => {
      end(new Error('nobody waits for it'));
    };
    return forget;
  };
  const answer = interruptible<string>(context, interruption, (done) =>
    withOpaque(connection.fileSystem, asked.cgi.opaque).query(queryCodes.checksum, argument, timeout, done),
  ).catch((error: unknown) => {
    if (error instanceof XRootDError && error.statusCode === operationExpired) abandon(asked, connection);
    throw error;
  });
  return {
    answer,
    drop: () => {
      drop();
    },
  };
}
