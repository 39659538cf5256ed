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

/** No path is longer than a name: each directory is opened through its parent, without recursion, for trees are deeper than the stack. */
function openBelow(parent: number, name: string): number {
  return openSync(entry(parent, name), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

function openRoot(root: string): number {
  return openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
}

function entry(directory: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${directory}/${name}`, 'latin1');
}

/** False where another file or directory stands in the way. */
export function writeRaw(root: string, name: RawName, bytes: string | Buffer): boolean {
  const directories = name.split('/');
  const file = directories.pop() ?? '';
  let directory = openRoot(root);
  try {
    for (const each of directories) {
      if (!existsSync(entry(directory, each))) mkdirSync(entry(directory, each));
      const child = openBelow(directory, each);
      closeSync(directory);
      directory = child;
    }
    writeFileSync(entry(directory, file), bytes, { flag: 'wx' });
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  } finally {
    closeSync(directory);
  }
}

interface Visited {
  directory: number;
  /** Its path, with a slash behind it. */
  path: string;
  /** Directories in it that are still to be visited. */
  children: string[];
}

/** The bytes of all files, by their whole names. */
export function readTree(root: string): Tree {
  const found = new Map<RawName, string>();
  const visit = (directory: number, path: string): Visited => {
    const children: string[] = [];
    const options = { withFileTypes: true, encoding: 'latin1' } as const;
    for (const each of readdirSync(`/proc/self/fd/${directory}`, options))
      if (each.isDirectory()) children.push(each.name);
      else found.set(path + each.name, readFileSync(entry(directory, each.name), 'latin1'));
    return { directory, path, children };
  };
  const open = [visit(openRoot(root), '')];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const name = last.children.pop();
    if (name !== undefined) open.push(visit(openBelow(last.directory, name), `${last.path}${name}/`));
    else closeSync(open.pop()!.directory);
  }
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
