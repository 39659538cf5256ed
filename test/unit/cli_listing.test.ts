/** How lists of what is at the target are sorted, summed up and drawn. */
import assert from 'node:assert/strict';
import { DirectorySums } from '../../lib/cli/directory_sums.js';
import { relativeHint } from '../../lib/cli/remote_listing.js';
import { sortedByPath } from '../../lib/cli/sorted.js';
import { treeLines } from '../../lib/cli/tree_lines.js';

async function sorted(paths: string[], most?: number): Promise<{ paths: string[]; told: number[] }> {
  const told: number[] = [];
  const items = async function* () {
    for (const path of paths) yield await Promise.resolve({ path });
  };
  const found: string[] = [];
  for await (const { path } of sortedByPath(items(), (number) => told.push(number), most)) found.push(path);
  return { paths: found, told };
}

describe('a sorted list', () => {
  it('has what is in a directory right after it', async () => {
    assert.deepEqual(await sorted(['b', 'a.h5', 'a/x', 'a', 'a/b/c', 'a-b']), {
      paths: ['a', 'a/b/c', 'a/x', 'a-b', 'a.h5', 'b'],
      told: [],
    });
  });

  it('is given as it comes if it is too long, and that is told once', async () => {
    assert.deepEqual(await sorted(['c', 'b', 'a', 'd'], 2), { paths: ['c', 'b', 'a', 'd'], told: [2] });
    assert.deepEqual(await sorted(['b', 'a'], 2), { paths: ['a', 'b'], told: [] });
  });
});

describe('the sums of directories', () => {
  const entries = [
    { path: 'a', isDirectory: true, size: 4096, online: true },
    { path: 'a/b', isDirectory: true, size: 4096, online: true },
    { path: 'a/b/c', isDirectory: false, size: 100, online: false },
    { path: 'a/d', isDirectory: false, size: 10, online: true },
    { path: 'e', isDirectory: false, size: 1, online: true },
    { path: 'empty', isDirectory: true, size: 4096, online: true },
  ];
  const sums = (roots: string[], depth: number, of = entries) => {
    const all = new DirectorySums(roots, depth);
    for (const entry of of) all.add(entry);
    return all
      .all()
      .map(({ path, files, size, onlineFiles, onlineSize }) =>
        [path, files, size, onlineFiles, onlineSize].join(' '),
      );
  };

  it('are those of all that lies below, down to a level', () => {
    assert.deepEqual(sums([], 0), ['. 3 111 2 11']);
    assert.deepEqual(sums(['.'], 1), ['. 3 111 2 11', 'a 2 110 1 10', 'empty 0 0 0 0']);
    assert.deepEqual(sums([], 9), ['. 3 111 2 11', 'a 2 110 1 10', 'a/b 1 100 0 0', 'empty 0 0 0 0']);
  });

  it('are those of the paths that were given, files too', () => {
    assert.deepEqual(sums(['./a/', 'e'], 1), ['a 2 110 1 10', 'a/b 1 100 0 0', 'e 1 1 1 1']);
    assert.deepEqual(sums(['nowhere'], 1, []), ['nowhere 0 0 0 0']);
  });
});

describe('a tree', () => {
  it('is drawn with all that is above a name', () => {
    const lines = treeLines([
      { path: 'a/b', isDirectory: true },
      { path: 'a/b/c\n', isDirectory: false },
      { path: 'a/d', isDirectory: false, label: '[5 B]  ' },
      { path: 'e', isDirectory: false },
    ]);
    assert.deepEqual(lines, [
      '.',
      '├── a/',
      '│   ├── b/',
      '│   │   └── c\\u000a',
      '│   └── [5 B]  d',
      '└── e',
    ]);
  });
});

describe('a path of the server', () => {
  it('is told to be relative, and how it would be', () => {
    const url = 'root://server//archive/x';
    assert.equal(relativeHint('2026', url), '');
    const base = "; paths are relative to the target's base, /archive/x";
    assert.equal(relativeHint('/archive/x/2026/', url), `${base}: give 2026`);
    assert.equal(relativeHint('/archive/x', url), `${base}: give .`);
    assert.equal(relativeHint('/archive/xy', url), base);
  });
});
