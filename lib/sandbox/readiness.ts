import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A client's first 20 bytes (XRootD protocol, "Initial handshake"): 0, 0, 0, 4, 2012. */
const hello = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0x07, 0xdc]);
/** Its answer: a response header of 8 bytes, then protocol version and server type. */
const answerLength = 16;

/** Resolves when the server at 127.0.0.1:`port` answered the handshake; asks again until then. */
export async function untilAnswering(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await answers(port, signal))) {
    await delay(20, undefined, { signal }).catch(() => undefined);
  }
}

function answers(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let received = 0;
    const socket = connect({ port, host: '127.0.0.1', signal }, () => socket.write(hello));
    socket.on('data', (data) => {
      received += data.length;
      if (received >= answerLength) {
        resolve(true);
        socket.destroy();
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(false);
    });
  });
}
