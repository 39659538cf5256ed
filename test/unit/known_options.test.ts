import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { checkOptions } from '../../lib/config/known_options.js';
import { Archive, ConfigError } from '../../lib/index.js';
import { keepingLogger } from '../support/archive.js';

/** Nothing listens there, and no such cache exists: whatever looks at the options second fails otherwise. */
function archive(): Archive {
  const options = { cacheDirectory: '/nonexistent/cache', targetUrl: 'root://127.0.0.1:1//base' };
  return new Archive(options, { logger: keepingLogger().logger });
}

/** Drops the types, as JavaScript's users do. */
const loosely = (options: object) => options as never;

async function wrong(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: 'it was taken' });
}

describe('options of methods', () => {
  const it1 = archive();
  const calls: [name: string, (options: object) => Promise<unknown>][] = [
    ['backup', (options) => it1.backup(loosely(options))],
    ['restore', (options) => it1.restore(['a'], loosely({ to: '/nonexistent', ...options }))],
    ['stage', (options) => it1.stage(['a'], loosely(options))],
    ['evict', (options) => it1.evict(['a'], loosely(options))],
    ['verify', (options) => it1.verify([], loosely(options))],
    ['drill', (options) => it1.drill([], loosely(options))],
    ['rebuild', (options) => it1.rebuild(loosely(options))],
    ['retention', (options) => it1.retention(loosely(options))],
    ['open', (options) => it1.open('a', loosely(options))],
    ['waitUntilOnTape', (options) => it1.waitUntilOnTape(['a'], loosely(options))],
    ['ls', (options) => it1.ls([], loosely(options)).next()],
    ['put', (options) => it1.put('a', 'x', loosely(options))],
    ['status', (options) => it1.status([], loosely(options)).next()],
    ['find', (options) => it1.find([], loosely(options)).next()],
    ['stop', (options) => it1.stop(loosely(options))],
    ['catalogue.export', (options) => it1.catalogue.export(loosely(options)).next()],
    ['catalogue.import', (options) => it1.catalogue.import([], loosely(options))],
    ['catalogue.forget', (options) => it1.catalogue.forget(['a'], loosely(options))],
  ];
  for (const [name, call] of calls)
    it(`${name}: one that is not known is an error before anything is done`, async () => {
      assert.match(await wrong(() => call({ nonsense: 1 })), /^nonsense: is no option here: there are \w/);
    });

  it('names the option that looks like it, in whatever case it was written', async () => {
    for (const [given, meant] of Object.entries({
      dryrun: 'dryRun',
      dry_run: 'dryRun',
      DryRun: 'dryRun',
      singal: 'signal',
      shards: 'shard',
    }))
      assert.equal(
        await wrong(() => it1.backup(loosely({ [given]: true }))),
        `${given}: is no option here; did you mean ${meant}?`,
      );
  });

  it('looks into options of options, and tells of each mistake', async () => {
    const text = await wrong(() => it1.verify([], loosely({ against: { catalog: true } })));
    assert.equal(text, 'against.catalog: is no option here: there are cache');
    const shard = { index: 0, count: 2, total: 2 };
    assert.match(await wrong(() => it1.backup(loosely({ shard }))), /^shard\.total: is no option here/);
    const both = await wrong(() => it1.stage(['a'], loosely({ wiat: true, dryrun: true })));
    assert.deepEqual(both.split('\n').length, 2, both);
  });

  for (const [name, call] of calls.filter(([name]) => name !== 'restore'))
    it(`${name}: what is no object is an error of the same kind`, async () => {
      for (const options of [null, 'x', 7, []])
        assert.equal(await wrong(() => call(options as never)), 'the options must be an object');
    });

  it('a restore without place, or with what is no object, says what is missing', async () => {
    const restore = (options?: unknown) => wrong(() => it1.restore(['p'], options as never));
    assert.equal(await restore(undefined), 'the options must be an object');
    assert.equal(await restore('/back'), 'the options must be an object');
    assert.equal(
      await restore({}),
      'to: is missing: it must be a directory, or the URL of another XRootD server',
    );
  });
});

describe('arguments of the wrong kind are an error before anything is done', () => {
  const it1 = archive();
  const to = '/nonexistent';
  const lists: [name: string, key: string, call: (paths: never) => Promise<unknown>][] = [
    ['backup', 'paths', (paths) => it1.backup({ paths })],
    ['restore', 'paths', (paths) => it1.restore(paths, { to })],
    ['stage', 'paths', (paths) => it1.stage(paths)],
    ['evict', 'paths', (paths) => it1.evict(paths)],
    ['verify', 'paths', (paths) => it1.verify(paths)],
    ['drill', 'paths', (paths) => it1.drill(paths)],
    ['status', 'paths', (paths) => it1.status(paths).next()],
    ['ls', 'paths', (paths) => it1.ls(paths).next()],
    ['find', 'patterns', (paths) => it1.find(paths).next()],
    ['waitUntilOnTape', 'paths', (paths) => it1.waitUntilOnTape(paths)],
    ['catalogue.forget', 'paths', (paths) => it1.catalogue.forget(paths, { reason: 'x' })],
    ['restore of a list', 'list', (list) => it1.restore([], { to, list })],
    ['stage of a list', 'list', (list) => it1.stage([], { list })],
    ['evict of a list', 'list', (list) => it1.evict([], { list })],
    ['verify of a list', 'list', (list) => it1.verify([], { list })],
    ['drill of a list', 'list', (list) => it1.drill([], { list })],
    ['find of a list', 'list', (list) => it1.find([], { list }).next()],
  ];
  for (const [name, key, call] of lists)
    it(`${name}: what is no list of paths`, async () => {
      for (const given of ['a/b', null, 7, {}, [7], ['a', null]])
        assert.match(await wrong(() => call(given as never)), new RegExp(`^${key}: must be `));
    });

  it('open: what is no path', async () => {
    for (const given of [null, 7, {}, []])
      assert.match(await wrong(() => it1.open(given as never)), /^path: must be /);
  });

  it('verify: what names no other side', async () => {
    const against = (given: unknown) => wrong(() => it1.verify([], { against: given as never }));
    for (const given of [null, 'catalogue', 7, []])
      assert.match(await against(given), /^against: must be an object/);
    for (const given of [null, 'a list', 7, {}])
      assert.match(await against({ checksums: given }), /^against\.checksums: must be /);
    for (const given of [null, 7, {}, ''])
      assert.match(await against({ directory: given }), /^against\.directory: must be /);
  });

  it('signals, times, seeds, states, reasons', async () => {
    const signals: ((signal: never) => Promise<unknown>)[] = [
      (signal) => it1.backup({ signal }),
      (signal) => it1.verify([], { signal }),
      (signal) => it1.restore(['a'], { to, signal }),
      (signal) => it1.open('a', { signal }),
      (signal) => it1.put('a', 'x', { signal }),
      (signal) => it1.find([], { signal }).next(),
    ];
    for (const call of signals)
      for (const given of [null, 7, {}])
        assert.equal(await wrong(() => call(given as never)), 'signal: must be an AbortSignal');
    for (const given of [null, '2026-01-01', 7, new Date(NaN)]) {
      const time = given as never;
      assert.equal(await wrong(() => it1.find([], { since: time }).next()), 'since: must be a valid Date');
      assert.equal(await wrong(() => it1.restore([], { to, until: time })), 'until: must be a valid Date');
    }
    assert.equal(await wrong(() => it1.drill([], loosely({ seed: 7 }))), 'seed: must be a text');
    for (const states of [null, 'lost', ['gone']])
      assert.match(
        await wrong(() => it1.find([], loosely({ states })).next()),
        /^states: must be a list of /,
      );
    for (const reason of [undefined, 7, ' '])
      assert.match(await wrong(() => it1.catalogue.forget(['a'], loosely({ reason }))), /needs a reason/);
  });

  it('a time of another realm is one, too', () => {
    checkOptions({ since: runInNewContext('new Date(0)') as Date }, { since: true });
    const invalid = runInNewContext('new Date(NaN)') as Date;
    assert.throws(() => {
      checkOptions({ since: invalid }, { since: true });
    }, /since: must be a valid Date/);
  });

  it('put: what is no path or no data is refused, too', async () => {
    for (const path of [null, 7, {}, []])
      await assert.rejects(it1.put(path as never, 'x'), { name: 'CacheError', code: 'InvalidPath' });
    for (const data of [null, undefined, 7, {}])
      await assert.rejects(it1.put('a', data as never), { message: /^put\(\) takes bytes, text, or/ });
  });
});
