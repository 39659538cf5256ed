import type { BufferLedger } from './buffer_ledger.js';
import type { ResolvedOptions } from './options.js';
import type { TapeStore } from './tape_store.js';

/** Seconds between two looks at what can't go on yet: a full buffer, a file that is open. */
export const retrySeconds = 0.2;

/** Something that the tape robot did, or couldn't do. */
export interface TapeActivity {
  /** What was done, or couldn't be. */
  type: 'migrated' | 'staged' | 'evicted' | 'migration failed' | 'stage failed' | 'evict failed';
  /** Path on the server. */
  path: string;
  /** When it had ended. */
  time: Date;
  /** Why it failed. */
  error?: string;
}

/** What the robot works with. */
export interface RobotContext {
  options: ResolvedOptions;
  store: TapeStore;
  ledger: BufferLedger | undefined;
  /** Has the server cache a file's checksums. */
  cacheChecksums: (path: string) => Promise<void>;
  /** Files on disk that the server has open; undefined where that can't be seen. */
  openFiles: () => Promise<ReadonlySet<string> | undefined>;
}

/** What the robot gives its parts beside. */
export interface RobotPart extends RobotContext {
  /** Runs work on one of the tape drives, when one is free. */
  onDrive: <T>(work: () => Promise<T>) => Promise<T>;
  /** Runs work on one file after all that goes on with it. Who needs a drive, too, takes that first. */
  alone: <T>(path: string, work: () => Promise<T>) => Promise<T>;
  note: (type: TapeActivity['type'], path: string, error?: string) => void;
}

/** The path that the options' matchers are asked about. */
export function relativePath({ basePath }: ResolvedOptions, path: string): string {
  return path.slice(basePath.length + 1);
}
