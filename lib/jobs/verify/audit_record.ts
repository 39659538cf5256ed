/** What becomes of one row of the catalogue in an audit. Results go into the catalogue. */
import type { CatalogueRow } from '../../catalogue/row.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { hasLeftCache } from '../../rules/audit.js';
import { checksumText } from '../../rules/checksum.js';
import { LOST_COPY } from '../../rules/failure_codes.js';
import type { CompareRowContext } from '../record/compare_row.js';
import { ConfirmedRows, isProven, isWrong, type Looked, type WrongRow } from '../record/confirmed_row.js';
import { conflict, failed } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import type { Outcome } from '../run/tally.js';
import type { AuditedCatalogue } from './audited_catalogue.js';

export interface AuditContext extends Omit<CompareRowContext, 'readBack'> {
  run: JobRun;
  store: RemoteStore;
  catalogue: AuditedCatalogue;
  /** See cacheLook(). */
  isInCache: (path: string) => boolean | undefined;
}

const OFF_TAPE = 'it was on tape, and no longer is, as the server says';

export class RecordAudit {
  readonly #context: AuditContext;
  readonly #rows: ConfirmedRows;

  constructor(context: AuditContext) {
    const { config, store, catalogue, bytes, signal, now } = context;
    this.#context = context;
    this.#rows = new ConfirmedRows({
      ...{ config, store, bytes, signal, now, rows: catalogue.rows },
      ...{ readBack: 'small', isSuspect: isOffTape },
    });
  }

  /**
   * @param remote what a stat just told
   * @throws what asking throws: a check that couldn't be made is a failure, and never a loss (S11)
   */
  async outcome(row: CatalogueRow, remote: RemoteStat | null): Promise<Outcome> {
    const looked = await this.#rows.look(row, remote);
    if (looked === undefined) return { result: 'kept', reason: 'its row was taken out of the catalogue' };
    if ('unsure' in looked) return failed(row.path, 'Unverified', looked.unsure);
    if (isWrong(looked.compared)) return this.#wrong(looked.row, looked.compared);
    return isOffTape(looked.row, looked.remote) ? this.#offTape(looked) : this.#sound(looked);
  }

  #sound(looked: Looked): Outcome {
    this.#noteSound(looked);
    const { row, compared } = looked;
    if (compared.found === 'unknown') return { result: 'kept', reason: compared.reason };
    const { path, size } = row;
    const sum = compared.found === 'same' ? compared.sum : undefined;
    this.#context.run.emit({
      type: 'file:verified',
      path,
      size,
      ...(sum && { checksum: checksumText(sum) }),
    });
    return { result: 'verified', bytes: size };
  }

  #noteSound({ row, remote, compared }: Looked): void {
    const { catalogue, now } = this.#context;
    const { path, lost, onTape } = row;
    const at = now();
    const isOnTape = remote?.backUpExists === true;
    const proven = isProven(row, compared);
    if (proven) catalogue.note({ kind: 'audited', path, at, result: 'ok' });
    // Both changes take back that it is lost.
    if (lost !== null ? !proven : onTape !== null || !isOnTape) return;
    catalogue.note({ kind: isOnTape ? 'on_tape' : 'followed', path, at });
  }

  #offTape(looked: Looked): Outcome {
    const { catalogue, now } = this.#context;
    const { path } = looked.row;
    this.#noteSound(looked);
    catalogue.note({ kind: 'audited', path, at: now(), result: OFF_TAPE });
    return failed(path, 'NotOnTape', OFF_TAPE);
  }

  #wrong(row: CatalogueRow, { found, reason }: WrongRow): Outcome {
    const { catalogue, isInCache, now } = this.#context;
    const { path } = row;
    const at = now();
    catalogue.note({ kind: 'audited', path, at, result: reason });
    if (hasLeftCache(row, isInCache(path))) {
      catalogue.note({ kind: 'lost', path, at, reason });
      return failed(path, LOST_COPY, `it has left the cache, and ${reason}`);
    }
    if (found === 'missing') return failed(path, 'NotFound', `${reason}; a file of its name is in the cache`);
    return conflict(path, reason);
  }
}

function isOffTape({ onTape }: CatalogueRow, remote: RemoteStat | null): boolean {
  return onTape !== null && remote?.backUpExists !== true;
}
