/** Stands between clients and a server, and stops all traffic at a chosen request, or at the answer to it. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { RequestReader } from './recorded_requests.js';

export interface Halt {
  /** The first of these, as RequestReader names them. */
  kinds: readonly string[];
  /** `request`: it doesn't reach the server; `answer`: the server has done it, and the client isn't told. */
  at: 'request' | 'answer';
  /** Only after a request of this kind. */
  after?: string;
}

export class HaltingRelay {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];
  #halt: Halt | undefined;
  #state: 'passing' | 'answer awaited' | 'halted' = 'passing';
  #after = false;

  private constructor(listener: Server) {
    this.#listener = listener;
  }

  /** @param server `host:port` */
  static async start(server: string): Promise<HaltingRelay> {
    const { hostname, port } = new URL(`root://${server}`);
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const relay = new HaltingRelay(listener);
    listener.on('connection', (client) => {
      relay.#join(client, connect(Number(port), hostname));
    });
    return relay;
  }

  /** `127.0.0.1:port` */
  get host(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  haltAt(halt: Halt): void {
    this.#halt = halt;
    this.#after = halt.after === undefined;
  }

  get reached(): boolean {
    return this.#state === 'halted';
  }

  /** What was held back passes, and all that comes. */
  release(): void {
    this.#halt = undefined;
    this.#state = 'passing';
    for (const pass of this.#held.splice(0)) pass();
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
  }

  #join(client: Socket, server: Socket): void {
    const send = (to: Socket, bytes: Buffer) => {
      if (this.#state === 'halted') this.#held.push(() => to.write(bytes));
      else to.write(bytes);
    };
    const taken: string[] = [];
    const reader = new RequestReader(({ kind }) => taken.push(kind));
    client.on('data', (bytes) => {
      if (this.#state === 'passing') reader.take(bytes);
      const halts = taken.splice(0).some((kind) => this.#isWanted(kind)) ? this.#halt?.at : undefined;
      if (halts === 'request') this.#state = 'halted';
      send(server, bytes);
      if (halts === 'answer') this.#state = 'answer awaited';
    });
    server.on('data', (bytes) => {
      if (this.#state === 'answer awaited') this.#state = 'halted';
      send(client, bytes);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }

  #isWanted(kind: string): boolean {
    const halt = this.#halt;
    if (halt === undefined) return false;
    if (this.#after && halt.kinds.includes(kind)) return true;
    this.#after ||= kind === halt.after;
    return false;
  }
}
