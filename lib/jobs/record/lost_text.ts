/** What reports say of a record whose only copy is gone, or isn't what it was. */
import { replacedRow, type CatalogueRow, type ForgottenRow } from '../../catalogue/row.js';
import { LOST_COPY } from '../../rules/failure_codes.js';
import { failed } from '../run/failure.js';
import type { Outcome } from '../run/tally.js';

export function lostText({ removed, removing, rule }: CatalogueRow, reason: string): string {
  const at = removed ?? removing;
  const since =
    at === null ? '' : `; its local file was removed on ${timeText(at)} (auto_remove: ${rule ?? 'unknown'})`;
  return `${reason}${since}. Look for it on the server and on tape; "xrootd-archive catalogue forget" ends this message`;
}

/** Also of a time beyond all dates, which somebody may have imported. */
function timeText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? `an impossible day (${at})` : date.toISOString();
}

/** The server can't be asked about it: another record has its name. */
export function replacedLoss(loss: ForgottenRow): Outcome {
  const row = replacedRow(loss);
  return failed(row.path, LOST_COPY, lostText(row, row.loss ?? loss.reason));
}
