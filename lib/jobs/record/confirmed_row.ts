/** Compares rows of the catalogue with the server; what is wrong is asked once more, by itself, before it is called so. */
import type { CatalogueRow } from '../../catalogue/row.js';
import type { CatalogueReader } from '../../catalogue/union.js';
import { ConfigError } from '../../config/index.js';
import { NextRun } from '../../flow/next_run.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { compareRow, type ComparedRow, type CompareRowContext } from './compare_row.js';

export interface ConfirmedRowsContext extends CompareRowContext {
  store: Pick<RemoteStore, 'stat' | 'ping' | 'differing' | 'checksum' | 'checksumTypes' | 'readChecksum'>;
  rows: Pick<CatalogueReader, 'rowsOf'>;
  /** Also asked once more, though its bytes may be right. */
  isSuspect?: (row: CatalogueRow, remote: RemoteStat | null) => boolean;
  /** The base wasn't there when the job began. */
  baseWasMissing?: boolean;
}

export interface Looked {
  row: CatalogueRow;
  /** As it was found last. */
  remote: RemoteStat | null;
  compared: ComparedRow;
}

/** Several data servers have different files of the name: nobody can say which of them is meant. */
export interface Unsure {
  unsure: string;
}

export class ConfirmedRows {
  readonly #context: ConfirmedRowsContext;
  readonly #server: NextRun<void>;
  #hasFound = false;

  constructor(context: ConfirmedRowsContext) {
    this.#context = context;
    this.#server = new NextRun(() => this.#askServer());
  }

  /**
   * @param remote what a stat just told
   * @returns undefined if its row was taken out of the catalogue meanwhile
   * @throws what asking throws: a check that couldn't be made is a failure, and never a loss (S11)
   */
  async look(row: CatalogueRow, remote: RemoteStat | null): Promise<Looked | Unsure | undefined> {
    this.#hasFound ||= remote !== null;
    const looked = { row, remote, compared: await compareRow(row, remote, this.#context) };
    return this.#isSuspect(looked) ? await this.#again(row.path) : looked;
  }

  /** Its row may have changed meanwhile, and a server in trouble may call missing what is there: all is asked anew. */
  async #again(path: string): Promise<Looked | Unsure | undefined> {
    const { store, rows, signal } = this.#context;
    await this.#server.ask();
    const [row] = await rows.rowsOf([path]);
    if (row === undefined) return undefined;
    const remote = await store.stat(path, signal);
    const looked = { row, remote, compared: await compareRow(row, remote, this.#context) };
    if (!this.#isSuspect(looked)) return looked;
    await this.#server.ask();
    if (!isWrong(looked.compared) || remote === null) return looked;
    const servers = await store.differing(path, signal);
    if (servers.length === 0) return looked;
    const which = `several data servers have different files of this name: ${servers.join(', ')}`;
    return { unsure: `${looked.compared.reason}; ${which}` };
  }

  #isSuspect({ row, remote, compared }: Looked): boolean {
    return isWrong(compared) || this.#context.isSuspect?.(row, remote) === true;
  }

  /** @throws {XRootDError} when the server is gone, or lacks data servers; {ConfigError} when all is gone at once */
  async #askServer(): Promise<void> {
    const { store, signal, baseWasMissing = false } = this.#context;
    await store.ping(signal);
    if (this.#hasFound || (!baseWasMissing && (await store.stat('', signal)) !== null)) return;
    const message =
      "the server doesn't have this base, of which the catalogue has records: is its storage mounted?";
    throw new ConfigError([{ key: 'targetUrl', message }]);
  }
}

export type WrongRow = Extract<ComparedRow, { found: 'missing' | 'differs' }>;

export function isWrong(compared: ComparedRow): compared is WrongRow {
  return compared.found === 'missing' || compared.found === 'differs';
}

/** Sizes alone prove no bytes. */
export function isProven({ size }: CatalogueRow, compared: ComparedRow): boolean {
  return compared.found === 'same' && (compared.sum !== undefined || size === 0);
}
