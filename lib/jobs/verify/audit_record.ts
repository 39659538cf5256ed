/**
 * What becomes of one row of the catalogue: what is wrong is asked once more before it is called so. Results go into the catalogue.
 */
import { LOST_COPY } from '../../rules/failure_codes.js';
import type { CatalogueRow } from '../../catalogue/row.js';
import { ConfigError } from '../../config/index.js';
import { NextRun } from '../../flow/next_run.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { hasLeftCache } from '../../rules/audit.js';
import { checksumText } from '../../rules/checksum.js';
import { conflict, failed } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import type { Outcome } from '../run/tally.js';
import { auditRow, type AuditedRow, type AuditRowContext } from './audit_row.js';
import type { AuditedCatalogue } from './audited_catalogue.js';

export interface AuditContext extends AuditRowContext {
  run: JobRun;
  store: RemoteStore;
  catalogue: AuditedCatalogue;
  /** See cacheLook(). */
  isInCache: (path: string) => boolean | undefined;
}

interface Looked {
  row: CatalogueRow;
  remote: RemoteStat | null;
  audited: AuditedRow;
}

const OFF_TAPE = 'it was on tape, and no longer is, as the server says';

export class RecordAudit {
  readonly #context: AuditContext;
  readonly #server: NextRun<void>;
  #hasFound = false;

  constructor(context: AuditContext) {
    this.#context = context;
    this.#server = new NextRun(() => this.#askServer());
  }

  /**
   * @param remote what a stat just told
   * @throws what asking throws: a check that couldn't be made is a failure, and never a loss (S11)
   */
  async outcome(row: CatalogueRow, remote: RemoteStat | null): Promise<Outcome> {
    this.#hasFound ||= remote !== null;
    const looked = { row, remote, audited: await auditRow(row, remote, this.#context) };
    if (!isSuspect(looked)) return this.#sound(looked);
    return await this.#again(row.path);
  }

  /** Its row may have changed meanwhile, and a server in trouble may call missing what is there: all is asked anew. */
  async #again(path: string): Promise<Outcome> {
    const { store, catalogue, signal } = this.#context;
    await this.#server.ask();
    const [row] = await catalogue.rows.rowsOf([path]);
    if (row === undefined) return { result: 'kept', reason: 'its row was taken out of the catalogue' };
    const remote = await store.stat(path, signal);
    const looked = { row, remote, audited: await auditRow(row, remote, this.#context) };
    if (!isSuspect(looked)) return this.#sound(looked);
    await this.#server.ask();
    return isWrong(looked.audited) ? await this.#wrong(looked, looked.audited) : this.#offTape(looked);
  }

  /** @throws {XRootDError} when the server is gone, or lacks data servers; {ConfigError} when all is gone at once */
  async #askServer(): Promise<void> {
    const { store, signal } = this.#context;
    await store.ping(signal);
    if (this.#hasFound || (await store.stat('', signal)) !== null) return;
    const message =
      "the server doesn't have this base, of which the catalogue has records: is its storage mounted?";
    throw new ConfigError([{ key: 'targetUrl', message }]);
  }

  #sound({ row, remote, audited }: Looked): Outcome {
    this.#noteSound(row, remote, audited);
    if (audited.found === 'unknown') return { result: 'kept', reason: audited.reason };
    const { path, size } = row;
    const sum = audited.found === 'same' ? audited.sum : undefined;
    this.#context.run.emit({
      type: 'file:verified',
      path,
      size,
      ...(sum && { checksum: checksumText(sum) }),
    });
    return { result: 'verified', bytes: size };
  }

  #noteSound(
    { path, size, lost, onTape }: CatalogueRow,
    remote: RemoteStat | null,
    audited: AuditedRow,
  ): void {
    const { catalogue, now } = this.#context;
    const at = now();
    const isOnTape = remote?.backUpExists === true;
    // Sizes alone prove no bytes.
    const isProven = audited.found === 'same' && (audited.sum !== undefined || size === 0);
    if (isProven) catalogue.note({ kind: 'audited', path, at, result: 'ok' });
    // Both changes take back that it is lost.
    if (lost !== null ? !isProven : onTape !== null || !isOnTape) return;
    catalogue.note({ kind: isOnTape ? 'on_tape' : 'followed', path, at });
  }

  #offTape({ row, remote, audited }: Looked): Outcome {
    const { catalogue, now } = this.#context;
    this.#noteSound(row, remote, audited);
    catalogue.note({ kind: 'audited', path: row.path, at: now(), result: OFF_TAPE });
    return failed(row.path, 'NotOnTape', OFF_TAPE);
  }

  async #wrong({ row, remote }: Looked, { found, reason }: WrongRow): Promise<Outcome> {
    const { store, catalogue, isInCache, signal, now } = this.#context;
    const { path } = row;
    const servers = remote === null ? [] : await store.differing(path, signal);
    if (servers.length > 0) {
      const which = `several data servers have different files of this name: ${servers.join(', ')}`;
      return failed(path, 'Unverified', `${reason}; ${which}`);
    }
    const at = now();
    catalogue.note({ kind: 'audited', path, at, result: reason });
    if (hasLeftCache(row, isInCache(path))) {
      catalogue.note({ kind: 'lost', path, at, reason });
      return failed(path, LOST_COPY, `it has left the cache, and ${reason}`);
    }
    if (found === 'missing') return failed(path, 'NotFound', `${reason}; it is still in the cache`);
    return conflict(path, reason);
  }
}

type WrongRow = Extract<AuditedRow, { found: 'missing' | 'differs' }>;

function isWrong(audited: AuditedRow): audited is WrongRow {
  return audited.found === 'missing' || audited.found === 'differs';
}

function isSuspect({ row, remote, audited }: Looked): boolean {
  return isWrong(audited) || (row.onTape !== null && remote?.backUpExists !== true);
}
