/** What is read back is the file that a stat told of, as far as a server's identifiers tell files apart. */
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { OtherFileRead, ServerChecksums } from '../../lib/remote/server_checksums.js';
import type { ToldFile } from '../../lib/rules/remote_identity.js';
import { FileSystem, XRootDError, type StatInfo } from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';

describe('reading a file back that a stat has told of', () => {
  let server: PlainServer;
  before(async () => {
    server = await PlainServer.start();
    for (const name of ['/a', '/b', '/c']) server.write(name, `bytes of ${name}`);
  });
  after(() => server.stop());

  /** Paths have other identifiers than open files: as on EOS. */
  class Incomparable extends FileSystem {
    stats = 0;
    /** Before the answer to that stat, counted from 1. */
    at: { stat: number; task: () => void } | undefined;

    override async stat(path: string): Promise<StatInfo> {
      this.stats += 1;
      if (this.stats === this.at?.stat) this.at.task();
      const stat = await super.stat(path);
      return { ...stat, id: `${stat.id}0` };
    }
  }

  const timeouts = { request: 10, checksum: 10 };
  const read = (of: ServerChecksums, path: string, told: ToldFile) => of.read(path, 'crc32c', told);
  const swap = () => {
    renameSync(server.file('/a'), server.file('/swapped'));
    renameSync(server.file('/b'), server.file('/a'));
    renameSync(server.file('/swapped'), server.file('/b'));
  };

  it('the same is read; another of its size is refused, and so is another size', async () => {
    const files = new FileSystem(server.url);
    const [a, b] = [await files.stat('/a'), await files.stat('/b')];
    for (const first of ['refused', 'read'] as const) {
      const sums = new ServerChecksums(files, timeouts, undefined);
      if (first === 'read') await read(sums, '/a', a);
      await assert.rejects(read(sums, '/a', b), OtherFileRead);
      await read(sums, '/a', a);
      await assert.rejects(read(sums, '/a', b), OtherFileRead);
    }
    const sums = new ServerChecksums(files, timeouts, undefined);
    await assert.rejects(read(sums, '/a', { ...a, size: 3 }), (error: unknown) => {
      assert.ok(error instanceof XRootDError && !(error instanceof OtherFileRead));
      assert.match(error.message, /the file has 11 bytes now instead of 3/);
      return true;
    });
    // Told by a listing.
    await read(sums, '/a', { ...b, id: '' });
  });

  it('changed since the stat: refused, also with the same identifier', async () => {
    const files = new FileSystem(server.url);
    const sums = new ServerChecksums(files, timeouts, undefined);
    const told = await files.stat('/c');
    await assert.rejects(read(sums, '/c', { ...told, mtime: new Date(0) }), OtherFileRead);
  });

  it('where open files have identifiers of their own, the size counts, and that is asked for once', async () => {
    const files = new Incomparable(server.url);
    const sums = new ServerChecksums(files, timeouts, undefined);
    const told = await files.stat('/a');
    await read(sums, '/a', told);
    assert.equal(files.stats, 3);
    await read(sums, '/a', { ...told, id: '1' });
    assert.equal(files.stats, 3);
  });

  it('what has another identifier at its path by then is refused, and nothing is taken for that server’s way', async () => {
    const files = new Incomparable(server.url);
    const sums = new ServerChecksums(files, timeouts, undefined);
    const told = await files.stat('/a');
    // Before, and after the look at what is open.
    for (const stat of [2, 4]) {
      files.at = { stat, task: swap };
      await assert.rejects(read(sums, '/a', told), OtherFileRead);
      assert.equal(files.stats, stat);
      swap();
    }
    files.at = undefined;
    await read(sums, '/a', told);
    assert.equal(files.stats, 6);
  });
});
