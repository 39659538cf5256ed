/** What every store promises (lib/remote/store.ts), to be tried on each: `describe('…', () => { keepsPromises(make); })`. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, it } from 'mocha';
import { checksumFile } from '../../lib/posix/index.js';
import type { RemoteStat, RemoteStore, Uploaded } from '../../lib/remote/store.js';
import { OtherFileRead } from '../../lib/remote/server_checksums.js';
import type { TapeSandbox } from '../../lib/sandbox/index.js';
import { XRootDError, type MadeFile } from '../../lib/xrdcl/index.js';
import { collect } from './archive.js';
import { TemporaryDirectory } from './temporary.js';

export interface Storage {
  store: RemoteStore;
  /** The URL of the base. */
  url: string;
  /** The base on this disk, empty, and open to the server's user. */
  root: string;
  /** Gives what others put there to the server's user. */
  own(name: string): void;
}

const MiB = 2 ** 20;
/** Either side of the size up to which files are copied in another way. */
const sizes = [0, 10, MiB, MiB + 1, 3 * MiB];
/** Bytes a second that a store needs at least, and half of what an upload has that is to be ended in the middle. */
export const contractRate = 24 * MiB;

const oddNames = [
  'a name',
  ' ends ',
  '100%25',
  'a#b&c=d',
  'üñ束\u{1f600}',
  'e\u0301',
  '"\'\\',
  '..a',
  'a..b',
  '-r',
  '[*]',
  '\ufeffb',
  'n'.repeat(254),
];
/** Of these nothing may come to the server. */
const badNames = ['a\nb', 'a\0b', 'a\u007fb', 'a?b'];

const aborted = () => AbortSignal.abort(new Error('enough'));

/** A new base on a sandbox. */
export function placeOnTape(sandbox: TapeSandbox): Omit<Storage, 'store'> {
  const base = randomUUID();
  const root = sandbox.diskPath(base);
  mkdirSync(root);
  chmodSync(root, 0o777);
  const own = (name: string) => {
    chmodSync(`${root}/${name}`, 0o777);
  };
  return { url: `${sandbox.url}/${base}`, root, own };
}

/** @param make a new base for each test; servers are the caller's */
export function keepsPromises(make: () => Promise<Storage> | Storage): void {
  let storage: Storage;
  let store: RemoteStore;
  let local: TemporaryDirectory;
  beforeEach(async () => {
    local = new TemporaryDirectory();
    storage = await make();
    store = storage.store;
  });
  afterEach(() => {
    local.remove();
  });

  const there = (name: string) => join(storage.root, name);
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(there(name)), { recursive: true });
    for (let each = dirname(name); each !== '.'; each = dirname(each)) storage.own(each);
    writeFileSync(there(name), content);
    storage.own(name);
  };
  const files = () => readdirSync(storage.root, { recursive: true }).map(String).sort();
  const seen = async (name: string): Promise<RemoteStat> => {
    const stat = await store.stat(name);
    assert.ok(stat, name);
    return stat;
  };
  const notLeft = (url: string) => {
    throw new Error(`${url} was left`);
  };
  const bytesOf = (size: number) => Buffer.alloc(size, `${size} bytes `);
  const urlOf = (name: string) => `${storage.url}/${name}`;
  const uploaded = (name: string, content: string | Uint8Array, options = {}): Promise<Uploaded> =>
    store.upload(local.write('source', content), name, options);
  /** Of the server, with its number, and what it is about. */
  const refused = (code: string, about: Partial<Record<'source' | 'target', string>>) => (error: unknown) => {
    assert.ok(error instanceof XRootDError, String(error));
    const { source, target } = error;
    assert.equal(error.code, code);
    assert.deepEqual(
      { ...(source !== undefined && { source }), ...(target !== undefined && { target }) },
      about,
    );
    return true;
  };

  it('stat: files, directories, the base; null where nothing is', async () => {
    write('d/f', 'four');
    utimesSync(there('d/f'), 1e9, 1e9);
    const { size, kind, mtime, id } = await seen('d/f');
    assert.deepEqual([size, kind, mtime], [4, 'file', new Date(1e12)]);
    assert.notEqual(id, '');
    assert.equal((await seen('d')).kind, 'directory');
    assert.equal((await seen('')).kind, 'directory');
    for (const name of ['none', 'd/none', 'none/none']) assert.equal(await store.stat(name), null);
  });

  it('statMany: in the order of the names, more than are asked for at once', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `d/${i}`);
    for (const [i, name] of names.entries()) if (i % 3 !== 0) write(name, 'x'.repeat(i));
    const stats = await store.statMany([...names, 'd/?', 'd', 'd/1']);
    assert.deepEqual(
      stats.map((stat) => (stat instanceof Error ? stat.name : (stat?.size ?? stat))).slice(0, 300),
      names.map((_, i) => (i % 3 === 0 ? null : i)),
    );
    const [bad, directory, again] = stats.slice(300);
    assert.ok(bad instanceof TypeError);
    assert.ok(directory && !(directory instanceof Error) && directory.kind === 'directory');
    assert.ok(again && !(again instanceof Error) && again.size === 1);
    assert.deepEqual(await store.statMany([]), []);
  });

  it('odd names come, go and are listed unchanged', async () => {
    for (const name of oddNames) {
      await uploaded(`${name}/${name}`, name, { sizeHint: Buffer.byteLength(name) });
      assert.equal(readFileSync(there(`${name}/${name}`), 'utf8'), name);
    }
    const names = oddNames.map((name) => `${name}/${name}`);
    for (const stat of await store.statMany(names)) assert.ok(stat && !(stat instanceof Error));
    const listed = await collect(store.list(''));
    assert.deepEqual(listed.map(({ path }) => path).sort(), [...oddNames].sort());
    assert.ok(listed.every(({ isDirectory, problem }) => isDirectory && problem === undefined));
    for (const [i, name] of names.entries()) {
      const [only] = await collect(store.list(oddNames[i] ?? ''));
      assert.deepEqual(only, { path: name, isDirectory: false });
      const size = Buffer.byteLength(oddNames[i] ?? '');
      const sum = await store.checksum(name, 'adler32', size);
      assert.equal(sum.value, (await checksumFile(there(name), { type: 'adler32' })).value);
      const target = local.file(`odd ${i}`);
      await store.download(name, target, { sizeHint: size });
      assert.equal(readFileSync(target, 'utf8'), oddNames[i]);
      assert.equal(await store.removeSeen(name, await seen(name)), 'removed');
      assert.ok(!existsSync(there(name)));
    }
  });

  it('names that XRootD would misread are refused, and nothing is asked for', async () => {
    write('a', 'mine');
    const stat = await seen('a');
    const to = local.file('misread');
    for (const name of badNames) {
      const calls: Record<string, () => Promise<unknown>> = {
        stat: () => store.stat(name),
        list: () => collect(store.list(name)),
        listStats: () => store.listStats(name, 10),
        checksum: () => store.checksum(name, 'adler32', 1),
        readChecksum: () => store.readChecksum(name, 'adler32', stat),
        upload: () => uploaded(name, 'x'),
        download: () => store.download(name, to, {}),
        'rename from': () => store.rename(name, 'b'),
        'rename to': () => store.rename('a', name),
        removeSeen: () => store.removeSeen(name, stat),
        stage: () => store.stage([name]),
        cancelStage: () => store.cancelStage('1', [name]),
        queryStage: () => store.queryStage('1', [name]),
        evict: () => store.evict(['a', name]),
        mark: () => store.mark(name, () => Promise.resolve(), { onLeft: () => undefined }),
      };
      for (const [title, call] of Object.entries(calls))
        await assert.rejects(call, TypeError, `${title} ${JSON.stringify(name)}`);
    }
    assert.deepEqual(files(), ['a']);
    assert.ok(!existsSync(to));
  });

  it('a listing is complete, and says what is a directory', async () => {
    const names = Array.from({ length: 1200 }, (_, i) => `d/${String(i).padStart(150, 'x')}`);
    for (const name of names) write(name, '');
    write('d/sub/f', '');
    const listed = await collect(store.list('d'));
    assert.deepEqual(
      listed
        .filter(({ isDirectory }) => !isDirectory)
        .map(({ path }) => path)
        .sort(),
      names.sort(),
    );
    assert.deepEqual(
      listed.filter(({ isDirectory }) => isDirectory),
      [{ path: 'd/sub', isDirectory: true }],
    );
    const stats = await store.listStats('d', 1201);
    assert.equal(stats?.size, 1201);
    assert.deepEqual([stats.get('d/sub')?.kind, stats.get(names[7] ?? '')?.size], ['directory', 0]);
    assert.equal(await store.listStats('d', 1200), undefined);
  });

  it('a listing of nothing, of a file, and one that is ended', async () => {
    write('f', 'x');
    mkdirSync(there('empty'));
    assert.deepEqual(await collect(store.list('empty')), []);
    assert.deepEqual(await store.listStats('empty', 1), new Map());
    await assert.rejects(collect(store.list('none')), refused('NotFound', { target: urlOf('none') }));
    await assert.rejects(collect(store.list('f')), XRootDError);
    for (const name of ['none', 'f']) assert.equal(await store.listStats(name, 10), undefined);
    await assert.rejects(collect(store.list('', aborted())), { message: 'enough' });
    const abort = new AbortController();
    const ended = async () => {
      for await (const _ of store.list('', abort.signal)) abort.abort(new Error('enough'));
    };
    await assert.rejects(ended, { message: 'enough' });
  });

  for (const size of sizes)
    it(`${size} bytes there and back, with their checksums`, async () => {
      const told: number[] = [];
      const content = bytesOf(size);
      const options = { sizeHint: size, checksumType: 'adler32', sync: true };
      const onProgress = (bytes: number) => void told.push(bytes);
      const result = await uploaded('new/d/f', content, { ...options, onProgress });
      assert.ok(readFileSync(there('new/d/f')).equals(content));
      const { value } = await checksumFile(there('new/d/f'), { type: 'adler32' });
      assert.deepEqual([result.size, result.checksum], [size, { type: 'adler32', value }]);
      assert.equal(result.made?.id, (await seen('new/d/f')).id);
      assert.equal(told.at(-1), size);
      const target = local.file(`came ${size}`);
      told.length = 0;
      const came = await store.download('new/d/f', target, { ...options, onProgress });
      assert.equal(came.size, size);
      assert.ok(came.checksum === undefined || came.checksum.value === value);
      assert.ok(readFileSync(target).equals(content));
      assert.equal(told.at(-1), size);
      for (const type of ['adler32', 'crc32c'] as const) {
        const { value: mine } = await checksumFile(there('new/d/f'), { type });
        assert.deepEqual(await store.checksum('new/d/f', type, size), { type, value: mine });
        assert.deepEqual(await store.readChecksum('new/d/f', type, await seen('new/d/f')), {
          type,
          value: mine,
        });
      }
    });

  it('an upload replaces nothing', async () => {
    write('f', 'theirs');
    mkdirSync(there('d'));
    for (const name of ['f', 'd'])
      for (const size of [4, 2 * MiB]) {
        const left: MadeFile[] = [];
        const options = {
          label: 'the record',
          sizeHint: size,
          onLeft: (made: MadeFile) => void left.push(made),
        };
        await assert.rejects(
          uploaded(name, bytesOf(size), options),
          refused('ItExists', { source: 'the record', target: urlOf(name) }),
        );
        assert.deepEqual(left, []);
      }
    assert.equal(readFileSync(there('f'), 'utf8'), 'theirs');
    assert.deepEqual(files(), ['d', 'f']);
  });

  it('an upload of what isn’t there, or is a directory, leaves nothing', async () => {
    const source = local.file('none');
    for (const sizeHint of [4, 2 * MiB])
      await assert.rejects(store.upload(source, 'd/f', { label: 'the record', sizeHint }), (error) => {
        refused('NotFound', { source: 'the record', target: urlOf('d/f') })(error);
        assert.equal((error as XRootDError).errno, 2);
        return true;
      });
    await assert.rejects(store.upload(local.path, 'd/f', {}), XRootDError);
    assert.equal(await store.stat('d/f'), null);
  });

  it('a download replaces nothing, and leaves nothing of what can’t be had', async () => {
    write('f', 'mine');
    mkdirSync(there('d'));
    const taken = local.write('taken', 'theirs');
    for (const sizeHint of [4, 2 * MiB]) {
      await assert.rejects(
        store.download('f', taken, { label: 'here', sizeHint }),
        (error) => error instanceof XRootDError && error.target === 'here' && error.source === urlOf('f'),
      );
      const target = local.file('free');
      await assert.rejects(
        store.download('none', target, { label: 'here', sizeHint }),
        refused('NotFound', { source: urlOf('none'), target: 'here' }),
      );
      await assert.rejects(store.download('d', target, { sizeHint }), XRootDError);
      assert.ok(!existsSync(target));
    }
    assert.equal(readFileSync(taken, 'utf8'), 'theirs');
  });

  it('what is aborted before is never begun', async () => {
    write('f', 'mine');
    const stat = await seen('f');
    const signal = aborted();
    const target = local.file('aborted');
    const calls: Record<string, () => Promise<unknown>> = {
      stat: () => store.stat('f', signal),
      statMany: () => store.statMany(['f'], signal),
      listStats: () => store.listStats('', 10, signal),
      checksum: () => store.checksum('f', 'adler32', 4, signal),
      readChecksum: () => store.readChecksum('f', 'adler32', stat, signal),
      upload: () => uploaded('new', 'x', { signal }),
      'large upload': () => uploaded('new', 'x', { signal, sizeHint: 2 * MiB }),
      download: () => store.download('f', target, { signal }),
      'large download': () => store.download('f', target, { signal, sizeHint: 2 * MiB }),
      rename: () => store.rename('f', 'g', signal),
      removeSeen: () => store.removeSeen('f', stat, signal),
      surroundings: () => store.surroundings('x', signal),
      mark: () => store.mark('m', () => Promise.resolve(), { onLeft: () => undefined, signal }),
      stage: () => store.stage(['f'], signal),
      cancelStage: () => store.cancelStage('1', ['f'], signal),
      queryStage: () => store.queryStage('1', ['f'], signal),
      evict: () => store.evict(['f'], signal),
      ping: () => store.ping(signal),
      pingApart: () => store.pingApart(5, signal),
      differing: () => store.differing('f', signal),
      proxies: () => store.proxies(signal),
      readOnly: () => store.readOnly(signal),
    };
    for (const [title, call] of Object.entries(calls))
      await assert.rejects(call, { message: 'enough' }, title);
    assert.deepEqual(files(), ['f']);
    assert.ok(!existsSync(target));
  });

  it('what is aborted in the middle leaves nothing, there and here', async () => {
    const size = 2 * contractRate;
    const source = local.sparse('large', size);
    const begun = async (path: string, abort: AbortController, copy: Promise<unknown>) => {
      const ended = assert.rejects(copy, { message: 'enough' });
      while (!abort.signal.aborted) {
        if (readdirSync(dirname(path)).length > 0) abort.abort(new Error('enough'));
        await new Promise(setImmediate);
      }
      await ended;
    };
    mkdirSync(there('d'));
    storage.own('d');
    const up = new AbortController();
    await begun(there('d/f'), up, store.upload(source, 'd/f', { sizeHint: size, signal: up.signal }));
    assert.equal(await store.stat('d/f'), null);
    write('large', new Uint8Array(size));
    const down = new AbortController();
    mkdirSync(local.file('to'));
    const target = join(local.file('to'), 'f');
    await begun(target, down, store.download('large', target, { sizeHint: size, signal: down.signal }));
    assert.ok(!existsSync(target));
  });

  it('checksums of what isn’t there, and of a type that nobody has', async () => {
    write('f', 'mine');
    const stat = await seen('f');
    await assert.rejects(
      store.checksum('none', 'adler32', 1),
      refused('NotFound', { target: urlOf('none') }),
    );
    await assert.rejects(store.checksum('f', 'md55', 4), XRootDError);
    await assert.rejects(store.readChecksum('none', 'adler32', stat), XRootDError);
    const { named: types } = await store.checksumTypes();
    for (const type of ['adler32', 'crc32c']) assert.ok(types.includes(type), types.join());
  });

  it('readChecksum: of the file that was told of, no other', async () => {
    write('f', 'mine');
    utimesSync(there('f'), 1e9, 1e9);
    const stat = await seen('f');
    await assert.rejects(store.readChecksum('f', 'adler32', { ...stat, size: 5 }), XRootDError);
    const listed = { ...stat, id: '' };
    assert.equal((await store.readChecksum('f', 'adler32', listed)).type, 'adler32');
    write('other', 'Mine');
    utimesSync(there('other'), 1e9, 1e9);
    await assert.rejects(store.readChecksum('other', 'adler32', stat), OtherFileRead);
  });

  it('rename: a new name; of what isn’t there none', async () => {
    write('f', 'mine');
    await store.rename('f', 'd/g');
    assert.equal(readFileSync(there('d/g'), 'utf8'), 'mine');
    assert.equal(await store.stat('f'), null);
    await assert.rejects(
      store.rename('none', 'h'),
      (error) => error instanceof XRootDError && error.code === 'NotFound',
    );
    assert.deepEqual(files(), ['d', 'd/g']);
  });

  it('rename to a name that is taken: the other is replaced, or it stays and that is said', async () => {
    write('f', 'mine');
    write('g', 'theirs');
    const code = await store.rename('f', 'g').then(
      () => undefined,
      (error: unknown) => (error instanceof XRootDError ? error.code : error),
    );
    const kept = code === undefined ? { g: 'mine' } : { f: 'mine', g: 'theirs' };
    assert.ok(code === undefined || code === 'ItExists', String(code));
    assert.deepEqual(
      Object.fromEntries(files().map((name) => [name, readFileSync(there(name), 'utf8')])),
      kept,
    );
  });

  it('removeSeen: what was seen, and nothing else', async () => {
    write('f', 'mine');
    const stat = await seen('f');
    write('g', 'mine');
    assert.equal(await store.removeSeen('g', stat), 'other');
    utimesSync(there('f'), 1e9, 1e9);
    assert.equal(await store.removeSeen('f', stat), 'other');
    const now = await seen('f');
    assert.equal(await store.removeSeen('f', { ...now, backUpExists: !now.backUpExists }), 'other');
    assert.equal(await store.removeSeen('f', { ...now, offline: true }), 'other');
    assert.deepEqual(files(), ['f', 'g']);
    assert.equal(await store.removeSeen('f', now), 'removed');
    assert.equal(await store.removeSeen('f', now), 'gone');
    assert.deepEqual(files(), ['g']);
  });

  it('a directory is taken for no file', async () => {
    mkdirSync(there('d'));
    storage.own('d');
    const directory = await seen('d');
    assert.equal(await store.removeSeen('d', directory), 'other');
    await assert.rejects(store.checksum('d', 'adler32', 1), XRootDError);
    await assert.rejects(store.readChecksum('d', 'adler32', directory), XRootDError);
    assert.deepEqual(files(), ['d']);
  });

  it('removeMade: nothing that is complete, nor another’s', async () => {
    const { made } = await uploaded('f', 'mine');
    assert.ok(made);
    assert.equal(await store.removeMade('f', made), 'unsure');
    const part = { ...made, complete: false, size: 10 };
    write('g', 'theirs');
    utimesSync(there('g'), 1e9, 1e9);
    assert.equal(await store.removeMade('g', part), 'other');
    assert.equal(await store.removeMade('none', part), 'gone');
    assert.deepEqual(files(), ['f', 'g']);
    assert.equal(await store.removeMade('f', part), 'removed');
  });

  it('surroundings and marks: the nearest first, an empty directory during the task', async () => {
    const during = await store.mark('m', async () => [(await seen('m')).kind, files()], {
      onLeft: notLeft,
    });
    assert.deepEqual(during, ['directory', ['m']]);
    assert.deepEqual(files(), []);
    await assert.rejects(
      store.mark('m', () => Promise.reject(new Error('its own')), { onLeft: notLeft }),
      { message: 'its own' },
    );
    await assert.rejects(
      store.mark('none/m', () => Promise.resolve(), { onLeft: () => undefined }),
      XRootDError,
    );
    write('f', 'x');
    const around = await store.surroundings('f');
    const [base, above] = around;
    assert.ok(base?.isBase === true && above?.isBase === false);
    assert.deepEqual([base.url, base.stat.id, base.entry?.size], [storage.url, (await seen('')).id, 1]);
    assert.equal(above.entry, null);
    assert.ok(storage.url.startsWith(above.url));
  });

  it('requests to tape: an id, and no word of what it doesn’t know', async () => {
    write('f', 'x');
    const id = await store.stage(['f']);
    assert.notEqual(id, '');
    const told = await store.queryStage(id, ['f', 'none']);
    assert.ok([...told.keys()].every((name) => ['f', 'none'].includes(name)));
    assert.ok(statSync(there('f')).isFile());
  });
}
