/**
 * A bad line between a client and a server: it knows nothing of the protocol, and cuts, garbles, delays, throttles or swallows the
 * bytes of a direction. Without a fault it passes them as they are. (What holds back or answers single requests is `Relay`.)
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Direction = 'requests' | 'answers';

export interface LineFault {
  kind: 'cut' | 'garble' | 'delay' | 'throttle' | 'swallow' | 'act';
  direction: Direction;
  /** It happens to the byte with this number, and to later ones; counted from 0, over all connections, from `arm`. */
  at: number;
  /** `cut`, `garble`: again after so many bytes more. Default: once. `delay`: milliseconds. `throttle`: bytes a second. */
  by?: number;
  /** `act`: what happens then, before the byte passes. */
  act?: () => Promise<void> | void;
}

export class RoughLine implements Disposable {
  /** `root://127.0.0.1:port` */
  readonly url: string;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #fault: LineFault | undefined;
  /** Bytes of the fault's direction since `arm`. */
  #passed = 0;
  /** The byte that it happens to next. */
  #next = 0;
  #happened = 0;
  #disarmed = new AbortController();

  private constructor(listener: Server) {
    this.#listener = listener;
    this.url = `root://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  /** @param server as `root://host:port`; it may be down at times: then connections break. */
  static async start(server: string): Promise<RoughLine> {
    const { hostname, port } = new URL(server);
    const listener = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const line = new RoughLine(listener);
    listener.on('connection', (client) => {
      const other = connect({ port: Number(port), host: hostname, noDelay: true });
      line.#join(client, other, 'requests');
      line.#join(other, client, 'answers');
    });
    return line;
  }

  /** In place of the fault before. */
  arm(fault: LineFault): void {
    this.#disarmed.abort();
    this.#disarmed = new AbortController();
    this.#fault = fault;
    this.#passed = 0;
    this.#next = fault.at;
    this.#happened = 0;
  }

  /**
   * The line is good again. Connections that bytes were swallowed of, or garbled, are cut: what follows would never fit.
   * Returns how often the fault happened.
   */
  disarm(): number {
    const { kind } = this.#fault ?? {};
    this.#fault = undefined;
    this.#disarmed.abort();
    if (this.#happened > 0 && (kind === 'swallow' || kind === 'garble')) this.cut();
    return this.#happened;
  }

  /** How often the fault has happened: to how many bytes or, where it goes on, pieces. */
  get happened(): number {
    return this.#happened;
  }

  /** Breaks all connections; new ones pass. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#listener.close();
  }

  #join(from: Socket, to: Socket, direction: Direction): void {
    this.#sockets.add(from);
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroySoon();
    });
    void this.#pump(from, to, direction);
  }

  async #pump(from: Socket, to: Socket, direction: Direction): Promise<void> {
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        const good = this.#fault?.direction === direction ? await this.#struck(this.#fault, bytes) : bytes;
        if (!to.write(good)) await once(to, 'drain');
        if (good.length < bytes.length && this.#fault?.kind === 'cut') break;
      }
    } catch {
      // It broke, or was cut.
    }
    // What precedes the end arrives.
    to.destroySoon();
  }

  /** What passes of these bytes. */
  async #struck(fault: LineFault, bytes: Buffer): Promise<Buffer> {
    const first = this.#passed;
    this.#passed += bytes.length;
    const { kind, by } = fault;
    if (this.#passed <= this.#next) return bytes;
    switch (kind) {
      case 'cut': {
        const at = Math.max(0, this.#next - first);
        // Bytes behind the cut never pass: they don't count.
        this.#passed = first + at;
        this.#again(by);
        return bytes.subarray(0, at);
      }
      case 'garble': {
        const garbled = Buffer.from(bytes);
        while (this.#next < this.#passed) {
          const at = this.#next - first;
          if (at >= 0) garbled.writeUInt8(garbled.readUInt8(at) ^ (1 << (this.#next % 8)), at);
          this.#again(by);
        }
        return garbled;
      }
      case 'act':
        this.#again(undefined);
        await fault.act?.();
        return bytes;
      case 'swallow':
        this.#happened += 1;
        return bytes.subarray(0, Math.max(0, fault.at - first));
      case 'delay':
      case 'throttle':
        this.#happened += 1;
        await this.#sleep(kind === 'delay' ? (by ?? 0) : (bytes.length * 1000) / (by ?? 1));
        return bytes;
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#disarmed.signal }).catch(() => undefined);
  }

  #again(by: number | undefined): void {
    this.#happened += 1;
    this.#next += by ?? Infinity;
  }
}
