/** What is written to a catalogue. Times are milliseconds since the epoch. */
import type { CatalogueRow, ForgottenRow, RecordFacts, RemovalRule } from './row.js';

export type Change =
  /**
   * A pass found the record identical on the server; its local file is there.
   * @param onTape null: tape wasn't asked
   */
  | { kind: 'compared'; facts: RecordFacts; at: number; copied: boolean; onTape: boolean | null }
  /** The local file may go (S14): the same facts, durable before it does. */
  | { kind: 'removing'; facts: RecordFacts; at: number; rule: RemovalRule; onTape: boolean | null }
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

const MOST_PATH_BYTES = 65_536;
const LONE_SURROGATE = /\p{Cs}/u;
/** Of other people's clocks: they are rounded down, and those beyond SQLite's numbers become the last of them. */
const ANY_TIME = ['mtime', 'remoteMtime'];

/**
 * Why a change can't be written, ever; it would else hold up all others. Undefined: it can be.
 * A path that isn't well-formed would become another one, and a NUL would end it.
 */
export function unwritable(change: Change): string | undefined {
  const path = pathOf(change);
  if (path !== undefined && (path === '' || LONE_SURROGATE.test(path) || path.includes('\0')))
    return `a path that can't be kept: ${JSON.stringify(path)}`;
  if (path !== undefined && Buffer.byteLength(path) > MOST_PATH_BYTES) return 'a path that is too long';
  const wrong = numbersOf(change).find(([name, value]) =>
    ANY_TIME.includes(name) ? Number.isNaN(value) : !Number.isSafeInteger(value),
  );
  return wrong && `${path ?? change.kind}: ${wrong[0]} is ${wrong[1]}, not a whole number`;
}

function pathOf(change: Change): string | undefined {
  if ('facts' in change) return change.facts.path;
  if ('row' in change) return change.row.path;
  if ('forgotten' in change) return change.forgotten.path;
  return 'path' in change ? change.path : undefined;
}

function numbersOf(change: Change): [string, number][] {
  const of = (row: object) =>
    Object.entries(row).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const nested = 'facts' in change ? change.facts : 'row' in change ? change.row : undefined;
  return [...of(change), ...(nested === undefined ? [] : of(nested))];
}
