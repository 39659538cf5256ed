/** What stands where a restored file goes: it is kept, or replaced by a whole file, and by nothing else. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Archive, XRootDError, type ArchiveOptions, type Report } from '../../lib/index.js';
import { replacedName } from '../../lib/cache/own_files.js';
import { parseTarget } from '../../lib/config/index.js';
import type { Standing } from '../../lib/jobs/restore/receiver.js';
import { RemoteReceiver } from '../../lib/jobs/restore/remote_receiver.js';
import type { Downloaded } from '../../lib/remote/store.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { collect, counts } from '../support/archive.js';
import { PlainServer } from '../support/plain_server.js';
import { withTemp } from '../support/temporary.js';

const MiB = 2 ** 20;
const config = ['xrootd.chksum max 4 adler32 crc32c'];
const failures = ({ failures: all }: Report) => all.map(({ code, path }) => `${code} ${path}`).sort();

function archiveOf(server: PlainServer, more: Partial<ArchiveOptions> = {}): Archive {
  const base = { targetUrl: server.urlOf('/archive'), logLevel: 'error', retryAttempts: 1 } as const;
  return new Archive({ ...base, ...more });
}

async function withServers(use: (source: PlainServer, other: PlainServer) => Promise<void>): Promise<void> {
  const source = await PlainServer.start({ config });
  const other = await PlainServer.start({ config });
  try {
    await use(source, other);
  } finally {
    await source.stop();
    await other.stop();
  }
}

describe('restore --overwrite to another server', () => {
  it('keeps the old file when the new one does not come', async () => {
    await withServers(async (source, other) => {
      source.write('/archive/a', 'the record');
      other.write('/copy/a', 'old');
      chmodSync(source.file('/archive/a'), 0);
      const archive = archiveOf(source, { verify: 'size' });
      const report = await archive.restore(['a'], { to: other.urlOf('/copy'), overwrite: true });
      assert.equal(report.failed, 1);
      assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'old');
      assert.deepEqual(readdirSync(other.file('/copy')), ['a']);

      chmodSync(source.file('/archive/a'), 0o644);
      const again = await archive.restore(['a'], { to: other.urlOf('/copy'), overwrite: true });
      assert.deepEqual(counts(again), { scanned: 1, copied: 1 }, JSON.stringify(again.failures));
      assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'the record');
      assert.deepEqual(readdirSync(other.file('/copy')), ['a']);
    });
  });

  for (const overwrite of [true, false])
    it(`what was written there meanwhile stays: ${overwrite ? 'a newer file' : 'a first one'}`, async () => {
      await withServers(async (source, other) => {
        source.write('/archive/a', 'the record');
        other.mkdir('/copy');
        if (overwrite) other.write('/copy/a', 'old');
        const archive = archiveOf(source);
        archive.on('file:copying', () => {
          other.write('/copy/a', 'newer than both');
        });
        const report = await archive.restore(['a'], { to: other.urlOf('/copy'), overwrite });
        assert.deepEqual(failures(report), ['Conflict a']);
        assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
        assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'newer than both');
        assert.deepEqual(readdirSync(other.file('/copy')), ['a']);
      });
    });
});

describe('a server that closes the file of a failed third-party copy late', () => {
  it('is asked again until the copy through us can begin', async () => {
    await withServers(async (source, other) => {
      source.write('/archive/a', 'the record');
      const timeouts = { request: 20, checksum: 20 };
      const target = parseTarget(other.urlOf('/copy'));
      let refusals = 0;
      class Late extends XRootDStore {
        override async download(...copy: Parameters<XRootDStore['download']>): Promise<Downloaded> {
          const refuse = (errNo: number) =>
            new XRootDError({ status: 1, code: 400, errNo, message: 'refused' }, { operation: 'copy' });
          if (copy[2].thirdParty === true) throw refuse(3013);
          // As 5.8.1 says: already opened by 1 writer; open denied.
          if ((refusals += 1) <= 2) throw refuse(3003);
          return await super.download(...copy);
        }
      }
      const receiver = new RemoteReceiver(target, new XRootDStore(target, timeouts), {
        verify: 'checksum',
        checksumType: 'adler32',
      });
      const incoming = await receiver.begin('a', {
        ...{ size: 10, mtime: new Date(), replaces: undefined, checksumTypes: ['adler32'] },
      });
      const store = new Late(parseTarget(source.urlOf('/archive')), timeouts);
      await incoming.download(store, { onProgress: () => undefined, signal: undefined });
      await incoming.publish();
      await incoming.end();
      assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'the record');
      assert.equal(refusals, 3);
    });
  });
});

describe('a server whose rename replaces nothing', () => {
  /** What EOS and dCache say; a plain xrootd replaces. */
  class Refusing extends XRootDStore {
    /** Renames to that name, from now on, fail. */
    broken: string | undefined;
    /** Before the old file goes aside. */
    onAside: () => void = () => undefined;
    /** Before it comes back. */
    onBack: () => void = () => undefined;

    override async rename(from: string, to: string): Promise<void> {
      if (to === replacedName(from)) this.onAside();
      if (from === replacedName(to)) this.onBack();
      const refuse = (errNo: number) =>
        new XRootDError({ status: 1, code: 400, errNo, message: 'refused' }, { operation: 'mv', target: to });
      if (to === this.broken && from.includes('.incoming.')) throw refuse(3007);
      if ((await this.stat(to)) !== null) throw refuse(3018);
      await super.rename(from, to);
    }
  }

  async function withReceiver(
    use: (
      receive: (replaces?: Standing) => Promise<void>,
      there: Refusing,
      other: PlainServer,
    ) => Promise<void>,
  ): Promise<void> {
    await withServers(async (source, other) => {
      source.write('/archive/a', 'the record');
      const timeouts = { request: 20, checksum: 20 };
      const target = parseTarget(other.urlOf('/copy'));
      const there = new Refusing(target, timeouts);
      const receiver = new RemoteReceiver(target, there, { verify: 'checksum', checksumType: 'adler32' });
      const store = new XRootDStore(parseTarget(source.urlOf('/archive')), timeouts);
      const receive = async (given?: Standing) => {
        const replaces = given ?? (await receiver.look('a', undefined)) ?? undefined;
        const incoming = await receiver.begin('a', {
          size: 10,
          mtime: new Date(),
          replaces,
          checksumTypes: ['adler32'],
        });
        try {
          await incoming.download(store, { onProgress: () => undefined, signal: undefined });
          await incoming.publish();
        } finally {
          await incoming.end();
        }
      };
      await use(receive, there, other);
    });
  }

  it('the old file goes aside, and then for good', async () => {
    await withReceiver(async (receive, _, other) => {
      for (const left of [false, true]) {
        other.write('/copy/a', 'old');
        // Of a restore that was killed between its last two steps.
        if (left) other.write(`/copy/${replacedName('a')}`, 'older');
        await receive();
        assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'the record');
        assert.deepEqual(readdirSync(other.file('/copy')), ['a']);
      }
    });
  });

  it('a newer one that takes its place just before that gets its name back, and stays', async () => {
    await withReceiver(async (receive, there, other) => {
      other.write('/copy/a', 'old');
      other.write('/copy/newer', 'newer');
      there.onAside = () => {
        renameSync(other.file('/copy/newer'), other.file('/copy/a'));
      };
      await assert.rejects(receive(), { name: 'PlaceTaken' });
      assert.deepEqual(readdirSync(other.file('/copy')), ['a']);
      assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'newer');
    });
  });

  it('and if a third one has it by then, both stay', async () => {
    await withReceiver(async (receive, there, other) => {
      other.write('/copy/a', 'old');
      for (const name of ['newer', 'third']) other.write(`/copy/${name}`, name);
      const becomes = (name: string) => () => {
        renameSync(other.file(`/copy/${name}`), other.file('/copy/a'));
      };
      there.onAside = becomes('newer');
      there.onBack = becomes('third');
      await assert.rejects(receive(), { name: 'CacheError', code: 'Displaced' });
      assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'third');
      // Nor does the next one remove what nobody has judged.
      there.onAside = there.onBack = () => undefined;
      await receive();
      const [kept = '', ...rest] = readdirSync(other.file('/copy'));
      assert.deepEqual(rest, ['a']);
      assert.match(kept, /^\.xrootd-archive\.displaced\./);
      assert.equal(readFileSync(other.file(`/copy/${kept}`), 'utf8'), 'newer');
      assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'the record');
    });
  });

  it('and comes back when the new one can not take its name', async () => {
    await withReceiver(async (receive, there, other) => {
      other.write('/copy/a', 'old');
      there.broken = 'a';
      await assert.rejects(receive(), { name: 'XRootDError', code: 'IOError' });
      assert.equal(readFileSync(other.file('/copy/a'), 'utf8'), 'old');
      assert.deepEqual(readdirSync(other.file('/copy')), ['a']);
    });
  });
});

describe('a restore to another server that was killed', () => {
  it('leaves nothing under a final name, and the same command goes on', async () => {
    await withServers(async (source, other) => {
      source.write('/archive/d/large', Buffer.alloc(24 * MiB, 'large '));
      const to = other.urlOf('/copy');
      const library = new URL('../../lib/index.js', import.meta.url).href;
      const options = { targetUrl: source.urlOf('/archive'), logLevel: 'error', maxRate: 4 * MiB };
      const script = `
        const { Archive } = await import(${JSON.stringify(library)});
        const archive = new Archive(${JSON.stringify(options)});
        archive.on('file:progress', ({ bytes }) => { if (bytes > 0) process.stdout.write('.'); });
        await archive.restore(['.'], { to: ${JSON.stringify(to)} });`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout.on('data', () => child.kill('SIGKILL'));
      await once(child, 'close');
      assert.equal(child.signalCode, 'SIGKILL');
      const left = readdirSync(other.file('/copy/d'));
      assert.ok(!left.includes('large'), left.join());
      assert.deepEqual(
        left.map((name) => name.replace(/[0-9a-f]{24}$/, '')),
        ['.xrootd-archive.incoming.'],
      );
      // Nobody takes it for a record.
      const listed = await collect(archiveOf(other, { targetUrl: to }).ls([], { recursive: true }));
      assert.deepEqual(
        listed.map(({ path }) => path),
        ['d'],
      );

      const report = await archiveOf(source).restore(['.'], { to });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1 }, JSON.stringify(report.failures));
      assert.ok(readFileSync(other.file('/copy/d/large')).equals(Buffer.alloc(24 * MiB, 'large ')));
      assert.deepEqual(readdirSync(other.file('/copy/d')), ['large']);
    });
  });
});

describe('restore into a directory', () => {
  for (const overwrite of [true, false])
    it(`what was written there meanwhile stays: ${overwrite ? 'a newer file' : 'a first one'}`, async () => {
      await withServers(async (source) => {
        source.write('/archive/d/a', 'the record');
        await withTemp(async (to) => {
          const archive = archiveOf(source);
          const file = join(to, 'd/a');
          if (overwrite) {
            await archive.restore(['.'], { to });
            writeFileSync(file, 'old');
          }
          archive.on('file:copying', () => {
            if (overwrite) writeFileSync(file, 'newer than both');
          });
          archive.on('file:progress', () => {
            if (existsSync(join(to, 'd')) && !existsSync(file)) writeFileSync(file, 'newer than both');
          });
          const report = await archive.restore(['.'], { to, overwrite });
          assert.deepEqual(failures(report), ['Conflict d/a']);
          assert.deepEqual(counts(report), { scanned: 1, conflicts: 1 });
          assert.equal(readFileSync(file, 'utf8'), 'newer than both');
          assert.deepEqual(readdirSync(join(to, 'd')), ['a']);
        });
      });
    });

  for (const way of ['is moved away', 'is moved away, with a link in its place', 'is removed'] as const)
    it(`whose directory ${way} meanwhile: that has failed, and nothing of it stays`, async () => {
      await withServers(async (source) => {
        source.write('/archive/d/a', Buffer.alloc(3 * MiB, 'a'));
        await withTemp(async (path) => {
          const [to, out] = [join(path, 'to'), join(path, 'out')];
          const archive = archiveOf(source);
          let done = false;
          archive.on('file:progress', () => {
            if (done || !existsSync(join(to, 'd'))) return;
            done = true;
            if (way === 'is removed') rmSync(join(to, 'd'), { recursive: true });
            else renameSync(join(to, 'd'), out);
            if (way.includes('link')) symlinkSync(path, join(to, 'd'));
          });
          const report = await archive.restore(['.'], { to });
          assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
          if (way === 'is removed') assert.ok(!existsSync(join(to, 'd')));
          else {
            assert.deepEqual(failures(report), ['OutsideCache d/a']);
            assert.deepEqual(readdirSync(out), []);
          }
          assert.ok(!existsSync(join(path, 'a')));
        });
      });
    });

  it('replaces what was judged, and nothing of ours stays', async () => {
    await withServers(async (source) => {
      source.write('/archive/d/a', 'the record');
      await withTemp(async (to) => {
        const archive = archiveOf(source);
        await archive.restore(['.'], { to });
        writeFileSync(join(to, 'd/a'), 'old');
        const report = await archive.restore(['.'], { to, overwrite: true });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1 });
        assert.equal(readFileSync(join(to, 'd/a'), 'utf8'), 'the record');
        assert.deepEqual(readdirSync(join(to, 'd')), ['a']);
      });
    });
  });
});
