/**
 * Checksum queries to servers.
 *
 * - They go over a connection of their own. A server answers "wait for my response, up to 600 s" (kXR_waitresp,
 *   XrdXrootdJob.cc), and during that time libXrdCl doesn't notice that anything on that connection has fallen silent
 *   (XRootDTransport::IsStreamBroken, 5.5.3 to 6.1): copies would hang at a dead server for ten minutes.
 * - So silence is looked for here, by pings.
 * - Of two queries for one path on one connection the server answers the first only (XrdXrootdJob2Do::addClient): a
 *   second waits for the first, and after one that was given up a new connection is made.
 * - A server has three places for each query that it works at (XrdXrootdJob: 12 by default), but loses some of them, and may
 *   forget queries that wait (XrdOucTable::Remove; docs/xrootd-bug-checksum-jobs.md). Whatever finds no place waits 30 s at a
 *   time. Asked again on another connection it finds a place, or is answered at once if the server has computed it
 *   meanwhile; one that the server knows isn't computed twice (XrdXrootdJob::Schedule).
 */
import { onceAborted } from '../addon/abort.js';
import { addon, type NativeFileSystem } from '../addon/addon.js';
import { askAgain, type Question } from './ask_again.js';
import { XRootDError, type ErrorContext } from './error.js';
import { urlOf } from './location.js';
import { SilenceWatch } from './silence_watch.js';
import { interruptible, request, type Interruption } from './request.js';
import { SerialByKey } from './serial_by_key.js';
import { operationExpired, socketTimeout } from './status_codes.js';

const queryChecksum = 3;

/** To one server, for checksum queries alone. */
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
    // Connections are told apart by this option (XrdCl::URL::GetChannelId); libXrdCl itself knows "tpc" only.
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

/** Times that a query is asked at most. */
const mostAsked = 3;

export interface ChecksumQuery {
  /** Seconds. */
  timeout: number;
  /** Seconds after which it is asked once more, on another connection. */
  patience?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** @returns the server's words: type and value */
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
      // A race forgets who waits for it.
      if (error instanceof XRootDError) Error.captureStackTrace(error);
      throw error;
    }
  });
}

// Not answered within the time, or given up: it may never be, also when the connection breaks (5.8.1), and nobody shall wait
// for that; so the connection is abandoned.
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
      end(new XRootDError({ status: 1, code: socketTimeout, errNo: 0, message }, context));
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
