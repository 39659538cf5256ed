/** Uploads that the server is to write to its disks before they are closed: what it says of it itself. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { copyFile, smallFile, type CopyJobOptions } from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { Relay } from '../support/relay.js';
import { TemporaryDirectory } from '../support/temporary.js';

describe('sync', () => {
  let server: PlainServer;
  let relay: Relay;
  let local: TemporaryDirectory;
  let count = 0;

  before(async () => {
    server = await PlainServer.start({ config: ['xrootd.trace all', 'ofs.trace all'] });
    server.mkdir('/d');
    relay = await Relay.start(server.url);
    local = new TemporaryDirectory();
  });
  after(async () => {
    relay.stop();
    local.remove();
    await server.stop();
  });

  const fresh = () => `/d/f${(count += 1)}`;

  /** What the server's file system was asked to do with a file, in order, writes in a row as one. */
  function doneWith(path: string): string[] {
    const done = server.log.split('\n').flatMap((line) => {
      const [, what] = / ofs_(open|write|sync|close|aioWrite|pgWrite)\b.*fn=(?:\S+)$/.exec(line) ?? [];
      return what !== undefined && line.endsWith(`fn=${path}`) ? [what] : [];
    });
    return done.filter((what, i) => what !== done[i - 1]);
  }

  for (const size of [0, 1000, smallFile, smallFile + 1, 20_000_000]) {
    for (const sync of [true, false]) {
      it(`${sync ? 'on' : 'off'}, ${size} bytes: ${sync ? 'after the last write, before close' : 'none'}`, async () => {
        const data = randomBytes(size);
        const path = fresh();
        const source = local.write(path.slice(3), data);
        const result = await copyFile({ source, target: server.urlOf(path), sizeHint: size, sync });
        assert.deepEqual([result.error, result.synced], [undefined, sync ? true : undefined]);
        assert.ok(readFileSync(server.file(path)).equals(data));
        const written = size > 0 ? ['write'] : [];
        assert.deepEqual(doneWith(path), ['open', ...written, ...(sync ? ['sync'] : []), 'close']);
      });
    }
  }

  const syncRequest = 3016;
  for (const [what, size] of [
    ['small', 1000],
    ['large', 3_000_000],
  ] as const) {
    for (const [code, errNo] of [
      ['Unsupported', 3013],
      ['InvalidRequest', 3006],
      ['ArgInvalid', 3000],
    ] as const) {
      it(`that the server can’t do (${code}) doesn’t fail a ${what} copy, and the result says so`, async () => {
        const data = randomBytes(size);
        const path = fresh();
        relay.refuse(syncRequest, errNo);
        const job = { source: local.write(path.slice(3), data), sizeHint: size, sync: true };
        const { error, synced } = await copyFile({ ...job, target: `${relay.url}/${path}` });
        relay.release();
        assert.deepEqual([error, synced], [undefined, false]);
        assert.ok(readFileSync(server.file(path)).equals(data));
        assert.equal(doneWith(path).at(-1), 'close');
      });
    }

    for (const [code, errNo] of [
      ['IOError', 3007],
      ['NoSpace', 3009],
      ['FSError', 3005],
    ] as const) {
      it(`that fails (${code}) fails a ${what} copy, which is closed and removed`, async () => {
        const path = fresh();
        relay.refuse(syncRequest, errNo);
        const job = { source: local.write(path.slice(3), randomBytes(size)), sizeHint: size, sync: true };
        const { error, synced, partialLeft } = await copyFile({ ...job, target: `${relay.url}/${path}` });
        relay.release();
        assert.deepEqual([error?.code, synced, partialLeft], [code, false, false]);
        assert.ok(!existsSync(server.file(path)));
        assert.equal(doneWith(path).at(-1), 'close');
      });
    }
  }

  it('isn’t asked for of a copy that failed', async () => {
    const stop = new AbortController();
    const path = fresh();
    const source = local.write(path.slice(3), randomBytes(8_000_000));
    const { error, synced } = await copyFile(
      { source, target: server.urlOf(path), sync: true, xrate: 1e6, chunkSize: 65_536 },
      {
        signal: stop.signal,
        onProgress: () => {
          stop.abort();
        },
      },
    );
    assert.deepEqual([error?.code, synced], ['OperationInterrupted', undefined]);
    assert.ok(!doneWith(path).includes('sync'));
  });

  it('of what can’t be synced by us: the copy is made, and the result says no', async () => {
    const source = local.write('with attributes', 'text');
    const job: CopyJobOptions = { source, target: server.urlOf(fresh()), preserveXAttr: true, sync: true };
    const { error, synced } = await copyFile(job);
    assert.deepEqual([error, synced], [undefined, false]);
  });

  it('means nothing for a download', async () => {
    const path = fresh();
    server.write(path, 'text');
    const target = local.file('down');
    const { error, synced } = await copyFile({ source: server.urlOf(path), target, sync: true });
    assert.deepEqual([error, synced], [undefined, undefined]);
  });
});
