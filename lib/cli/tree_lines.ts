/** Draws a tree of paths. Pure. */
import { printable } from './format.js';

export interface TreeEntry {
  path: string;
  isDirectory: boolean;
  /** What stands before the name. */
  label?: string;
}

interface Branch {
  name: string;
  label: string;
  isDirectory: boolean;
  below: Map<string, Branch>;
}

/** @param entries in order; directories that aren't among them are drawn too, since something is in them */
export function treeLines(entries: readonly TreeEntry[]): string[] {
  const root = branch('.');
  for (const { path, isDirectory, label = '' } of entries) {
    let at = root;
    for (const name of path.split('/')) {
      const next = at.below.get(name) ?? branch(name);
      at.below.set(name, next);
      at = next;
    }
    if (at === root) continue;
    at.isDirectory = isDirectory;
    at.label = label;
  }
  return ['.', ...below(root, '')];
}

function branch(name: string): Branch {
  return { name, label: '', isDirectory: true, below: new Map() };
}

function below({ below: branches }: Branch, indent: string): string[] {
  const all = [...branches.values()];
  return all.flatMap((each, index) => {
    const last = index === all.length - 1;
    const name = printable(each.name) + (each.isDirectory ? '/' : '');
    return [
      `${indent}${last ? '└── ' : '├── '}${each.label}${name}`,
      ...below(each, `${indent}${last ? '    ' : '│   '}`),
    ];
  });
}
