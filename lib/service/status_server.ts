/**
 * HTTP for Prometheus, for whoever watches processes, and for people: reads only. Where another service of this machine
 * has the address, it is tried again until that one ends.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import type { HttpConfig, Logger } from '../config/index.js';

export interface Answer {
  status?: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

export type Routes = Readonly<Record<string, (query: URLSearchParams) => Answer | Promise<Answer>>>;

export interface StatusServerOptions {
  config: HttpConfig;
  routes: Routes;
  logger: Logger;
  /** Milliseconds between attempts while the address is in use. Default 10,000. */
  tryAgain?: number;
  /** Milliseconds that a client may take to send its request, or to read nothing of the answer. Default 10,000. */
  patience?: number;
}

/** What browsers are told with each answer: show it in no frame, guess no type, keep nothing, tell no other site of it. */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export class StatusServer {
  readonly #options: StatusServerOptions;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: StatusServerOptions) {
    this.#options = options;
  }

  /** `http://127.0.0.1:9750`; undefined while it doesn't listen. */
  get url(): string | undefined {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    if (address == null) return undefined;
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  /**
   * Listens, or waits for the address to become free; it doesn't keep the process alive.
   * @throws EACCES, EADDRNOTAVAIL, ENOTFOUND, …
   */
  async start(): Promise<void> {
    const { config, logger, tryAgain = 10_000, patience = 10_000 } = this.#options;
    const server = createServer(
      {
        ...{ headersTimeout: patience, requestTimeout: patience },
        connectionsCheckingInterval: Math.min(1000, patience),
      },
      (request, response) => void this.#respond(request, response),
    );
    server.maxConnections = 64;
    server.setTimeout(patience);
    try {
      server.listen(config.port, config.host);
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (this.#stopped) return;
      const address = `${config.host}:${config.port}`;
      logger.warn(`${address} is in use; it is tried again`, { seconds: tryAgain / 1000 });
      this.#timer = setTimeout(() => void this.#again(), tryAgain).unref();
      return;
    }
    server.unref();
    server.on('error', (error) => {
      logger.error(`the status page's server: ${error.message}`);
    });
    this.#server = server;
    if (this.#stopped) await this.stop();
    else logger.info('metrics, health and status are served', { url: this.url });
  }

  /** Also ends connections that are open. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #again(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.#options.logger.error(`no metrics, health and status: ${(error as Error).message}`);
    }
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status = 200, type, body, headers } = await this.#answer(request);
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      ...SAFE_HEADERS,
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer({ method, url = '', headers, socket }: IncomingMessage): Promise<Answer> {
    if (isLoopback(socket.localAddress) && !isNearby(headers.host))
      return plain(421, 'not a name of this service');
    const path = url.replace(/\?.*$/s, '');
    const route = Object.hasOwn(this.#options.routes, path) ? this.#options.routes[path] : undefined;
    if (route === undefined) return plain(404, 'not found');
    if (method !== 'GET' && method !== 'HEAD')
      return { ...plain(405, 'only GET and HEAD'), headers: { allow: 'GET, HEAD' } };
    try {
      return await route(new URLSearchParams(url.slice(path.length)));
    } catch (error) {
      this.#options.logger.error(`${path} could not be answered: ${String(error)}`);
      return plain(500, 'an error; the log has it');
    }
  }
}

function isLoopback(address = ''): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address);
}

/**
 * A page of another site can have its own name resolve to 127.0.0.1, and then read what is here (DNS rebinding). It can't ask for
 * an address or for `localhost` without being another site to the browser.
 */
function isNearby(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || /^(?:[^.]+\.)*localhost\.?$/i.test(name);
}

export function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}
