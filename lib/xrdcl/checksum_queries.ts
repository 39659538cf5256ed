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
import { XRootDError, type ErrorContext } from './error.js';
import { urlOf } from './location.js';
import { SilenceWatch } from './silence_watch.js';
import { interruptible, request, type Interruption } from './request.js';
import { SerialByKey } from './serial_by_key.js';
import { operationExpired } from './status_codes.js';

const queryChecksum = 3;

/** A connection to one server, only for checksum queries. */
interface QueryConnection {
  readonly fileSystem: NativeFileSystem;
  readonly silence: SilenceWatch;
}

/** By server. */
const connections = new Map<string, QueryConnection>();
const onePerPath = new SerialByKey();
let connectionsMade = 0;

function connectionTo(server: string): QueryConnection {
  let connection = connections.get(server);
  if (connection === undefined) {
    connectionsMade += 1;
    // URLs with different values of this option get different connections (XrdCl::URL::GetChannelId); libXrdCl itself
    // uses only the value "tpc".
    const fileSystem = new addon.FileSystem(`${server}//?xrdcl.intent=checksum${connectionsMade}`);
    const ping = (timeout: number) =>
      request({ operation: 'ping', target: server }, undefined, (done) => fileSystem.ping(timeout, done));
    connection = { fileSystem, silence: new SilenceWatch(ping) };
    connections.set(server, connection);
  }
  return connection;
}

function abandon(server: string, connection: QueryConnection): void {
  if (connections.get(server) === connection) connections.delete(server);
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
  server: string,
  path: string,
  type: string | undefined,
  context: ErrorContext,
  { timeout, patience, signal }: ChecksumQuery,
): Promise<string> {
  const argument = type === undefined ? path : `${path}?cks.type=${type}`;
  return await onePerPath.run(urlOf(server, path), signal, async () => {
    let connection: QueryConnection | undefined;
    const ask = () => {
      if (connection !== undefined) abandon(server, connection);
      connection = connectionTo(server);
      return askOn(connection, server, argument, context, timeout, signal);
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
  server: string,
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
      abandon(server, connection);
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
    connection.fileSystem.query(queryChecksum, argument, timeout, done),
  ).catch((error: unknown) => {
    if (error instanceof XRootDError && error.statusCode === operationExpired) abandon(server, connection);
    throw error;
  });
  return {
    answer,
    drop: () => {
      drop();
    },
  };
}
