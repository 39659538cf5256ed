/** What `fsync` promises of a new file holds only when the names of the directories above it are on the disk too. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { put } from '../../lib/cache/ingest.js';
import { Archive } from '../../lib/index.js';
import { PlainServer } from '../support/plain_server.js';
import { withTemp } from '../support/temporary.js';

/** The directories that were synced while `use` ran, in their order, relative to `base`; files are `+name`. */
async function syncsOf(
  base: string,
  use: (note: (what: string) => void) => Promise<void>,
): Promise<string[]> {
  const { sync } = CacheDirectory.prototype;
  const seen: string[] = [];
  CacheDirectory.prototype.sync = async function (this: CacheDirectory) {
    await sync.call(this);
    seen.push(this.real.slice(base.length) || '.');
  };
  try {
    await use((what) => seen.push(what));
  } finally {
    CacheDirectory.prototype.sync = sync;
  }
  return seen;
}

describe('new directories with fsync', () => {
  const server = { current: undefined as PlainServer | undefined };
  before(async () => {
    server.current = await PlainServer.start({ config: ['xrootd.chksum max 4 adler32'] });
    server.current.write('/archive/x/y/file', 'bytes');
  });
  after(() => server.current?.stop());

  for (const fsync of [true, false])
    it(`restore, ${fsync ? 'each directory that got one is synced before the file is told' : 'none without it'}`, async () => {
      await withTemp(async (base) => {
        const targetUrl = server.current?.urlOf('/archive') ?? '';
        const archive = new Archive({ targetUrl, logLevel: 'error' });
        const seen = await syncsOf(base, async (note) => {
          archive.on('file:restored', ({ path }) => {
            note(`+${path}`);
          });
          await archive.restore(['.'], { to: join(base, 'new/root'), fsync });
          await archive.restore(['.'], { to: join(base, 'new/root'), fsync });
        });
        const synced = ['.', '/new', '/new/root', '/new/root/x'];
        assert.deepEqual(seen, [...(fsync ? synced : []), '+x/y/file']);
      });
    });

  for (const fsync of [true, false])
    it(`put, ${fsync ? 'each directory that got one is synced' : 'none without it'}`, async () => {
      await withTemp(async (base) => {
        const seen = await syncsOf(base, async (note) => {
          const { path } = await put(base, 'x/y/record', 'bytes', { fsync });
          note(`+${path}`);
          await put(base, 'x/y/another', 'bytes', { fsync });
        });
        assert.deepEqual(seen, [...(fsync ? ['.', '/x'] : []), '+x/y/record']);
      });
    });
});
