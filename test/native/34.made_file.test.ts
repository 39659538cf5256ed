/** What a failed copy removes is what it made: not what somebody else has put at its path meanwhile. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import {
  copyFile,
  FileSystem,
  likenessOf,
  removeMade,
  smallFile,
  type CopyJobOptions,
  type CopyResult,
  type MadeFile,
} from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { Relay } from '../support/relay.js';
import { TemporaryDirectory } from '../support/temporary.js';

const MiB = 2 ** 20;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe('what a copy made', () => {
  let server: PlainServer;
  let relay: Relay;
  let files: FileSystem;
  let local: TemporaryDirectory;
  let count = 0;

  before(async () => {
    server = await PlainServer.start({
      config: ['xrootd.chksum max 8 adler32 crc32c', 'ofs.trace open close', 'xrootd.trace all'],
    });
    server.mkdir('/d');
    relay = await Relay.start(server.url);
    files = new FileSystem(server.url);
    local = new TemporaryDirectory();
  });
  after(async () => {
    relay.stop();
    local.remove();
    await server.stop();
  });

  const fresh = () => `/d/f${(count += 1)}`;
  const sourceOf = (size: number) => local.write(`source ${(count += 1)}`, randomBytes(size));

  /** Starts an upload that stands still in the middle, does something and aborts it. */
  async function interruptedUpload(path: string, meanwhile: () => Promise<void>): Promise<CopyResult> {
    const stop = new AbortController();
    let flowing = false;
    const copy = copyFile(
      { source: sourceOf(8 * MiB), target: server.urlOf(path), xrate: MiB, chunkSize: MiB / 8 },
      { signal: stop.signal, onProgress: () => (flowing = true) },
    );
    await until(() => flowing);
    await meanwhile();
    stop.abort();
    return await copy;
  }

  describe('is told', () => {
    for (const size of [0, 1, smallFile, smallFile + 1, 9 * MiB]) {
      for (const force of [false, true]) {
        it(`of ${size} bytes${force ? ' with force' : ''}, and is left by it unless it is asked for`, async () => {
          const path = fresh();
          if (force) server.write(path, 'before');
          // A file gets the time of the kernel's last tick, which may be 10 ms ago.
          const started = Math.floor((Date.now() - 10) / 1000) * 1000;
          const job = { source: sourceOf(size), target: server.urlOf(path), sizeHint: size, force };
          const { error, made } = await copyFile(job);
          assert.equal(error, undefined);
          const stat = await files.stat(path);
          assert.ok(made && made.id === stat.id && made.id !== '', JSON.stringify(made));
          assert.deepEqual([made.size, made.complete, made.held], [size, true, true]);
          assert.ok(made.openedAt >= started && made.openedAt <= Date.now());
          assert.equal(likenessOf(stat, made), 'alike');
          assert.equal(await removeMade(files, path, made), 'unsure');
          assert.ok(existsSync(server.file(path)));
          assert.equal(await removeMade(files, path, made, { complete: true }), 'removed');
          assert.equal(await removeMade(files, path, made), 'gone');
        });
      }
    }

    it('from server to server through here, but not with continue or preserveXAttr', async () => {
      const [from, to] = [fresh(), fresh()];
      server.write(from, randomBytes(3 * MiB));
      const job: CopyJobOptions = { source: server.urlOf(from), target: server.urlOf(to) };
      const { error, made } = await copyFile(job);
      assert.equal(error, undefined);
      assert.ok(made && likenessOf(await files.stat(to), made) === 'alike');
      truncateSync(server.file(to), MiB);
      for (const options of [{ continue: true }, { force: true, preserveXAttr: true }]) {
        const again = await copyFile({ ...job, ...options });
        assert.deepEqual([again.error, again.made], [undefined, undefined]);
        assert.ok(readFileSync(server.file(to)).equals(readFileSync(server.file(from))));
      }
    });

    it('of a copy that was interrupted, and its part is removed', async () => {
      const path = fresh();
      const { error, made, partialLeft } = await interruptedUpload(path, () => Promise.resolve());
      assert.equal(error?.code, 'OperationInterrupted');
      assert.ok(made && !made.complete && made.held && made.size > 0 && made.size < 8 * MiB);
      assert.equal(partialLeft, false);
      assert.ok(!existsSync(server.file(path)));
    });
  });

  describe('isn’t what somebody else put there', () => {
    const foreign = randomBytes(3 * MiB);

    it('a file renamed onto an upload stays when that is aborted', async () => {
      const [path, corrected] = [fresh(), fresh()];
      server.write(corrected, foreign);
      const { error } = await interruptedUpload(path, () => files.mv(corrected, path));
      assert.equal(error?.code, 'OperationInterrupted');
      assert.ok(readFileSync(server.file(path)).equals(foreign));
    });

    it('a file made anew in the place of one that was removed stays', async () => {
      const path = fresh();
      const { error } = await interruptedUpload(path, async () => {
        await files.rm(path);
        server.write(path, foreign);
      });
      assert.equal(error?.code, 'OperationInterrupted');
      assert.ok(readFileSync(server.file(path)).equals(foreign));
    });

    it('nothing is left of a copy whose file was removed', async () => {
      const path = fresh();
      const { partialLeft } = await interruptedUpload(path, () => files.rm(path));
      assert.equal(partialLeft, false);
    });

    for (const [what, size] of [
      ['small', 1000],
      ['large', 2 * MiB],
    ] as const) {
      it(`a ${what} copy whose checksum turns out wrong doesn’t take another file with it`, async () => {
        const path = fresh();
        const corrected = fresh();
        server.write(corrected, foreign);
        relay.holdAfter(`${path}?cks.type`, 'answers');
        const copy = copyFile({
          ...{ source: sourceOf(size), target: `${relay.url}/${path}`, sizeHint: size },
          ...{ checkSumMode: 'target', checkSumType: 'adler32', checkSumPreset: '12345678' },
        });
        await until(() => relay.holds);
        await files.mv(corrected, path);
        relay.release();
        const { error } = await copy;
        assert.equal(error?.code, 'CheckSumError');
        assert.ok(readFileSync(server.file(path)).equals(foreign));
      });
    }

    it('a local file renamed onto a download stays when that is aborted', async () => {
      const path = fresh();
      server.write(path, randomBytes(8 * MiB));
      const target = local.file(`down ${(count += 1)}`);
      const corrected = local.write(`corrected ${count}`, foreign);
      const stop = new AbortController();
      let flowing = false;
      const copy = copyFile(
        { source: server.urlOf(path), target, xrate: MiB, chunkSize: MiB / 8 },
        { signal: stop.signal, onProgress: () => (flowing = true) },
      );
      await until(() => flowing);
      renameSync(corrected, target);
      stop.abort();
      const { error, partialLeft } = await copy;
      assert.deepEqual([error?.code, partialLeft], ['OperationInterrupted', false]);
      assert.ok(readFileSync(target).equals(foreign));
    });
  });

  it('isn’t removed a second time where the answer to its removal was lost', async () => {
    const path = fresh();
    server.write(path, 'a part of ours');
    const { id, mtime, size } = await files.stat(path);
    const made: MadeFile = {
      id,
      openedAt: mtime.getTime(),
      lasted: 60_000,
      size,
      complete: false,
      held: true,
    };
    const own = await Relay.start(server.url);
    class Losing extends FileSystem {
      override async rm(of: string): Promise<void> {
        const lost = new AbortController();
        own.holdAfter(of, 'answers');
        const removal = super.rm(of, { signal: lost.signal });
        await until(() => !existsSync(server.file(of)));
        lost.abort(new Error('the answer is lost'));
        await removal;
      }
    }
    try {
      await assert.rejects(removeMade(new Losing(own.url), path, made), /the answer is lost/);
      // It comes too late: libXrdCl would ask again after a break.
      own.release();
      server.write(path, 'a file of theirs'.slice(0, size));
      // File systems give the number of a removed file to the next one that is made.
      made.id = (await files.stat(path)).id;
      assert.equal(await removeMade(files, path, made), 'unsure');
      assert.ok(existsSync(server.file(path)));
    } finally {
      own.stop();
    }
  });

  describe('when the connection breaks', () => {
    const opened = (path: string, from: number) =>
      server.log
        .slice(from)
        .split('\n')
        .filter((line) => line.includes(' ofs_open: ') && line.endsWith(`fn=${path}`)).length;

    for (const [what, size] of [
      ['small', smallFile],
      ['large', 8 * MiB],
    ] as const) {
      it(`in the middle of a ${what} upload, by a crash of the server, the path isn’t opened again`, async () => {
        const path = fresh();
        const foreign = randomBytes(5 * MiB);
        const from = server.log.length;
        relay.holdAfter(path, 'requests');
        const target = `${relay.url}/${path}`;
        const copy = copyFile({ source: sourceOf(size), target, sizeHint: size });
        // The log tells of an open before the file is made.
        await until(() => opened(path, from) === 1 && existsSync(server.file(path)));
        await server.crash();
        rmSync(server.file(path));
        server.write(path, foreign);
        await server.restart();
        relay.cut();
        const { error } = await copy;
        assert.ok(error?.isConnectionFailure, error?.message);
        assert.equal(opened(path, from), 1);
        assert.ok(readFileSync(server.file(path)).equals(foreign));
      });

      it(`before the open of a ${what} upload is answered, it isn’t asked for again, and what is there is told`, async () => {
        const path = fresh();
        const from = server.log.length;
        relay.holdAfter(path, 'answers');
        const target = `${relay.url}/${path}`;
        const copy = copyFile({ source: sourceOf(size), target, sizeHint: size });
        await until(() => existsSync(server.file(path)));
        relay.cut();
        const { error, partialLeft } = await copy;
        assert.ok(error?.isConnectionFailure, error?.message);
        assert.equal(opened(path, from), 1);
        assert.equal(partialLeft, true, error.message);
        assert.equal(statSync(server.file(path)).size, 0);
      });
    }
  });
});

describe('likeness of a file and what was made', () => {
  const openedAt = 1_700_000_000_000;
  const made: MadeFile = { id: '7', openedAt, lasted: 5000, size: 10, complete: true, held: true };
  const stat = {
    ...{ id: '7', size: 10, mtime: new Date(openedAt + 5000) },
    ...{ isDirectory: false, isOther: false, offline: false, backUpExists: false },
  };
  const part = { ...made, complete: false };
  const at = (milliseconds: number) => ({ ...stat, mtime: new Date(openedAt + milliseconds) });
  const table: [string, typeof stat, MadeFile, ReturnType<typeof likenessOf>][] = [
    ['itself', stat, made, 'alike'],
    ['itself on tape', { ...stat, offline: true, backUpExists: true }, made, 'alike'],
    ['a part', { ...stat, size: 3 }, part, 'alike'],
    ['a part on tape', { ...stat, size: 3, backUpExists: true }, part, 'unsure'],
    ['a part of a lost handle', { ...stat, size: 3 }, { ...part, held: false }, 'unsure'],
    ['more than was written', { ...stat, size: 11 }, part, 'unsure'],
    ['less than was written', { ...stat, size: 9 }, made, 'unsure'],
    ['another identifier, as it could be', { ...stat, id: '8' }, made, 'unsure'],
    ['another identifier and size', { ...stat, id: '8', size: 9 }, made, 'other'],
    ['another identifier, changed later', { ...at(7001), id: '8' }, made, 'other'],
    ['no identifier', { ...stat, id: '' }, { ...made, id: '' }, 'unsure'],
    ['identifier 0', { ...stat, id: '0' }, { ...made, id: '0' }, 'unsure'],
    ['changed when it was opened', at(0), made, 'alike'],
    ['changed before', at(-1000), made, 'other'],
    ['changed at the latest', at(7000), made, 'alike'],
    ['changed later', at(8000), made, 'unsure'],
    ['a directory', { ...stat, isDirectory: true }, made, 'other'],
  ];
  for (const [what, found, of, expected] of table) {
    it(`${what}: ${expected}`, () => {
      assert.equal(likenessOf(found, of), expected);
    });
  }
});
