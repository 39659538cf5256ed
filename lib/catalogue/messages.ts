/** What a catalogue asks of its thread, and what it gets. */
import type { Change } from './changes.js';
import type { CatalogueErrorCode } from './error.js';
import type { OpenOptions } from './database.js';
import type { RememberedPass } from './passes.js';
import type { ForgottenPage, Page, RowFilter, StateCount, Summary } from './queries.js';
import type { CatalogueRow, ForgottenRow } from './row.js';

export interface Opened {
  id: string;
  /** Of its last commit; 0: there was none. */
  batch: number;
  isNew: boolean;
  damaged: { movedTo: string; reason: string } | undefined;
}

export interface Operations {
  open: { ask: OpenOptions; answer: Opened };
  /** All of them in one transaction, which is durable when the answer comes. The answer is the number of the batch. */
  write: { ask: readonly Change[]; answer: number };
  page: { ask: Page; answer: CatalogueRow[] };
  count: { ask: RowFilter; answer: StateCount };
  rows: { ask: readonly string[]; answer: (CatalogueRow | undefined)[] };
  forgotten: {
    ask: ForgottenPage;
    answer: (ForgottenRow & { id: number })[];
  };
  summary: { ask: undefined; answer: Summary };
  meta: { ask: string; answer: string | undefined };
  /** The ask is their greatest number: see readPasses(). */
  passes: { ask: number; answer: RememberedPass[] };
  /** The ask is the job: see readLastPasses(). */
  lastPasses: { ask: string; answer: RememberedPass[] };
  /** Reads each byte; throws Damaged. */
  check: { ask: undefined; answer: undefined };
  close: { ask: undefined; answer: undefined };
}

export type Operation = keyof Operations;

export interface Request<O extends Operation = Operation> {
  id: number;
  operation: O;
  ask: Operations[O]['ask'];
}

export type Response =
  | { id: number; answer: Operations[Operation]['answer'] }
  | { id: number; error: { code: CatalogueErrorCode; file: string; message: string } };
