/** A server that makes one checksum at a time and has three places: more than three at once wait half a minute there. */
import assert from 'node:assert/strict';
import { resolveOptions } from '../../lib/config/index.js';
import { openStore } from '../../lib/remote/open_store.js';
import { PlainServer } from '../support/plain_server.js';

describe('checksum queries at a server with `chksum max 1`', () => {
  it('never wait for half a minute, though four are in flight at first', async () => {
    const server = await PlainServer.start({ config: ['xrootd.chksum max 1 adler32'] });
    try {
      const names = Array.from({ length: 300 }, (_, i) => `file-${i}`);
      for (const name of names) server.write(`/${name}`, 'x');
      const store = openStore(resolveOptions({ targetUrl: `${server.url}//` }));
      const took = await Promise.all(
        names.map(async (name) => {
          await store.checksum(name, 'adler32', 1);
          return performance.now();
        }),
      );
      const gaps = took.sort((a, b) => a - b).map((at, i) => at - (took[i - 1] ?? at));
      assert.ok(Math.max(...gaps) < 15_000, `${Math.max(...gaps)} ms without an answer`);
    } finally {
      await server.stop();
    }
  });
});
