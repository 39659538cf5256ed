import assert from 'node:assert/strict';
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

  for (const [name, call] of calls.filter(([name]) => /^(backup|retention|verify|drill)$/.test(name)))
    it(`${name}: what is no object is an error of the same kind`, async () => {
      for (const options of [null, 'x', 7])
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
