/** Ways in which libXrdCl or Node lose data or hang, and that we don't. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import { CopyProcess, FileSystem } from '../../lib/xrdcl/index.js';
import { runChild } from '../support/child.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

const MiB = 2 ** 20;

/**
 * libXrdCl's fork handlers use the heap in the child. glibc's is made for that, also with many threads;
 * AddressSanitizer's isn't (GCC 12: a child waited for ever for a lock that no thread of it held).
 */
const forks = process.env.ASAN_OPTIONS === undefined ? it : it.skip;

describe('traps', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  before(async () => {
    server = await PlainServer.start({
      config: ['xrootd.chksum max 8 adler32 {dir}/sum'],
      programs: { sum: '#!/bin/sh\nsleep 13\necho 00000abc\n' },
    });
    server.mkdir('/d');
    local = new TemporaryDirectory();
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  forks('child_process.spawn never deadlocks with copies that start', async () => {
    const source = local.write('small', 'small');
    const copies = new CopyProcess();
    for (let i = 0; i < 400; i += 1) copies.add({ source, target: server.urlOf(`/d/spawn${i}`) });
    let copying = true;
    const storm = async () => {
      let spawned = 0;
      while (copying) {
        const child = spawn('true', { stdio: 'ignore' });
        await once(child, 'exit');
        spawned += 1;
        // Children that end at once starve the event loop, with or without us: libuv reaps and we spawn in one turn.
        await sleep(1);
      }
      return spawned;
    };
    const storms = [storm(), storm(), storm()];
    const results = await copies.run({ parallel: 8 });
    copying = false;
    const spawned = (await Promise.all(storms)).reduce((a, b) => a + b);
    assert.ok(results.every(({ error }) => error === undefined));
    assert.ok(spawned >= 10, `${spawned} spawned`);
  });

  forks('nor with a fresh process’s first connection', async () => {
    const source = local.sparse('some', 3 * MiB);
    const ends = await Promise.all(
      [0, 1].map((i) => runChild('spawn_storm', [source, server.urlOf(`/d/fresh${i}`)])),
    );
    for (const { code, signal, stderr } of ends) assert.deepEqual([code, signal, stderr], [0, null, '']);
  });

  it('a local disk that takes no more is a failure, and no short file stays', async () => {
    server.write('/big', '');
    truncateSync(server.file('/big'), 9 * MiB);
    const target = local.file('limited');
    const { stdout, code } = await runChild('limited_file_size', [server.urlOf('/big'), target]);
    assert.equal(code, 0);
    const { error, partialLeft } = JSON.parse(stdout) as { error?: string; partialLeft: boolean };
    assert.notEqual(error, undefined);
    assert.equal(partialLeft, false);
    assert.ok(!existsSync(target));
  });

  it('a server that computes a checksum for longer than the stream timeout is waited for, and copies go on', async () => {
    server.write('/slow', 'x');
    const sum = new FileSystem(server.url).queryChecksum('/slow');
    const source = local.sparse('flow', 6 * MiB);
    const copies = new CopyProcess();
    copies.add({ source, target: server.urlOf('/d/flow'), xrate: MiB });
    const [result] = await copies.run();
    assert.equal(result?.error, undefined);
    assert.equal((await sum).value, '00000abc');
  });

  it('a request that was given up does not keep the process alive', async () => {
    server.freeze();
    try {
      const { code, seconds } = await runChild('given_up', [server.url]);
      assert.equal(code, 0);
      assert.ok(seconds < 8, `${seconds} s`);
    } finally {
      server.thaw();
    }
  });

  it('a metalink is a file, up and down', async () => {
    const metalink = `<?xml version="1.0" encoding="utf-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="x"><url>${server.urlOf('/d/other')}</url></file></metalink>`;
    server.write('/d/other', 'not me');
    for (const name of ['x.meta4', 'x.metalink']) {
      const copies = new CopyProcess();
      copies.add({ source: local.write(name, metalink), target: server.urlOf(`/d/${name}`) });
      copies.add({ source: server.urlOf(`/d/${name}`), target: local.file(`back ${name}`) });
      const results = await copies.run();
      assert.ok(results.every(({ error }) => error === undefined));
      assert.equal(readFileSync(server.file(`/d/${name}`), 'utf8'), metalink);
      assert.equal(readFileSync(local.file(`back ${name}`), 'utf8'), metalink);
      assert.equal((await new FileSystem(server.url).stat(`/d/${name}`)).size, metalink.length);
    }
  });
});
