/**
 * Stands between a client and a server, and holds one direction back at a certain moment, as a network does that fails in
 * the middle of a request; or gives an answer of its own to one kind of request, as a server whose disks fail; or gives each
 * entry of a listing twice, as a server can that joins the listings of several.
 */
import type { Socket } from 'node:net';
import { JoinedConnections } from './joined_connections.js';
import { RequestReader, type Recorded } from './recorded_requests.js';

export class Relay {
  #joined!: JoinedConnections;
  #holding: 'requests' | 'answers' | undefined;
  #marker: string | undefined;
  #refused: { request: number; errNo: number } | undefined;
  #recorded: Recorded[] | undefined;
  #doubled: ((entry: ListedEntry) => ListedEntry) | undefined;
  readonly #held: (() => void)[] = [];

  /** @param server as `root://host:port` */
  static async start(server: string): Promise<Relay> {
    const relay = new Relay();
    relay.#joined = await JoinedConnections.listen(server, (client, other) => relay.#join(client, other));
    return relay;
  }

  /** `root://127.0.0.1:port` */
  get url(): string {
    return this.#joined.url;
  }

  /** From when a request that has `marker` in it has passed, no requests, or no answers, pass on that connection. */
  holdAfter(marker: string, what: 'requests' | 'answers'): void {
    this.#marker = marker;
    this.#holding = what;
  }

  /** Requests of this number don't reach the server, and are answered with this error; until `release`. */
  refuse(request: number, errNo: number): void {
    this.#refused = { request, errNo };
  }

  /**
   * Each listing with stats is followed by the same entries once more; until `release`. It must come from the server in one piece.
   * @param change what the entries are the second time. Default: the same
   */
  doubleListings(change = (entry: ListedEntry): ListedEntry => entry): void {
    this.#doubled = change;
  }

  /** All requests from now on, of connections that are made from now on. */
  record(): readonly Recorded[] {
    this.#recorded = [];
    return this.#recorded;
  }

  /** Something is held back. */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  /** Lets pass what was held back, and all that comes. */
  release(): void {
    this.#marker = undefined;
    this.#refused = undefined;
    this.#doubled = undefined;
    for (const pass of this.#held.splice(0)) pass();
  }

  /** Breaks all connections, and forgets what was held back; new connections pass. */
  cut(): void {
    this.#marker = undefined;
    this.#held.length = 0;
    this.#joined.cut();
  }

  stop(): void {
    this.cut();
    this.#joined.stop();
  }

  #join(client: Socket, server: Socket): () => boolean {
    let held = false;
    /** Of listings that were asked for, by their stream ids. */
    const listings = new Set<number>();
    const pass = (what: 'requests' | 'answers', to: Socket, bytes: Buffer) => {
      if (held && this.#marker !== undefined && this.#holding === what) {
        this.#held.push(() => to.write(bytes));
      } else to.write(bytes);
    };
    const reader =
      this.#recorded === undefined
        ? undefined
        : new RequestReader((request) => void this.#recorded?.push(request));
    client.on('data', (bytes) => {
      reader?.take(bytes);
      // A request without data is a header of 24 bytes: stream id, request number, parameters, length.
      if (
        this.#refused !== undefined &&
        bytes.length === 24 &&
        bytes.readUInt16BE(2) === this.#refused.request
      ) {
        client.write(refusal(bytes.subarray(0, 2), this.#refused.errNo));
        return;
      }
      if (bytes.length >= 24 && bytes.readUInt16BE(2) === dirlist) listings.add(bytes.readUInt16BE(0));
      pass('requests', server, bytes);
      if (this.#marker !== undefined && bytes.includes(this.#marker)) held = true;
    });
    server.on('data', (bytes) => {
      const change = listings.delete(bytes.readUInt16BE(0)) ? this.#doubled : undefined;
      pass('answers', client, change === undefined ? bytes : doubled(bytes, change));
    });
    // A connection that is held stays for the one who waits, until it is cut.
    return () => held && this.#marker !== undefined;
  }
}

export interface ListedEntry {
  name: string;
  /** As the server sends it: id, size, flags, time of change and more, with spaces between them. */
  stat: string;
}

/** The number of the request `kXR_dirlist`. */
const dirlist = 3004;
/** `kXR_oksofar`: more of the answer comes. */
const oksofar = 4000;
/** What a listing with stats begins with, in place of an entry; only its first piece does. */
const listingHead = '.\n0 0 0 0\n';

/** An answer to `kXR_dirlist`, in two pieces: stream id, status, length, lines of names and stats in turn. */
function doubled(answer: Buffer, change: (entry: ListedEntry) => ListedEntry): Buffer {
  const text = answer.subarray(8).toString('latin1').replace(/\0$/, '');
  if (answer.readUInt16BE(2) !== 0 || answer.readUInt32BE(4) !== answer.length - 8) return answer;
  if (!text.startsWith(listingHead)) return answer;
  const lines = text.slice(listingHead.length).split('\n');
  const again: string[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const { name, stat } = change({ name: lines[at] ?? '', stat: lines[at + 1] ?? '' });
    again.push(name, stat);
  }
  const id = answer.subarray(0, 2);
  return Buffer.concat([framed(id, oksofar, `${text.trimEnd()}\n`), framed(id, 0, `${again.join('\n')}\0`)]);
}

function framed(streamId: Buffer, status: number, text: string): Buffer {
  const body = Buffer.from(text, 'latin1');
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(status, 0);
  numbers.writeUInt32BE(body.length, 2);
  return Buffer.concat([streamId, numbers, body]);
}

/** `kXR_error`: stream id, status, length, error number, text. */
function refusal(streamId: Buffer, errNo: number): Buffer {
  const text = Buffer.from('refused by the test\0');
  const numbers = Buffer.alloc(10);
  numbers.writeUInt16BE(4003, 0);
  numbers.writeUInt32BE(4 + text.length, 2);
  numbers.writeUInt32BE(errNo, 6);
  return Buffer.concat([streamId, numbers, text]);
}
