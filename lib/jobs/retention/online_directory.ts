/** Online storage that is a local directory. */
import { relative } from 'node:path';
import { splitPath } from '../../cache/directory.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import { walk } from '../../cache/walk.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { OnlineFile } from '../../rules/retention.js';
import { handleNonRecord, type NonRecordContext } from '../record/not_a_record.js';
import { LazyRecord } from '../record/local_file.js';
import type { OnlineStorage, OpenedFile } from './online_storage.js';
import { removeRecord } from '../record/remove_record.js';
import type { SeparateStorage } from '../separation/separate_storage.js';
import { LocalSums } from '../record/local_sums.js';

export class OnlineDirectory implements OnlineStorage {
  readonly #config: Pick<ArchiveConfig, 'pruneEmptyDirectories' | 'workerFilePath'>;
  readonly #context: NonRecordContext;
  readonly #separate: SeparateStorage;
  readonly #directories: OpenDirectories;
  readonly #sums = new LocalSums();

  constructor(
    context: NonRecordContext,
    config: Pick<ArchiveConfig, 'pruneEmptyDirectories' | 'workerFilePath'>,
    separate: SeparateStorage,
  ) {
    this.#separate = separate;
    this.#context = context;
    this.#config = config;
    this.#directories = new OpenDirectories(context.root);
  }

  check(): Promise<void> {
    return this.#separate.checkSurroundings();
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
      else await handleNonRecord(entry, this.#context);
    }
  }

  async open(file: OnlineFile): Promise<OpenedFile> {
    const { root, run } = this.#context;
    const record = new LazyRecord(this.#directories, file);
    const opened = await record.open();
    return {
      anyDevice: await this.#separate.mayKnowOtherDevices(),
      checksum: (type, length) => this.#sums.ofUnwritten(opened, type, { length, signal: run.signal }),
      verified: () => record.verified(),
      remove: async (removal, lastLook) => {
        const [directory] = splitPath(file.path);
        await this.#separate.search(directory);
        return await removeRecord(
          file,
          removal,
          { root, run, config: this.#config },
          {
            lastLook: async (capture) => {
              await this.#separate.prove(directory, capture);
              return await lastLook();
            },
            onPutBack: (now) => {
              file.identity = now;
            },
          },
        );
      },
      close: () => {
        record.close();
      },
    };
  }

  close(): Promise<void> {
    return this.#directories.close();
  }
}
