import { chmodSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { normalizePath } from './server_path.js';

/** What a prepare request asks for. */
export type PrepareKind = 'stage' | 'evict' | 'cancel' | 'query' | 'prep';

/** A prepare request as it reached the tape robot. */
export interface PrepareRecord {
  /** What it asked for. */
  kind: PrepareKind;
  /** The server's id of it. */
  requestId: string;
  /** Paths on the server. */
  paths: string[];
  /** 0 … 3. */
  priority: number;
  /** When it reached the robot. */
  time: Date;
}

/** What xrootd's plug-in asks before it lets a client do something. */
export type Question =
  /** May a new file stay, now that it is closed? Answer: empty, or why not. */
  | { about: 'commit'; path: string }
  /** Which files of a stage request have too many requests already? Answer: their places in the list, from 0. */
  | { about: 'stage'; requestId: string; paths: string[] };

export interface ChannelAnswers {
  /** The answer is printed for xrootd; only a query's answer reaches the client. */
  prepare: (request: PrepareRecord) => Promise<string>;
  ask: (question: Question) => string;
}

/** Where tape_prepare brings the requests that xrootd got, and where xrootd's plug-in asks. */
export class PrepareChannel {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(socketPath: string, answers: ChannelAnswers): Promise<PrepareChannel> {
    const server = createServer({ allowHalfOpen: true });
    const channel = new PrepareChannel(server);
    server.on('connection', (socket) => {
      channel.#serve(socket, answers);
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

  #serve(socket: Socket, answers: ChannelAnswers): void {
    const parts: Buffer[] = [];
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (data) => parts.push(data));
    socket.on('end', () => {
      const words = Buffer.concat(parts).toString('utf8').split('\0').slice(0, -1);
      const question = parseQuestion(words);
      if (question !== undefined) {
        try {
          socket.end(answers.ask(question));
        } catch (error) {
          // The robot isn't there yet, or a matcher threw: then no new file stays.
          socket.end(question.about === 'commit' ? String(error) : '');
        }
        return;
      }
      const request = parseRequest(words);
      if (request === undefined) {
        socket.end();
        return;
      }
      answers.prepare(request).then(
        (text) => socket.end(text),
        () => socket.destroy(),
      );
    });
  }
}

/** `ask commit <path>`, `ask stage <request id> <path>…`: tape_rules.cc and tape_stage.cc. */
function parseQuestion([ask, about, first = '', ...rest]: readonly string[]): Question | undefined {
  if (ask !== 'ask') return undefined;
  if (about === 'commit') return { about, path: normalizePath(first) };
  return { about: 'stage', requestId: first, paths: rest.map(normalizePath) };
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
