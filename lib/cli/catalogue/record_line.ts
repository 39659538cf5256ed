/** A record of the catalogue as a line, as `ls -l` has them. */
import type { FoundRecord } from '../../jobs/catalogue/found_record.js';
import { bytes, printable, time } from '../format.js';

const never = '-'.padEnd(19);

export function recordLine({
  path,
  size,
  mtime,
  remoteMtime,
  state,
  stateSince,
  checksums,
  loss,
}: FoundRecord): string {
  const [sum] = checksums;
  const cells = [
    state.padEnd(8),
    timeOf(stateSince),
    bytes(size).padStart(8),
    timeOf(mtime ?? remoteMtime),
    (sum === undefined ? '-' : printable(`${sum.type}:${sum.value}`)).padEnd(16),
    printable(path) + (loss === null ? '' : `  (${printable(loss)})`),
  ];
  return cells.join('  ');
}

function timeOf(date: Date | null): string {
  return date === null ? never : time(date);
}
