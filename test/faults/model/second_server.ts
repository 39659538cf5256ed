/** Another xrootd for restores: one for all runs of the process. */
import { PlainServer } from '../../support/plain_server.js';

let started: Promise<PlainServer> | undefined;

export function secondServer(): Promise<PlainServer> {
  started ??= PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
  return started;
}

export async function stopSecondServer(): Promise<void> {
  await (await started)?.stop();
  started = undefined;
}
