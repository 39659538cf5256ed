/** Stands between clients and a server, and stops all traffic at a chosen request, or at the answer to it. */
import type { Socket } from 'node:net';
import { JoinedConnections } from './joined_connections.js';
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
  #joined!: JoinedConnections;
  readonly #held: (() => void)[] = [];
  #halt: Halt | undefined;
  #state: 'passing' | 'answer awaited' | 'halted' = 'passing';
  #after = false;

  /** @param server `host:port` */
  static async start(server: string): Promise<HaltingRelay> {
    const relay = new HaltingRelay();
    relay.#joined = await JoinedConnections.listen(`root://${server}`, (client, other) =>
      relay.#join(client, other),
    );
    return relay;
  }

  /** `127.0.0.1:port` */
  get host(): string {
    return this.#joined.host;
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
    this.#joined.stop();
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
  }

  #isWanted(kind: string): boolean {
    const halt = this.#halt;
    if (halt === undefined) return false;
    if (this.#after && halt.kinds.includes(kind)) return true;
    this.#after ||= kind === halt.after;
    return false;
  }
}
