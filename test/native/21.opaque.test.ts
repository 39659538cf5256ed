import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NativeFileSystem } from '../../lib/addon/addon.js';
import { withOpaque } from '../../lib/xrdcl/opaque.js';
import {
  copyFile,
  FileSystem,
  onClientLog,
  readChecksum,
  setClientLogLevel,
  statOpened,
  urlOf,
  XRootDError,
} from '../../lib/xrdcl/index.js';
import { collect } from '../support/archive.js';
import { PlainServer } from '../support/plain_server.js';
import type { Recorded } from '../support/recorded_requests.js';
import { Relay } from '../support/relay.js';

const secret = 'Bearer%20abcdefghijklmnopqrstuvwxyz';
const opaque = `eos.app=test&authz=${secret}`;

/** Every kind of request that a FileSystem can send. */
type Kind = Exclude<keyof FileSystem, 'url'>;

const requests: Record<Kind, { kind: string; ask: (files: FileSystem) => Promise<unknown> }> = {
  stat: { kind: 'stat', ask: (files) => files.stat('/d/file') },
  statMany: { kind: 'stat', ask: (files) => files.statMany(['/d/file', '/d/none']) },
  statVfs: { kind: 'stat', ask: (files) => files.statVfs('/d') },
  dirList: { kind: 'dirlist', ask: (files) => collect(files.dirList('/d', { stat: true })) },
  dirStats: { kind: 'dirlist', ask: (files) => collect(files.dirStats('/d')) },
  mkdir: { kind: 'mkdir', ask: (files) => files.mkdir('/d/new') },
  rm: { kind: 'rm', ask: (files) => files.rm('/d/gone') },
  rmdir: { kind: 'rmdir', ask: (files) => files.rmdir('/d/new') },
  mv: { kind: 'mv', ask: (files) => files.mv('/d/file', '/d/moved') },
  truncate: { kind: 'truncate', ask: (files) => files.truncate('/d/moved', 3) },
  chmod: { kind: 'chmod', ask: (files) => files.chmod('/d/moved', 0o600) },
  locate: { kind: 'locate', ask: (files) => files.locate('/d/moved', { deep: true }) },
  dataServers: { kind: 'locate', ask: (files) => files.dataServers() },
  role: { kind: 'protocol', ask: (files) => files.role() },
  ping: { kind: 'ping', ask: (files) => files.ping() },
  stage: { kind: 'prepare stage', ask: (files) => files.stage(['/d/moved', '/d/other']) },
  evict: { kind: 'prepare evict', ask: (files) => files.evict(['/d/moved']) },
  cancelStage: { kind: 'prepare cancel', ask: (files) => files.cancelStage('1:2', ['/d/moved']) },
  queryPrepare: { kind: 'query prepare', ask: (files) => files.queryPrepare('1:2', ['/d/moved']) },
  queryChecksum: { kind: 'query checksum', ask: (files) => files.queryChecksum('/d/moved', 'adler32') },
  queryConfig: { kind: 'query config', ask: (files) => files.queryConfig(['chksum']) },
  queryChecksumTypes: { kind: 'query config', ask: (files) => files.queryChecksumTypes() },
  querySpace: { kind: 'query space', ask: (files) => files.querySpace('/d') },
  setXAttr: { kind: 'fattr', ask: (files) => files.setXAttr('/d/moved', 'a', Buffer.from('b')) },
  getXAttr: { kind: 'fattr', ask: (files) => files.getXAttr('/d/moved', 'a') },
  listXAttr: { kind: 'fattr', ask: (files) => files.listXAttr('/d/moved') },
  delXAttr: { kind: 'fattr', ask: (files) => files.delXAttr('/d/moved', 'a') },
};

/** What is about the server, or all servers of a cluster. */
const pathless = new Set<Kind>(['ping', 'queryConfig', 'queryChecksumTypes', 'dataServers', 'role']);

/** What a server refuses whatever goes with it: a request id that it never gave, a name that isn't there. */
const refused = new Set<Kind>(['cancelStage', 'queryPrepare', 'rm']);

describe('opaque information of a URL goes with each request', () => {
  let server: PlainServer;
  let relay: Relay;
  let recorded: readonly Recorded[];
  let directory: string;

  before(async () => {
    server = await PlainServer.start({ config: ['xrootd.chksum max 2 adler32'] });
    server.write('/d/file', 'text');
    server.write('/d/other', 'other');
    relay = await Relay.start(server.url);
    recorded = relay.record();
    directory = mkdtempSync(join(tmpdir(), 'opaque-'));
  });
  after(async () => {
    relay.stop();
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  /** @returns the requests of this kind, all of whose paths have it, once */
  function assertShown(since: number, kind: string): Recorded[] {
    const found = recorded.slice(since).filter((request) => request.kind === kind);
    assert.ok(
      found.length > 0,
      `no ${kind} among ${recorded
        .slice(since)
        .map((each) => each.kind)
        .join()}`,
    );
    for (const request of recorded.slice(since))
      for (const path of request.paths) {
        const options = path.slice(path.indexOf('?') + 1).split('&');
        for (const option of opaque.split('&'))
          assert.equal(options.filter((each) => each === option).length, 1, `${request.kind} ${path}`);
        assert.doesNotMatch(path, /xrdcl|intent/);
      }
    return found;
  }

  for (const [name, { kind, ask }] of Object.entries(requests)) {
    it(name, async () => {
      const since = recorded.length;
      const files = new FileSystem(`${relay.url}//?${opaque}&xrdcl.intent=mine`);
      if (refused.has(name as Kind)) await assert.rejects(ask(files), XRootDError);
      else await ask(files);
      const found = assertShown(since, kind);
      if (!pathless.has(name as Kind)) assert.ok(found.some(({ paths }) => paths.length > 0));
    });
  }

  it('a query that is not known to have a path, or none, is refused', () => {
    const native = {} as NativeFileSystem;
    assert.throws(() => withOpaque(native, opaque).query(4, '/d', 1, () => undefined), /where does query 4/);
  });

  for (const [title, size] of [
    ['small', 1000],
    ['large', 3_000_000],
  ] as const)
    it(`copies of ${title} files, their checksums, reading back, and what is removed of them`, async () => {
      const file = join(directory, title);
      writeFileSync(file, Buffer.alloc(size, title));
      const target = urlOf(`${relay.url}//?${opaque}`, `/d/${title}`);
      const since = recorded.length;
      const checksum = { checkSumMode: 'end2end', checkSumType: 'adler32' } as const;
      const up = await copyFile({ source: file, target, sizeHint: size, ...checksum });
      assert.equal(up.error, undefined);
      const down = await copyFile({ source: target, target: `${file}.back`, sizeHint: size, ...checksum });
      assert.equal(down.error, undefined);
      assertShown(since, 'open');
      assertShown(since, 'query checksum');
      await readChecksum(target, 'adler32');
      await statOpened(target);
      assert.equal(assertShown(since, 'open').length, 4);
      // It differs from what is expected, so it is asked about and removed.
      const wrong = { checkSumMode: 'target', checkSumType: 'adler32', checkSumPreset: '1' } as const;
      const failed = await copyFile({
        ...{ source: file, target: `${target.split('?')[0] ?? ''}-2?${opaque}`, sizeHint: size },
        ...{ rmOnBadCksum: true, ...wrong },
      });
      assert.equal(failed.error?.code, 'CheckSumError');
      assert.equal(failed.partialLeft, false);
      assertShown(since, 'rm');
    });

  it('names with odd letters stay as they are', async () => {
    const names = ['a&b=c', 'blank in it', 'xrdcl.intent=tpc', '%3Fx=1#y', 'ä☃'];
    const files = new FileSystem(`${relay.url}//?${opaque}`);
    for (const name of names) {
      const [path, moved] = [`/odd/${name}`, `/odd/moved ${name}`];
      const source = join(directory, 'odd');
      writeFileSync(source, name);
      for (const [target, sizeHint] of [
        [path, 10],
        [`${path}-2`, undefined],
      ] as const) {
        const copied = await copyFile({ source, target: urlOf(files.url, target), sizeHint });
        assert.equal(copied.error, undefined);
      }
      await files.mv(path, moved);
      await files.queryChecksum(moved, 'adler32');
      assert.equal((await files.stat(moved)).size, Buffer.byteLength(name));
      await files.stage([moved, `${path}-2`]);
      await files.rm(`${path}-2`);
    }
    const listed = await collect(files.dirList('/odd'));
    assert.deepEqual(listed.map(({ name }) => name).sort(), names.map((name) => `moved ${name}`).sort());
  });

  it('a redirector hands it on, once', async () => {
    const { port } = new URL(relay.url);
    const front = await PlainServer.start({
      config: [`xrootd.redirect 127.0.0.1:${port} all`, `xrootd.redirect 127.0.0.1:${port} /`],
    });
    try {
      const since = recorded.length;
      const files = new FileSystem(`${front.url}//?${opaque}&xrdcl.intent=redirected`);
      await files.mkdir('/behind');
      const source = join(directory, 'behind');
      for (const size of [1000, 2_000_000]) {
        writeFileSync(source, Buffer.alloc(size));
        const target = urlOf(files.url, `/behind/${size}`);
        assert.equal((await copyFile({ source, target, sizeHint: size })).error, undefined);
        await readChecksum(target, 'adler32');
      }
      assert.equal((await collect(files.dirList('/behind', { stat: true }))).length, 2);
      await files.queryChecksum('/behind/1000', 'adler32');
      await files.mv('/behind/1000', '/behind/moved');
      await files.stage(['/behind/moved']);
      await files.rm('/behind/moved');
      for (const kind of ['mkdir', 'open', 'dirlist', 'query checksum', 'mv', 'prepare stage', 'rm'])
        assertShown(since, kind);
    } finally {
      await front.stop();
    }
  });

  it('options that change count for the next request, and those of the connection for the next connection', async () => {
    const since = recorded.length;
    let cgi = 'authz=first1';
    const files = new FileSystem(relay.url, () => cgi);
    assert.equal(files.url, `${relay.url}//?authz=first1`);
    await files.stat('/d/other');
    cgi = 'authz=second2';
    await files.stat('/d/other');
    await files.queryChecksum('/d/other', 'adler32');
    cgi = 'authz=second2&xrdcl.intent=another';
    await files.stat('/d/other');
    await files.queryChecksum('/d/other', 'adler32');
    cgi = '';
    await files.stat('/d/other');
    assert.equal(files.url, relay.url);
    const kinds = recorded.slice(since).filter(({ kind }) => kind !== 'protocol');
    assert.deepEqual(
      kinds.filter(({ paths }) => paths.length > 0).map(({ paths }) => paths[0]),
      [
        ...['/d/other?authz=first1', '/d/other?authz=second2', '/d/other?cks.type=adler32&authz=second2'],
        ...['/d/other?authz=second2', '/d/other?cks.type=adler32&authz=second2', '/d/other'],
      ],
    );
    // Two connections were there before: checksums have their own.
    assert.equal(kinds.filter(({ kind }) => kind === 'login').length, 2);
  });

  it('no error and no log of libXrdCl shows it, whatever its name', async () => {
    const hidden = 'hush-hush-hush';
    const server = `${relay.url}//?site.key=${hidden}&authz=${secret}`;
    const lines: string[] = [];
    const stop = onClientLog(({ message }) => lines.push(message));
    setClientLogLevel('dump');
    try {
      const files = new FileSystem(server);
      const asked = await files.stat('/d/none').catch((error: unknown) => error as XRootDError);
      assert.ok(asked instanceof XRootDError);
      assert.deepEqual([asked.code, asked.target], ['NotFound', `${relay.url}//d/none`]);
      const source = join(directory, 'shown');
      writeFileSync(source, Buffer.alloc(2_000_000));
      const copied = await copyFile({ source, target: urlOf(server, '/d/shown') });
      assert.equal(copied.error, undefined);
      const again = await copyFile({ source, target: urlOf(server, '/d/shown') });
      assert.equal(again.error?.code, 'ItExists');
      await readChecksum(urlOf(server, '/d/shown'), 'crc32c');
      const told = [asked, again.error].map((error) => JSON.stringify([error.message, error])).join();
      for (const text of [hidden, secret, secret.slice('Bearer%20'.length)]) {
        assert.ok(!told.includes(text), told);
        assert.deepEqual(
          lines.filter((line) => line.includes(text)),
          [],
        );
      }
      assert.ok(lines.some((line) => line.includes('site.key=***')));
    } finally {
      setClientLogLevel('none');
      stop();
    }
  });
});
