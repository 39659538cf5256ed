/** The requests that a client sends, read off the bytes of its connection as the protocol has them. */

/** Requests by their numbers in XProtocol.hh. */
const NAMES: Readonly<Record<number, string>> = {
  ...{
    3000: 'auth',
    3001: 'query',
    3002: 'chmod',
    3003: 'close',
    3004: 'dirlist',
    3006: 'protocol',
    3007: 'login',
  },
  ...{
    3008: 'mkdir',
    3009: 'mv',
    3010: 'open',
    3011: 'ping',
    3013: 'read',
    3014: 'rm',
    3015: 'rmdir',
    3016: 'sync',
  },
  ...{
    3017: 'stat',
    3018: 'set',
    3019: 'write',
    3020: 'fattr',
    3021: 'prepare',
    3023: 'endsess',
    3024: 'bind',
  },
  ...{ 3025: 'readv', 3026: 'pgwrite', 3027: 'locate', 3028: 'truncate', 3030: 'pgread' },
};
const QUERIES: Readonly<Record<number, string>> = { 2: 'prepare', 3: 'checksum', 5: 'space', 7: 'config' };
/** kXR_prepare: options in the first byte of its parameters, more in the 16 bits before the last. */
const CANCEL = 1;
const EVICT = 1;

export interface Recorded {
  /** `stat`, `query checksum`, `prepare evict`, … */
  kind: string;
  /** What follows the parameters; for requests with data of files empty. */
  text: string;
  /** Each path of the request with its opaque information; none where a request names an open file. */
  paths: string[];
}

/** Of one connection. */
export class RequestReader {
  readonly #tell: (request: Recorded) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes that precede the next request: the handshake, or the rest of data. */
  #skip = 20;

  constructor(tell: (request: Recorded) => void) {
    this.#tell = tell;
  }

  take(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const skipped = Math.min(this.#skip, this.#rest.length);
      this.#rest = this.#rest.subarray(skipped);
      this.#skip -= skipped;
      if (this.#rest.length < 24) return;
      const kind = this.#rest.readUInt16BE(2);
      const length = this.#rest.readUInt32BE(20);
      const name = NAMES[kind] ?? String(kind);
      if (name === 'write' || name === 'pgwrite') {
        this.#tell({ kind: name, text: '', paths: [] });
        this.#skip = 24 + length;
        continue;
      }
      if (this.#rest.length < 24 + length) return;
      this.#tell(recordedOf(this.#rest.subarray(0, 24 + length)));
      this.#rest = this.#rest.subarray(24 + length);
    }
  }
}

/** @param request whole, with what follows its header */
export function recordedOf(request: Buffer): Recorded {
  const number = request.readUInt16BE(2);
  const name = NAMES[number] ?? String(number);
  if (name === 'write' || name === 'pgwrite') return { kind: name, text: '', paths: [] };
  // libXrdCl sends the NUL of a query's text, too.
  const text = request.toString('latin1', 24).replace(/\0+$/, '');
  return recorded(name, request.subarray(4, 20), text);
}

function recorded(name: string, parameters: Buffer, text: string): Recorded {
  switch (name) {
    case 'query': {
      const query = QUERIES[parameters.readUInt16BE(0)] ?? String(parameters.readUInt16BE(0));
      const paths = query === 'config' ? [] : query === 'prepare' ? text.split('\n').slice(1) : [text];
      return { kind: `query ${query}`, text, paths };
    }
    case 'prepare': {
      const cancels = parameters.readUInt8(0) === CANCEL;
      const evicts = (parameters.readUInt16BE(4) & EVICT) !== 0;
      const lines = text.split('\n').filter((line) => line !== '');
      const kind = cancels ? 'prepare cancel' : evicts ? 'prepare evict' : 'prepare stage';
      return { kind, text, paths: cancels ? lines.slice(1) : lines };
    }
    case 'mv': {
      // The length of the first path is in the last two bytes of the parameters.
      const first = parameters.readUInt16BE(14);
      return { kind: name, text, paths: [text.slice(0, first), text.slice(first + 1)] };
    }
    case 'fattr':
      return { kind: name, text, paths: text === '' ? [] : text.split('\0', 1) };
    case 'auth':
    case 'login':
    case 'set':
    case 'readv':
      return { kind: name, text, paths: [] };
    default:
      return { kind: name, text, paths: text.startsWith('/') ? [text] : [] };
  }
}
