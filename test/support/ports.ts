/** Ports of servers that may be down for a while. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** Below what the system gives out by chance: nobody gets it while its server is down. Each process has some of its own, and takes one after the other: libXrdCl remembers that a server was gone. */
const COUNT = 100;
const FIRST = 12_000 + (process.pid % 200) * COUNT;
let next = 0;

/** @param port 0: one that is free, and stays so */
export async function listening(port: number, host = '127.0.0.1'): Promise<Server> {
  if (port !== 0) return await listener(port, host);
  for (let attempt = 1; ; attempt += 1)
    try {
      return await listener(FIRST + (next++ % COUNT), host);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (attempt === COUNT) return await listener(0, host);
    }
}

/** A port of loopback that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = await listening(0);
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listener(port: number, host: string): Promise<Server> {
  const server = createServer().listen(port, host, 1024);
  await once(server, 'listening');
  return server;
}
