/** Where the demonstration works: a directory of its own that goes with it, however it ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bytes } from '../lib/cli/format.js';
import { folderSize } from './folder.js';
import { expectedBytes, type Wanted } from './records.js';

export interface Needs extends Wanted {
  folder?: string;
}

export class Workplace implements AsyncDisposable {
  readonly root: string;
  /** The cache, where an experiment's software would write its records. */
  readonly cache: string;
  /** A second copy of made records, to compare with; a given folder is its own. */
  readonly original: string;
  /** What comes back from tape. */
  readonly back: string;
  /** Where the sandbox makes its own directory; undefined where it can't be here. */
  readonly sandbox: string | undefined;
  readonly #atExit = (): void => {
    rmSync(this.root, { recursive: true, force: true });
  };

  private constructor(parent: string) {
    this.root = mkdtempSync(path.join(parent, 'xrootd-demo-'));
    this.cache = path.join(this.root, 'cache');
    this.original = path.join(this.root, 'original');
    this.back = path.join(this.root, 'back');
    // Beside ours: should we end in a hurry, it has a keeper of its own that must still find it. Names of sockets are
    // short, and xrootd's configuration splits at spaces.
    this.sandbox = /^[\w./-]{1,60}$/.test(parent) ? parent : undefined;
    process.on('exit', this.#atExit);
  }

  /** @throws Error when the folder isn't one, or there is too little space */
  static async make(needs: Needs): Promise<Workplace> {
    const size = await sizeOf(needs);
    const workplace = new Workplace(await roomyDirectory(size));
    try {
      await mkdir(workplace.cache);
      await mkdir(workplace.back);
      return workplace;
    } catch (error) {
      await workplace[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
    process.removeListener('exit', this.#atExit);
  }
}

/** The most that is on disk at once, at the end: tape, its buffer, what came back, and what made records are compared with. */
async function sizeOf({ folder, large, small }: Needs): Promise<number> {
  if (folder !== undefined) {
    const stats = await stat(folder).catch(() => undefined);
    if (stats?.isDirectory() !== true) throw new Error(`${folder} is not a directory`);
    return 3 * (await folderSize(folder));
  }
  return 4 * expectedBytes({ large, small });
}

async function roomyDirectory(size: number): Promise<string> {
  const spare = 100e6;
  const candidates = [...new Set([tmpdir(), '/tmp', '/var/tmp'])];
  for (const directory of candidates) {
    const disk = await statfs(directory).catch(() => undefined);
    if (disk !== undefined && disk.bavail * disk.bsize > size + spare) return directory;
  }
  throw new Error(
    `the demonstration needs ${bytes(size + spare)} of disk, which none of ${candidates.join(', ')} has free; ` +
      'set TMPDIR to a directory that has, or make it smaller: npm run demo -- --large 1',
  );
}
