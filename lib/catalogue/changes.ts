/** What is written to a catalogue. Times are milliseconds since the epoch. */
import type { CatalogueRow, ForgottenRow, RecordFacts, RemovalRule } from './row.js';

export type Change =
  /**
   * A pass found the record identical on the server; its local file is there.
   * @param onTape null: tape wasn't asked
   */
  | { kind: 'compared'; facts: RecordFacts; at: number; copied: boolean; onTape: boolean | null }
  /** The local file may go (S14): the same facts, durable before it does. */
  | {
      kind: 'removing';
      facts: RecordFacts;
      at: number;
      rule: RemovalRule;
      /** This pass has copied it. Default false. */
      copied?: boolean;
      onTape: boolean | null;
    }
  /** The local file has gone. */
  | { kind: 'removed'; path: string; at: number }
  /** It was to go, and stays. */
  | { kind: 'stays'; path: string }
  /** The server has it on tape. Found again, if it counted as lost. */
  | { kind: 'on_tape'; path: string; at: number }
  /** The server has it, not on tape as far as it says. Found again, if it counted as lost. */
  | { kind: 'followed'; path: string; at: number }
  | { kind: 'lost'; path: string; at: number; reason: string }
  /** @param result `ok`, or what is wrong */
  | { kind: 'audited'; path: string; at: number; result: string }
  | { kind: 'online_removed'; path: string; at: number }
  /**
   * Somebody takes it out; nothing happens if there is no such row. If a lost record of this name is remembered as REPLACED_LOST, that
   * one is meant.
   */
  | { kind: 'forgotten'; path: string; at: number; reason: string }
  /** A row from elsewhere: what was found out later wins. */
  | { kind: 'imported'; row: CatalogueRow }
  | { kind: 'meta'; key: string; value: string }
  /** A row that was taken out elsewhere. It goes here too, unless something was found out about its record afterwards. */
  | { kind: 'imported_forgotten'; forgotten: ForgottenRow }
  /** Rows up to this batch are in a segment; with `upTo` only those of paths up to it, and none that were taken out. */
  | { kind: 'exported'; batch: number; upTo?: string | undefined }
  | { kind: 'pass'; job: string; started: string; finished: string; report: string };
