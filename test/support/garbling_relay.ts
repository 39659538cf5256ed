/** Stands between a client and a server, and replaces the bodies of answers by others, as a broken or hostile server would. */
import type { Socket } from 'node:net';
import { JoinedConnections } from './joined_connections.js';

/** What is asked for, by the numbers in XProtocol.hh. */
export const asked = { query: 3001, dirlist: 3004, stat: 3017, prepare: 3021, locate: 3027 } as const;

const OK = 0;
/** Of `kXR_status`: data follow that the length doesn't count. */
const STATUS = 4007;

export class GarblingRelay {
  /** Answers that were replaced. */
  garbled = 0;
  /** Undefined leaves the answer as it is. */
  change: ((request: number, body: Buffer) => Buffer | undefined) | undefined;
  #joined!: JoinedConnections;

  /** @param server as `root://host:port` */
  static async start(server: string): Promise<GarblingRelay> {
    const relay = new GarblingRelay();
    relay.#joined = await JoinedConnections.listen(server, (client, other) => relay.#join(client, other));
    return relay;
  }

  /** `root://127.0.0.1:port` */
  get url(): string {
    return this.#joined.url;
  }

  stop(): void {
    this.#joined.stop();
  }

  #join(client: Socket, server: Socket): void {
    /** Request numbers by stream ids. */
    const requests = new Map<number, number>();
    const ask = frames(24, 20, (head) => head.readUInt32BE(20));
    const answer = frames(8, 0, (head) => head.readUInt32BE(4));
    client.on('data', (bytes: Buffer) => {
      for (const { head } of ask(bytes)) requests.set(head.readUInt16BE(0), head.readUInt16BE(2));
      server.write(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      for (const { head, body } of answer(bytes)) {
        const request = requests.get(head.readUInt16BE(0)) ?? 0;
        const changed = head.readUInt16BE(2) === OK ? this.change?.(request, body) : undefined;
        if (changed === undefined) client.write(Buffer.concat([head, body]));
        else {
          this.garbled++;
          const changedHead = Buffer.from(head);
          changedHead.writeUInt32BE(changed.length, 4);
          client.write(Buffer.concat([changedHead, changed]));
        }
      }
    });
  }
}

interface Frame {
  head: Buffer;
  body: Buffer;
}

/** Cuts a stream into what it consists of. @param skip bytes that precede the first; of the answers, `kXR_status` has data besides */
function frames(
  headBytes: number,
  skip: number,
  length: (head: Buffer) => number,
): (bytes: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  let toSkip = skip;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const found: Frame[] = [];
    const skipped = Math.min(toSkip, rest.length);
    rest = rest.subarray(skipped);
    toSkip -= skipped;
    while (rest.length >= headBytes) {
      const head = rest.subarray(0, headBytes);
      let end = headBytes + length(head);
      if (headBytes === 8 && head.readUInt16BE(2) === STATUS) {
        if (rest.length < headBytes + 16) break;
        end += rest.readUInt32BE(headBytes + 12);
      }
      if (rest.length < end) break;
      found.push({ head, body: rest.subarray(headBytes, end) });
      rest = rest.subarray(end);
    }
    return found;
  };
}
