/** What every place for restored files promises (lib/jobs/restore/receiver.ts), tried on each of them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { receivingName } from '../../lib/cache/own_files.js';
import { parseTarget } from '../../lib/config/index.js';
import { LocalReceiver } from '../../lib/jobs/restore/local_receiver.js';
import { PlaceTaken, type Incoming, type Receiver } from '../../lib/jobs/restore/receiver.js';
import { RemoteReceiver } from '../../lib/jobs/restore/remote_receiver.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { XRootDError } from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

interface Place {
  receiver: Receiver;
  /** Its files on this disk. */
  root: string;
  /** Something that others put there. */
  write(name: string, content: string): void;
}

const config = { verify: 'checksum', checksumType: 'adler32' } as const;
const timeouts = { request: 20, checksum: 20 };
const bytes = 'the record';
const mtime = new Date('2020-03-01T12:00:00Z');

describe('a place for restored files', () => {
  let source: PlainServer;
  let other: PlainServer;
  let local: TemporaryDirectory;
  let store: XRootDStore;
  let count = 0;

  before(async () => {
    const settings = { config: ['xrootd.chksum max 4 adler32 crc32c'] };
    source = await PlainServer.start(settings);
    other = await PlainServer.start(settings);
    local = new TemporaryDirectory();
    source.write('/archive/d/r', bytes);
    store = new XRootDStore(parseTarget(source.urlOf('/archive')), timeouts);
  });
  after(async () => {
    local.remove();
    await source.stop();
    await other.stop();
  });

  const places: Record<string, () => Promise<Place>> = {
    'a local directory': async () => {
      const root = join(local.path, `place ${(count += 1)}`);
      mkdirSync(root);
      const write = (name: string, content: string) => {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), content);
      };
      return { receiver: new LocalReceiver(await CacheDirectory.openRoot(root), true), root, write };
    },
    'another server': () => {
      const base = `/place ${(count += 1)}`;
      other.mkdir(base);
      const target = parseTarget(other.urlOf(base));
      const receiver = new RemoteReceiver(target, new XRootDStore(target, timeouts), config);
      const write = (name: string, content: string) => {
        other.write(`${base}/${name}`, content);
      };
      return Promise.resolve({ receiver, root: other.file(base), write });
    },
  };

  for (const [title, make] of Object.entries(places))
    describe(title, () => {
      let place: Place;
      beforeEach(async () => {
        place = await make();
      });
      afterEach(() => place.receiver.close());

      const files = () =>
        readdirSync(place.root, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(place.root.length + 1));
      const content = () => readFileSync(join(place.root, 'd/r'), 'utf8');
      const signal = undefined;
      const begin = async () => {
        const replaces = (await place.receiver.look('d/r', signal)) ?? undefined;
        return await place.receiver.begin('d/r', {
          size: bytes.length,
          mtime,
          replaces,
          checksumTypes: ['adler32', 'md5'],
        });
      };
      const download = (incoming: Incoming) =>
        incoming.download(store, { onProgress: () => undefined, signal });

      it('a file has its name when it is published, and nothing else is left', async () => {
        const incoming = await begin();
        await download(incoming);
        assert.ok(!files().includes('d/r'));
        const received = await incoming.inspect(signal);
        assert.equal(received.size, bytes.length);
        const md5 = createHash('md5').update(bytes).digest('hex');
        assert.deepEqual(
          received.checksums.map(({ type, value }) => `${type} ${value}`),
          [`adler32 ${(await store.checksum('d/r', 'adler32', 10)).value}`, `md5 ${md5}`],
        );
        await incoming.publish();
        await incoming.end();
        assert.deepEqual([files(), content()], [['d/r'], bytes]);
        const sum = await place.receiver.checksum('d/r', 'adler32', signal);
        assert.equal(sum.value, received.checksums[0]?.value);
      });

      it('nothing of one that is ended before that stays', async () => {
        const incoming = await begin();
        await download(incoming);
        await incoming.end();
        assert.deepEqual(files(), []);
      });

      it('nor of one that can’t be fetched', async () => {
        const incoming = await place.receiver.begin('d/none', {
          size: 1,
          mtime,
          replaces: undefined,
          checksumTypes: ['adler32'],
        });
        await assert.rejects(download(incoming), XRootDError);
        await incoming.end();
        assert.deepEqual(files(), []);
      });

      it('what came to stand in its place stays', async () => {
        const incoming = await begin();
        await download(incoming);
        place.write('d/r', 'theirs');
        await assert.rejects(incoming.publish(), PlaceTaken);
        await incoming.end();
        assert.deepEqual([files(), content()], [['d/r'], 'theirs']);
      });

      it('it replaces what it was to replace', async () => {
        place.write('d/r', 'old');
        const incoming = await begin();
        await download(incoming);
        assert.equal(content(), 'old');
        await incoming.publish();
        await incoming.end();
        assert.deepEqual([files(), content()], [['d/r'], bytes]);
        assert.equal((await place.receiver.look('d/r', signal))?.size, bytes.length);
      });

      it('but not what that has become', async () => {
        place.write('d/r', 'old');
        const incoming = await begin();
        await download(incoming);
        place.write('d/r', 'newer than both');
        await assert.rejects(incoming.publish(), PlaceTaken);
        await incoming.end();
        assert.deepEqual([files(), content()], [['d/r'], 'newer than both']);
      });

      it('what a killed restore has left of it is in nobody’s way', async () => {
        place.write(`d/${receivingName('r')}`, 'half');
        const incoming = await begin();
        await download(incoming);
        await incoming.publish();
        await incoming.end();
        assert.deepEqual([files(), content()], [['d/r'], bytes]);
      });

      it('what another restore has begun in its place meanwhile does not get its name, and stays', async () => {
        const incoming = await begin();
        await download(incoming);
        await incoming.inspect(signal);
        const temporary = `d/${receivingName('r')}`;
        place.write('d/begun', 'half');
        renameSync(join(place.root, 'd/begun'), join(place.root, temporary));
        await assert.rejects(incoming.publish());
        await incoming.end();
        assert.deepEqual(files(), [temporary]);
      });

      it('nothing is at a name that nothing has', async () => {
        assert.equal(await place.receiver.look('d/none', signal), null);
        await assert.rejects(place.receiver.checksum('d/none', 'adler32', signal));
      });

      it('a name that can’t be written is told before', () => {
        assert.equal(place.receiver.nameProblem('d/r'), undefined);
        assert.notEqual(place.receiver.nameProblem(`d/${'x'.repeat(300)}`), undefined);
      });
    });
});
