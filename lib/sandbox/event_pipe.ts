import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { normalizePath } from './server_path.js';

export interface ServerEvent {
  type: 'openw' | 'closew' | 'mv';
  /** Path on the server; for `mv` the new one. */
  path: string;
}

/** xrootd's event notifications (`ofs.notify`) from the FIFO that it makes: one line an event. */
export class EventPipe {
  readonly #socket: Socket;
  #rest = '';

  constructor(fifo: string, onEvent: (event: ServerEvent) => void) {
    // Read and write: the pipe doesn't end when the server does, and opening it doesn't wait.
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const decoder = new StringDecoder('utf8');
    try {
      this.#socket = new Socket({ fd, readable: true, writable: false });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.#socket.on('data', (data: Buffer) => {
      const lines = (this.#rest + decoder.write(data)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = parseEvent(line);
        if (event !== undefined) onEvent(event);
      }
    });
    this.#socket.on('error', () => undefined);
    this.#socket.unref();
  }

  close(): void {
    this.#socket.destroy();
  }
}

function parseEvent(line: string): ServerEvent | undefined {
  const match = /^\S+ (openw|closew|mv) (.+)$/s.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { type: match[1] as ServerEvent['type'], path: normalizePath(match[2]) };
}
