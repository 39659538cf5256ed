/** Gives rows to files that the server has and the catalogue doesn't know: with the server's word, and no more. */
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { CatalogueRow } from '../../catalogue/row.js';
import type { ArchiveConfig } from '../../config/index.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { inBatches } from '../../flow/in_batches.js';
import type { RemoteStore } from '../../remote/store.js';
import { comparisonOfRestored } from '../../rules/comparison.js';
import type { Checksum } from '../../rules/checksum.js';
import { nameProblem } from '../../rules/names.js';
import { XRootDError } from '../../xrdcl/index.js';
import { failed } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import { list, type ListItem, type RemoteEntry } from '../run/list.js';
import type { Outcome } from '../run/tally.js';
import { recordLook, uploadLook } from '../run/uploads.js';

export interface ListedContext {
  config: ArchiveConfig;
  run: JobRun;
  catalogue: Catalogue;
  /** Knows what is on tape. */
  store: RemoteStore;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Ask for the server's checksums. */
  checksums: boolean;
}

const KNOWN = 'in the catalogue already';
const UNFINISHED = 'not whole on the server';

/** Files that are looked up in the catalogue together. */
const together = 256;
const batchesInFlight = 8;

export class ListedRecords {
  readonly #context: ListedContext;
  readonly #look: ReturnType<typeof recordLook>;
  #listed = 0;
  /** Rows without a checksum, although it was asked for. */
  #unsummed = 0;

  constructor(context: ListedContext) {
    this.#context = context;
    this.#look = recordLook(context.config);
  }

  async all(): Promise<{ listed: number; unsummed: number }> {
    const { config, run, catalogue, store } = this.#context;
    const options = { recursive: true, signal: run.signal, upload: uploadLook(config) };
    const items = filesOf(list(store, [], config.parallelStats, options));
    await forEachConcurrent(inBatches(run.found(items), together), batchesInFlight, async (batch) => {
      const rows = await catalogue.rowsOf(batch.map(({ path }) => path));
      await Promise.all(
        batch.map((entry, at) =>
          run.file(entry.path, entry.size, async () => await this.#file(entry, rows[at])),
        ),
      );
      await catalogue.flush();
    });
    return { listed: this.#listed, unsummed: this.#unsummed };
  }

  async #file(entry: RemoteEntry, known: CatalogueRow | undefined): Promise<Outcome> {
    const { catalogue, checksums, now } = this.#context;
    const { path, size, mtime, onTape } = entry;
    const lacks = known?.source === 'server' && known.checksums.length === 0 && known.size === size;
    if (known !== undefined && !(checksums && lacks)) return { result: 'kept', reason: KNOWN };
    if (entry.unfinished) return { result: 'kept', reason: UNFINISHED };
    const problem = nameProblem(path);
    if (problem !== undefined)
      return failed(path, 'BadName', `${problem}: give it another one on the server`);
    const sum = checksums ? await this.#checksum(entry) : undefined;
    if (checksums && sum === undefined) this.#unsummed += 1;
    const at = now();
    const row: CatalogueRow = known ?? {
      ...{ path, size, mtime: null, mode: null, checksums: [], source: 'server' },
      remoteMtime: Number.isNaN(mtime.getTime()) ? null : mtime.getTime(),
      ...{ copied: null, compared: null, onTape: onTape ? at : null },
      // Not in the cache: it has left it, and is to be followed until it is on tape.
      ...{ removing: this.#look(path) === null ? at : null, removed: null, rule: null },
      ...{ onlineRemoved: null, followed: null, lost: null, loss: null, audited: null, audit: null },
    };
    catalogue.note({ kind: 'imported', row: sum === undefined ? row : { ...row, checksums: [sum] } });
    this.#listed += 1;
    return { result: 'noted' };
  }

  /**
   * Never reads the file, since that could recall it from tape.
   * @returns undefined if the server has none
   * @throws when the server is gone
   */
  async #checksum({ path, size }: RemoteEntry): Promise<Checksum | undefined> {
    const { config, run, store } = this.#context;
    const types = await store.checksumTypes(run.signal);
    const { by, type } = comparisonOfRestored('auto', config.checksumType, types);
    if (by === 'read') return undefined;
    try {
      return await store.checksum(path, type, size, run.signal);
    } catch (error) {
      if (!(error instanceof XRootDError) || error.isConnectionFailure || error.retryable) throw error;
      return undefined;
    }
  }
}

async function* filesOf(items: AsyncIterable<ListItem>): AsyncGenerator<ListItem, void, undefined> {
  for await (const item of items) if ('failed' in item || !item.isDirectory) yield item;
}
