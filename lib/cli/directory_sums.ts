/** Sums of files by directory, for `du`. Pure. */
import type { RemoteEntry } from '../jobs/run/list.js';
import { inOrder } from './sorted.js';

export interface DirectorySum {
  /** `.` is the target's base. */
  path: string;
  files: number;
  /** Bytes. */
  size: number;
  /** Readable now, without asking tape. */
  onlineFiles: number;
  onlineSize: number;
}

export class DirectorySums {
  readonly #roots: readonly string[];
  readonly #depth: number;
  readonly #sums = new Map<string, DirectorySum>();

  /**
   * @param roots as they were given; none: the base. Each has a sum, also if there is nothing in it
   * @param depth levels below each of them
   */
  constructor(roots: readonly string[], depth: number) {
    this.#roots = (roots.length === 0 ? ['.'] : roots).map(plain);
    this.#depth = depth;
    for (const root of this.#roots) this.#sumOf(root);
  }

  add({
    path,
    isDirectory,
    size,
    online,
  }: Pick<RemoteEntry, 'path' | 'isDirectory' | 'size' | 'online'>): void {
    for (const name of this.#above(path, isDirectory)) {
      const sum = this.#sumOf(name);
      if (isDirectory) continue;
      sum.files += 1;
      sum.size += size;
      if (!online) continue;
      sum.onlineFiles += 1;
      sum.onlineSize += size;
    }
  }

  /** In the order of paths. */
  all(): DirectorySum[] {
    return inOrder(
      [...this.#sums.values()].map((sum) => ({ ...sum, path: sum.path === '.' ? '' : sum.path })),
    ).map((sum) => ({ ...sum, path: sum.path === '' ? '.' : sum.path }));
  }

  /** The directories that have a sum and that this path is in, or is; a root that is a file, too. */
  #above(path: string, isDirectory: boolean): Set<string> {
    const found = new Set<string>();
    for (const root of this.#roots) {
      if (path === root) found.add(root);
      const start = root === '.' ? '' : `${root}/`;
      if (path === root || !path.startsWith(start)) continue;
      const parts = path.slice(start.length).split('/');
      const levels = Math.min(this.#depth, isDirectory ? parts.length : parts.length - 1);
      found.add(root);
      for (let level = 1; level <= levels; level += 1) found.add(start + parts.slice(0, level).join('/'));
    }
    return found;
  }

  #sumOf(path: string): DirectorySum {
    let sum = this.#sums.get(path);
    if (sum === undefined) {
      sum = { path, files: 0, size: 0, onlineFiles: 0, onlineSize: 0 };
      this.#sums.set(path, sum);
    }
    return sum;
  }
}

/** As list() understands it. */
function plain(path: string): string {
  return path.replace(/^(?:\.\/)+|\/+$/g, '') || '.';
}
