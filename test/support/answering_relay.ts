/**
 * Stands between a client and a server, passes what both say, and answers the requests itself that a test names: as a server
 * that lets clients wait, sends them on, refuses, or stays silent. Numbers and forms of answers are those of XProtocol.hh.
 */
import type { Socket } from 'node:net';
import { JoinedConnections } from './joined_connections.js';
import { recordedOf, type Recorded } from './recorded_requests.js';

export interface Told extends Recorded {
  /** When it came; `performance.now()`. */
  at: number;
}

/** Makes the answer to a request of this stream id; undefined: the server answers. An empty one: nobody does. */
type Answer = (streamId: Buffer) => Buffer;
export type Decide = (request: Told) => Answer | undefined;

/** `kXR_error` */
export function refused(errNo: number, text: string): Answer {
  return (streamId) => answer(streamId, 4003, [errNo], `${text}\0`);
}

/** `kXR_redirect` to a server. @param url as `root://host:port` */
export function redirected(url: string): Answer {
  const { hostname, port } = new URL(url);
  return (streamId) => answer(streamId, 4004, [Number(port)], hostname);
}

/** `kXR_wait`: ask again in so many seconds. */
export function waiting(seconds: number): Answer {
  return (streamId) => answer(streamId, 4005, [seconds], 'busy\0');
}

/** `kXR_ok` with a text. */
export function answered(text: string): Answer {
  return (streamId) => answer(streamId, 0, [], `${text}\0`);
}

export const unanswered: Answer = () => Buffer.alloc(0);

function answer(streamId: Buffer, status: number, numbers: readonly number[], text: string): Buffer {
  const body = Buffer.concat([...numbers.map(int32), Buffer.from(text, 'latin1')]);
  const head = Buffer.alloc(6);
  head.writeUInt16BE(status, 0);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([streamId, head, body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export class AnsweringRelay {
  /** All requests that came, in order. */
  readonly requests: Told[] = [];
  /** Asked about each request. Change it at any time. */
  decide: Decide;
  #joined!: JoinedConnections;

  private constructor(decide: Decide) {
    this.decide = decide;
  }

  /** @param server as `root://host:port` */
  static async start(server: string, decide: Decide = () => undefined): Promise<AnsweringRelay> {
    const relay = new AnsweringRelay(decide);
    relay.#joined = await JoinedConnections.listen(server, (client, other) => relay.#join(client, other));
    return relay;
  }

  /** `root://127.0.0.1:port` */
  get url(): string {
    return this.#joined.url;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#joined.stop();
    return Promise.resolve();
  }

  #join(client: Socket, server: Socket): void {
    let rest: Buffer = Buffer.alloc(0);
    let handshake = 20;
    client.on('data', (bytes) => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      if (handshake > 0) {
        if (rest.length < handshake) return;
        server.write(rest.subarray(0, handshake));
        rest = rest.subarray(handshake);
        handshake = 0;
      }
      // A header of 24 bytes (stream id, number, parameters, length of what follows), and what follows.
      while (rest.length >= 24 && rest.length >= 24 + rest.readUInt32BE(20)) {
        const whole = rest.subarray(0, 24 + rest.readUInt32BE(20));
        rest = rest.subarray(whole.length);
        const request = { ...recordedOf(whole), at: performance.now() };
        this.requests.push(request);
        const own = this.decide(request)?.(whole.subarray(0, 2));
        if (own === undefined) server.write(whole);
        else if (own.length > 0) client.write(own);
      }
    });
    server.on('data', (bytes) => client.write(bytes));
  }
}
