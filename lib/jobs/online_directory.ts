/** Online storage that is a local directory. */
import { relative } from 'node:path';
import pLimit from 'p-limit';
import { OpenDirectories } from '../cache/open_directories.js';
import { walk } from '../cache/walk.js';
import type { ArchiveConfig } from '../config/index.js';
import type { OnlineFile } from '../rules/retention.js';
import { checksumFile } from '../xrdcl/index.js';
import { setAside, type AsideContext } from './aside.js';
import { LazyRecord } from './lazy_record.js';
import { Moved, MOVED } from './moved.js';
import type { OnlineStorage, OpenedFile } from './online_storage.js';
import { removeRecord } from './remove_record.js';

/** Local checksums at once; the addon's threads do the work. */
const localChecksums = 4;

export class OnlineDirectory implements OnlineStorage {
  readonly #config: Pick<ArchiveConfig, 'checksumType' | 'pruneEmptyDirectories' | 'workerFilePath'>;
  readonly #context: AsideContext;
  readonly #directories: OpenDirectories;
  readonly #sums = pLimit(localChecksums);

  constructor(
    context: AsideContext,
    config: Pick<ArchiveConfig, 'checksumType' | 'pruneEmptyDirectories' | 'workerFilePath'>,
  ) {
    this.#context = context;
    this.#config = config;
    this.#directories = new OpenDirectories(context.root);
  }

  nameProblem(): undefined {
    return undefined;
  }

  async *files(): AsyncGenerator<OnlineFile, void, undefined> {
    const { root, run } = this.#context;
    const { workerFilePath } = this.#config;
    const ignore = new Set(workerFilePath === undefined ? [] : [relative(root.real, workerFilePath)]);
    for await (const entry of walk(root, { signal: run.signal, ignore })) {
      if (entry.kind === 'record') yield entry;
      else await setAside(entry, this.#context);
    }
  }

  async open(file: OnlineFile): Promise<OpenedFile> {
    const { root, run } = this.#context;
    const record = new LazyRecord(this.#directories, file);
    const opened = await record.open();
    const type = this.#config.checksumType;
    return {
      checksum: async (length) => {
        const range = length === undefined ? {} : { length };
        const sum = await this.#sums(() => checksumFile(opened, { type, signal: run.signal, ...range }));
        // Else a file that is being rewritten would look like a conflict.
        if (!opened.isUnchanged()) throw new Moved(MOVED.changed);
        return sum;
      },
      verified: () => record.verified(),
      remove: (removal) => removeRecord(file, removal, { root, emit: run.emit, config: this.#config }),
      close: () => {
        record.close();
      },
    };
  }

  close(): Promise<void> {
    return this.#directories.close();
  }
}
