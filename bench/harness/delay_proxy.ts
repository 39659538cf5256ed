/** The delay proxy (delay_proxy.cc) in its process, and a look at whether it keeps its word. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { summarize, type Summary } from './summary.js';

export class DelayProxy {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(
    program: string,
    targetPort: number,
    roundTripMilliseconds: number,
  ): Promise<DelayProxy> {
    const child = spawn(program, [String(targetPort), String(roundTripMilliseconds * 1000)], {
      // Ctrl-C in our terminal isn't for it: contestants are to end before it does.
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(child.stdout)) return new DelayProxy(child, Number(line));
    throw new Error('the delay proxy did not start');
  }

  /** It ends when its standard input does, so also when we die. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await ended;
  }
}

/** Milliseconds from a client's first bytes to the server's answer, on one new connection after the other. */
export async function roundTrips(url: string, count = 20): Promise<Summary> {
  const port = Number(new URL(url).port);
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await handshake(port));
  return summarize(times);
}

async function handshake(port: number): Promise<number> {
  const hello = Buffer.alloc(20);
  hello.writeUInt32BE(4, 12);
  hello.writeUInt32BE(2012, 16);
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  try {
    await once(socket, 'connect');
    const start = performance.now();
    socket.write(hello);
    await once(socket, 'data');
    return performance.now() - start;
  } finally {
    socket.destroy();
  }
}
