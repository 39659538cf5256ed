/** The model: who owes which bytes. It is told by steps what users, third parties and tape did; what our jobs did is only observed. */
import type { Seen, Tree } from './look.js';

/** A version that a pass removed from a cache, or retention from online storage: the server owes it. */
export interface Owed {
  hash: string;
  size: number;
  /** Which catalogue must know it. */
  cache: number;
  rule: 'cached' | 'backed_up' | 'retention';
  /** As the catalogue's row has them. */
  checksums: string;
}

/** What is known of a file that a user wrote. */
export type WrittenFile = Pick<Seen, 'hash' | 'size' | 'ino'>;

/** What a third party, or tape, did to a remote file since it was made. */
export interface Harm {
  /** Other bytes, though size and second are the old ones: only who reads the bytes can see it. */
  quiet: boolean;
  /** And the server's stored checksum is the old one: of an offline file nobody can see it. */
  unseen: boolean;
  /** The copy on tape has other bytes than it says. */
  tape: boolean;
}

/** How often each step was done, and how long that took in all. */
export type Done = Map<string, { count: number; ms: number }>;

export class Truth {
  /** Of each cache, by path: the hash of what its owner last completed there, and neither deleted nor overwrote. */
  readonly local: Map<string, string>[] = [];
  /** By path below the target's base. */
  readonly archived = new Map<string, Owed>();
  /** By path: hashes of all that a pass of ours may have archived there. */
  readonly versions = new Map<string, Set<string>>();
  /** While a pass ran: what was in a cache under this name, when somebody put something else in its place, and the pass had it in hand. */
  readonly inFlight: { cache: number; path: string; seen: WrittenFile }[] = [];
  /** Of these what stayed under one of our own names. */
  readonly stranded: { cache: number; path: string; seen: WrittenFile }[] = [];
  /** And all hashes that a record had meanwhile, by cache and path. */
  readonly beside = new Map<string, Set<string>>();
  /** And what was written then, by cache and hash. */
  readonly besideSeen = new Map<string, WrittenFile>();
  /** The inodes of records that were written then, by cache and path. */
  readonly besideInodes = new Map<string, bigint>();
  /** And symbolic links that a user deleted or replaced then, by cache and path. */
  readonly besideUnlinked = new Set<string>();
  readonly harm = new Map<string, Harm>();
  /** The clock, the network or a server may have been in the way of jobs: these may fail then. */
  trouble = false;
  /** Is told each step before it is done. */
  onStep: ((step: string) => void) | undefined;
  /** Called when a job has ended, before what it did is checked: takes a fault back. */
  afterJob: (() => Promise<void>) | undefined;
  /** What tape is asked to do with a path: never write, never read, late. Read by the sandbox's matchers. */
  readonly notMigrated = new Set<string>();
  readonly notStaged = new Set<string>();
  steps = 0;
  /** By the name of the step. */
  readonly done: Done = new Map();
  /** For the messages of violations: what was done last. */
  readonly log: string[] = [];

  /** A user was at work in a cache: what is there now is what they wanted. */
  adopt(cache: number, tree: Tree): void {
    this.local[cache] = new Map(
      [...tree].filter(([, { hash }]) => isFile(hash)).map(([path, { hash }]) => [path, hash]),
    );
  }

  /** All that is in a cache may be archived from now on. */
  offered(cache: number): void {
    for (const [path, hash] of this.local[cache] ?? []) {
      const known = this.versions.get(path);
      if (known === undefined) this.versions.set(path, new Set([hash]));
      else known.add(hash);
    }
  }

  /** Somebody changed a remote file or tape lost it: nobody of us owes its bytes any longer. */
  harmed(path: string, harm: Partial<Harm>): void {
    const before = this.harm.get(path);
    this.harm.set(path, {
      quiet: harm.quiet === true || (before?.quiet ?? false),
      unseen: harm.unseen === true || (before?.unseen ?? false),
      tape: harm.tape === true || (before?.tape ?? false),
    });
    this.archived.delete(path);
  }

  /** A remote file has gone: what takes its place is another file. */
  gone(path: string): void {
    this.harm.delete(path);
    this.archived.delete(path);
  }
}

export function isFile(hash: string): boolean {
  return !hash.startsWith('link:') && hash !== 'special';
}
