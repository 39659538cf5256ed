/** The files that a job has requested from tape. It may evict only these: others may need the rest. */
import type { Logger } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Emit } from '../events/event_bus.js';
import { PrepareBatches } from './prepare_batches.js';

export interface StagedFilesContext {
  config: { stageBatchFiles: number };
  store: RemoteStore;
  emit: Emit;
  logger: Logger;
}

export class StagedFiles {
  readonly #context: StagedFilesContext;
  readonly #batches: PrepareBatches;
  readonly #names: Set<string>;
  /** Requests cancelled before the files came: a server may stage them all the same (dCache/dcache#7938). */
  readonly #withdrawn = new Set<string>();

  /** @param earlier files that an earlier run of the job has asked for */
  constructor(context: StagedFilesContext, earlier: Iterable<string> = []) {
    this.#context = context;
    this.#batches = new PrepareBatches(context.config.stageBatchFiles);
    this.#names = new Set(earlier);
  }

  /** Did we ask for this file to be staged, now or in an earlier run? */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    this.#names.add(name);
    this.#withdrawn.delete(name);
  }

  /** The server has left this file out of our request, and others wait for it: it is theirs to evict. */
  leave(name: string): void {
    this.#names.delete(name);
  }

  /** Their request was cancelled: those that came before are ours to evict, the others may come later. */
  async cancelled(names: readonly string[]): Promise<void> {
    const came = await this.#online(names);
    this.withdraw(names.filter((name) => !came.has(name)));
  }

  /** Nobody waits for these files any more; as far as we know they haven't come. */
  withdraw(names: readonly string[]): void {
    for (const name of names) {
      this.#names.delete(name);
      this.#withdrawn.add(name);
    }
  }

  /** Gives up the disk buffer's copies of files that we staged; returns those that were evicted. */
  async evict(names: readonly string[]): Promise<string[]> {
    const ours = names.filter((name) => this.#names.has(name));
    const { store, emit, logger } = this.#context;
    const refused = await this.#batches.send(
      ours,
      (batch) => store.evict(batch),
      ({ names: evicted }) => {
        for (const name of evicted) {
          this.#names.delete(name);
          emit({ type: 'file:evicted', path: name });
        }
      },
    );
    for (const { name, error } of refused) logger.warn(`not evicted: ${String(error)}`, { record: name });
    return ours.filter((name) => !this.#names.has(name));
  }

  /** The same for files that came after their requests were cancelled; logs those that may still come. Call it last. */
  async evictLate(): Promise<string[]> {
    const late = await this.#online([...this.#withdrawn]);
    for (const name of late) this.add(name);
    const files = this.#withdrawn.size;
    if (files > 0) {
      const message =
        'files were asked of tape, withdrawn, and have not come: they may still come, and stay in the disk buffer then; ' +
        'a later evict of the same paths gives them up';
      this.#context.logger.warn(message, { files });
    }
    return this.evict([...late]);
  }

  async #online(names: readonly string[]): Promise<Set<string>> {
    const online = new Set<string>();
    const look = async (name: string) => {
      const now = await this.#context.store.stat(name).catch(() => null);
      if (now?.offline === false) online.add(name);
    };
    await Promise.all(names.map(look));
    return online;
  }
}
