/** Listens for clients, and makes each a connection to a server: what all that stand between the two have in common. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Passes on what each of the two says. */
type Join = (client: Socket, server: Socket) => void;
/** @returns does the other one stay now, when one has closed? */
type JoinThatKeeps = (client: Socket, server: Socket) => () => boolean;

export class JoinedConnections {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(listener: Server) {
    this.#listener = listener;
    this.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  /** @param server as `root://host:port` */
  static async listen(server: string, join: Join | JoinThatKeeps): Promise<JoinedConnections> {
    const { hostname, port } = new URL(server);
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const joined = new JoinedConnections(listener);
    listener.on('connection', (client) => {
      const other = connect(Number(port), hostname);
      const keeps = join(client, other);
      const stays = typeof keeps === 'function' ? keeps : () => false;
      joined.#keep(client, other, stays);
      joined.#keep(other, client, stays);
    });
    return joined;
  }

  /** `root://127.0.0.1:port` */
  get url(): string {
    return `root://${this.host}`;
  }

  /** Breaks all connections; new ones pass. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.cut();
    this.#listener.close();
  }

  #keep(socket: Socket, other: Socket, stays: () => boolean): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (!stays()) other.destroy();
    });
  }
}
