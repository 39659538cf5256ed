/** What file systems hold, read directly; a file that hasn't changed since the last look isn't read again. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './content.js';

export interface Seen {
  /** Of the bytes; `link:TARGET` of a symbolic link. */
  hash: string;
  size: number;
  mtimeNs: bigint;
  ino: bigint;
  mode: number;
}

export type Tree = ReadonlyMap<string, Seen>;

const OURS = '.xrootd-archive.';
const CAPTURE = `${OURS}removing.`;
const CAPTURE_DIRECTORY = `${OURS}removing-`;

export class Looker {
  readonly #known = new Map<string, { of: string; hash: string }>();

  /**
   * Everything below the directory that isn't ours; directories themselves are left out.
   * @param how `anew`: a store through a mapping may have changed bytes and no time
   */
  tree(directory: string, how?: 'anew'): Tree {
    if (how === 'anew') this.#known.clear();
    const seen = new Map<string, Seen>();
    this.#walk(directory, '', seen, 'records');
    return seen;
  }

  /** Records that are held under our own names, because they were to be removed. */
  captures(directory: string): Tree {
    const seen = new Map<string, Seen>();
    this.#walk(directory, '', seen, 'captures');
    return seen;
  }

  /** Undefined: there is no such file. */
  file(path: string): Seen | undefined {
    let info: BigIntStats;
    try {
      info = lstatSync(path, { bigint: true });
    } catch {
      return undefined;
    }
    if (info.isDirectory()) return undefined;
    return this.#seen(path, info);
  }

  #walk(root: string, below: string, seen: Map<string, Seen>, what: 'records' | 'captures'): void {
    let entries;
    try {
      entries = readdirSync(join(root, below), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      const { name } = entry;
      const path = below === '' ? name : `${below}/${name}`;
      const inCaptures = what === 'captures';
      if (name.startsWith(CAPTURE_DIRECTORY) && entry.isDirectory()) {
        if (inCaptures)
          for (const held of readdirSync(join(root, path)))
            this.#add(root, `${path}/${held}`, below === '' ? held : `${below}/${held}`, seen);
      } else if (name.startsWith(OURS)) {
        const record = name.slice(CAPTURE.length);
        if (inCaptures && name.startsWith(CAPTURE))
          this.#add(root, path, below === '' ? record : `${below}/${record}`, seen);
      } else if (entry.isDirectory()) this.#walk(root, path, seen, what);
      else if (!inCaptures) this.#add(root, path, path, seen);
    }
  }

  #add(root: string, path: string, as: string, seen: Map<string, Seen>): void {
    const file = this.file(join(root, path));
    if (file !== undefined) seen.set(as, file);
  }

  #seen(path: string, info: BigIntStats): Seen {
    const rest = {
      size: Number(info.size),
      mtimeNs: info.mtimeNs,
      ino: info.ino,
      mode: Number(info.mode) & 0o7777,
    };
    if (info.isSymbolicLink()) return { hash: `link:${readlinkSync(path)}`, ...rest };
    if (!info.isFile()) return { hash: 'special', ...rest };
    const of = `${info.dev} ${info.ino} ${info.size} ${info.mtimeNs} ${info.ctimeNs}`;
    const known = this.#known.get(path);
    // A change within one step of the kernel's clock leaves the times as they are: what is younger is read again.
    const settled = BigInt(Date.now()) * 1_000_000n - info.ctimeNs > 20_000_000n;
    if (known?.of === of) return { hash: known.hash, ...rest };
    const hash = hashOf(readFileSync(path));
    if (settled) this.#known.set(path, { of, hash });
    return { hash, ...rest };
  }
}
