/** Trees of files by the bytes of their names, however long their paths are. */
import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import type { RawName } from './hostile_names.js';

/** The bytes of files by their names. */
export type Tree = Map<RawName, string>;

/** No path is longer than a name: each directory is opened through its parent. */
function within<T>(parent: number, name: string, use: (directory: number) => T): T {
  const opened = openSync(
    entry(parent, name),
    constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
  );
  try {
    return use(opened);
  } finally {
    closeSync(opened);
  }
}

function entry(directory: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${directory}/${name}`, 'latin1');
}

function atRoot<T>(root: string, use: (directory: number) => T): T {
  const opened = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use(opened);
  } finally {
    closeSync(opened);
  }
}

/** False where another file or directory stands in the way. */
export function writeRaw(root: string, name: RawName, bytes: string | Buffer): boolean {
  const descend = (directory: number, components: string[]): boolean => {
    const [first = '', ...rest] = components;
    const at = entry(directory, first);
    try {
      if (rest.length === 0) {
        writeFileSync(at, bytes, { flag: 'wx' });
        return true;
      }
      if (!existsSync(at)) mkdirSync(at);
      return within(directory, first, (child) => descend(child, rest));
    } catch (error) {
      if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  };
  return atRoot(root, (directory) => descend(directory, name.split('/')));
}

/** The bytes of all files, by their whole names. */
export function readTree(root: string): Tree {
  const found = new Map<RawName, string>();
  const visit = (directory: number, before: string): void => {
    for (const each of readdirSync(`/proc/self/fd/${directory}`, {
      withFileTypes: true,
      encoding: 'latin1',
    })) {
      const name = before + each.name;
      if (each.isDirectory())
        within(directory, each.name, (child) => {
          visit(child, `${name}/`);
        });
      else found.set(name, readFileSync(entry(directory, each.name), 'latin1'));
    }
  };
  atRoot(root, (directory) => {
    visit(directory, '');
  });
  return found;
}

/** The two have the same names, with the same bytes. */
export function assertSame(found: Tree, wanted: Tree, what: string): void {
  const lacking = [...wanted].filter(([name, bytes]) => found.get(name) !== bytes);
  const others = [...found].filter(([name]) => !wanted.has(name));
  assert.deepEqual(
    [lacking.slice(0, 10), others.slice(0, 10)],
    [[], []],
    `${what}: lacks ${lacking.length}, has ${others.length} others: ${JSON.stringify([lacking[0], others[0]])}`,
  );
}
