/** A plain server that has some files below `/archive`, the bytes of each by its name. */
import { Archive } from '../../lib/index.js';
import { PlainServer } from './plain_server.js';
import { quick } from './tape.js';
import { withTemp } from './temporary.js';

/** @param use also gets an empty directory to restore to */
export async function withServed(
  names: readonly string[],
  use: (server: PlainServer, archive: Archive, to: string) => Promise<void>,
): Promise<void> {
  const server = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32 crc32c'] });
  try {
    for (const name of names) server.write(`/archive/${name}`, `bytes of ${name}`);
    await withTemp(async (to) => {
      const archive = new Archive({ targetUrl: server.urlOf('/archive'), logLevel: 'error', ...quick });
      await use(server, archive, to);
    });
  } finally {
    await server.stop();
  }
}
