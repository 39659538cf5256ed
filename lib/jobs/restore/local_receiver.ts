/** Restored files in a local directory. */
import pLimit from 'p-limit';
import { DiskRoom, type RoomClaim } from '../../cache/disk_room.js';
import { splitPath, type CacheDirectory } from '../../cache/directory.js';
import { errnoCode } from '../../cache/errors.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import { IncomingFile, standingFile, withFile } from '../../cache/receive.js';
import { mostOpenFiles } from '../../remote/open_files.js';
import type { Checksum } from '../../rules/checksum.js';
import { receivedNameProblem } from '../../rules/received_name.js';
import type { ChecksumType } from '../../xrdcl/index.js';
import { LocalSums } from '../record/local_sums.js';
import { LocalIncoming } from './local_incoming.js';
import type { Expected, Incoming, Receiver, Standing } from './receiver.js';

type Limit = <T>(task: () => Promise<T>) => Promise<T>;

/** Above this number no limit is needed: there never are so many copies and looks at once. A limit costs small files a tenth. */
const plenty = 1024;

function limitTo(most: number): Limit {
  if (most >= plenty) return (task) => task();
  const limit = pLimit(most);
  return (task) => limit(task);
}

/** Takes a place within a limit; resolves with the function that gives it back. */
function placeIn(limit: Limit): Promise<() => void> {
  return new Promise((resolve) => {
    void limit(
      () =>
        new Promise<void>((giveBack) => {
          resolve(giveBack);
        }),
    );
  });
}

export class LocalReceiver implements Receiver {
  readonly isLocal = true;
  readonly #root: CacheDirectory;
  readonly #fsync: boolean;
  readonly #sums = new LocalSums();
  readonly #receiving: Limit;
  readonly #looking: Limit;
  readonly #room: DiskRoom;
  readonly #directories: OpenDirectories;

  constructor(root: CacheDirectory, fsync: boolean) {
    this.#root = root;
    this.#fsync = fsync;
    this.#room = new DiskRoom(root.real);
    this.#directories = new OpenDirectories(root, fsync);
    const most = mostOpenFiles();
    this.#receiving = limitTo(most);
    this.#looking = limitTo(Math.ceil(most / 4));
  }

  get place(): string {
    return this.#root.real;
  }

  nameProblem(name: string): string | undefined {
    return receivedNameProblem(name, { directory: this.#root.real });
  }

  claim(bytes: number): Promise<RoomClaim> {
    return this.#room.claim(bytes);
  }

  async look(path: string): Promise<Standing | null> {
    const [parent, name] = splitPath(path);
    try {
      return await this.#looking(() =>
        this.#directories.use(parent, false, (directory) => standingFile(directory, name)),
      );
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  checksum(path: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum> {
    const [parent, name] = splitPath(path);
    return this.#looking(() =>
      this.#directories.use(parent, false, (directory) =>
        withFile(directory, name, (file) => this.#sums.of(file, type, { signal })),
      ),
    );
  }

  /** A file that waits for its place has no descriptors open. */
  async begin(path: string, expected: Expected): Promise<Incoming> {
    const giveBack = await placeIn(this.#receiving);
    const [parent, name] = splitPath(path);
    try {
      const { directory, release } = await this.#directories.take(parent, true);
      const { mtime, mode, replaces } = expected;
      const file = new IncomingFile(directory, name, {
        ...{ mtime, mode, overwrite: replaces?.version, fsync: this.#fsync },
      });
      const end = async () => {
        try {
          await release();
        } finally {
          giveBack();
        }
      };
      const label = `${this.#root.real}/${path}`;
      return new LocalIncoming(file, {
        ...{ path, label, expected, sums: this.#sums, end },
      });
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#directories.close();
    await this.#root.close();
  }
}
