import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ListedStats } from '../../lib/remote/listed_stats.js';
import type { RemoteStat, RemoteStore } from '../../lib/remote/store.js';

type Files = ReadonlyMap<string, RemoteStat>;

const file = (size: number): RemoteStat => ({
  id: '',
  size,
  kind: 'file',
  mtime: new Date(size),
  offline: false,
  backUpExists: false,
});

/** A server that lists only those for which `lists` is true, and nothing of directories with more than it may tell. */
class Server implements Pick<RemoteStore, 'listStats' | 'statMany'> {
  readonly listed: string[] = [];
  asked = 0;
  readonly #files: Files;
  readonly #lists: (name: string) => boolean;

  constructor(files: Files, lists: (name: string) => boolean = () => true) {
    this.#files = files;
    this.#lists = lists;
  }

  statMany(names: readonly string[]): Promise<(RemoteStat | null)[]> {
    this.asked += names.length;
    return Promise.resolve(names.map((name) => this.#files.get(name) ?? null));
  }

  listStats(directory: string, most: number): Promise<Files | undefined> {
    this.listed.push(directory);
    const inside = [...this.#files].filter(([name]) => directoryOf(name) === directory && this.#lists(name));
    return Promise.resolve(inside.length > most ? undefined : new Map(inside));
  }
}

function directoryOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '';
}

function many(directory: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${directory}${directory && '/'}shot ${i}`);
}

describe('ListedStats', () => {
  it('tells what a stat of each tells, whatever the listings leave out', async () => {
    const name = fc
      .tuple(fc.constantFrom('', 'a', 'a/b', 'c'), fc.integer({ min: 0, max: 60 }))
      .map(([directory, i]) => `${directory}${directory && '/'}${i}`);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 150 }),
        fc.uniqueArray(name, { maxLength: 150 }),
        fc.func(fc.boolean()),
        async (held, asked, lists) => {
          const files = new Map(held.map((each, size) => [each, file(size)]));
          const stats = await new ListedStats(new Server(files, lists)).statMany(asked);
          assert.deepEqual(
            stats,
            asked.map((each) => files.get(each) ?? null),
          );
        },
      ),
    );
  });

  it('lists a directory once, and asks for nothing that the listing has', async () => {
    const names = ['', 'a', 'a/b', 'c', 'd', 'e', 'f'].flatMap((directory) => many(directory, 100));
    const server = new Server(new Map(names.map((name) => [name, file(1)])));
    const listed = new ListedStats(server);
    for (let at = 0; at < names.length; at += 50) await listed.statMany(names.slice(at, at + 50));
    assert.deepEqual(server.listed, ['', 'a', 'a/b', 'c', 'd', 'e', 'f']);
    assert.equal(server.asked, 0);
    // It holds a few listings only; what it has dropped isn't fetched again.
    await listed.statMany(many('', 100));
    assert.equal(server.listed.length, 7);
    assert.equal(server.asked, 100);
  });

  it('asks for a few names, and where a directory has too many', async () => {
    const few = new Server(new Map());
    await new ListedStats(few).statMany([...many('a', 31), ...many('b', 31)]);
    assert.deepEqual([few.listed, few.asked], [[], 62]);
    const crowded = new Server(new Map(many('a', 20_000).map((name) => [name, file(1)])));
    const listed = new ListedStats(crowded);
    for (let i = 0; i < 3; i++)
      assert.ok((await listed.statMany(many('a', 128))).every((stat) => stat !== null));
    assert.deepEqual([crowded.listed, crowded.asked], [['a'], 3 * 128]);
  });

  it('errors stay in their places', async () => {
    const trouble = new Error('kXR_NotAuthorized');
    const server: Pick<RemoteStore, 'listStats' | 'statMany'> = {
      listStats: () => Promise.resolve(undefined),
      statMany: (names) => Promise.resolve(names.map((name) => (name === 'shot 3' ? trouble : null))),
    };
    const stats = await new ListedStats(server).statMany(many('', 40));
    assert.deepEqual(
      stats.flatMap((stat, index) => (stat === trouble ? [index] : [])),
      [3],
    );
  });
});
