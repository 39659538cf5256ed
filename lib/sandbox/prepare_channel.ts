import { chmodSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { normalizePath } from './server_path.js';

export type PrepareKind = 'stage' | 'evict' | 'cancel' | 'query' | 'prep';

/** A prepare request as it reached the tape robot. */
export interface PrepareRecord {
  kind: PrepareKind;
  requestId: string;
  /** Paths on the server. */
  paths: string[];
  /** 0 … 3. */
  priority: number;
  time: Date;
}

/** Where tape_prepare brings the requests that xrootd got. */
export class PrepareChannel {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `answer` is printed for xrootd; only a query's answer reaches the client. */
  static async open(
    socketPath: string,
    answer: (request: PrepareRecord) => Promise<string>,
  ): Promise<PrepareChannel> {
    const server = createServer({ allowHalfOpen: true });
    const channel = new PrepareChannel(server);
    server.on('connection', (socket) => {
      channel.#serve(socket, answer);
    });
    server.listen(socketPath);
    await once(server, 'listening');
    // The directory is the server's alone.
    chmodSync(socketPath, 0o777);
    server.unref();
    return channel;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket, answer: (request: PrepareRecord) => Promise<string>): void {
    const parts: Buffer[] = [];
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (data) => parts.push(data));
    socket.on('end', () => {
      const request = parseRequest(Buffer.concat(parts).toString('utf8').split('\0').slice(0, -1));
      if (request === undefined) {
        socket.end();
        return;
      }
      answer(request).then(
        (text) => socket.end(text),
        () => socket.destroy(),
      );
    });
  }
}

/** `[-C] [-n <url>] [-p <priority>] [-w] -- <request id> <kind> [<path>…]`, as XrdOfsPrepGPI.cc puts it together. */
function parseRequest(words: readonly string[]): PrepareRecord | undefined {
  const end = words.indexOf('--');
  const [requestId, kind, ...paths] = words.slice(end + 1);
  if (end < 0 || requestId === undefined || kind === undefined) return undefined;
  const option = words.slice(0, end).indexOf('-p');
  return {
    kind: kind as PrepareKind,
    requestId,
    paths: paths.map(normalizePath),
    priority: option < 0 ? 0 : Number(words[option + 1]),
    time: new Date(),
  };
}
