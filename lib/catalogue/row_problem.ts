/** What a row may not say: for rows from elsewhere, and for a catalogue that somebody has edited. */
import { checkExpected } from '../rules/checksum_list.js';
import { MAX_DISK_COMPONENT_BYTES, nameProblem } from '../rules/names.js';
import type { CatalogueRow } from './row.js';

/** In milliseconds since the epoch: https://tc39.es/ecma262/#sec-time-values-and-time-range */
export const LAST_DATE = 8.64e15;

/** What is wrong with it; undefined for a row that a pass could have written. */
export function rowProblem(row: CatalogueRow): string | undefined {
  const { path, size, checksums, source, removing, removed, rule, lost, loss, audited, audit } = row;
  const name = nameProblem(path, { maxComponentBytes: MAX_DISK_COMPONENT_BYTES });
  if (name !== undefined) return name;
  if (!Number.isSafeInteger(size) || size < 0) return `its size ${size} is no number of bytes`;
  if (!['put', 'read', 'server'].includes(source)) return `its checksums have the unknown source ${source}`;
  const types = new Set<string>();
  for (const sum of checksums) {
    if (types.has(sum.type)) return `it has two checksums of the type ${sum.type}`;
    types.add(sum.type);
    try {
      checkExpected(path, sum);
    } catch (error) {
      return (error as Error).message;
    }
  }
  const { copied, compared, onTape, onlineRemoved, followed } = row;
  const times = [copied, compared, onTape, removing, removed, onlineRemoved, followed, lost, audited];
  const impossible = times.find((time) => time !== null && Math.abs(time) > LAST_DATE);
  if (impossible !== undefined) return `it has the time ${impossible}, which is no date`;
  if (removed !== null && removing === null) return 'it was removed, and nothing had allowed it';
  if (rule !== null && !['cached', 'backed_up'].includes(rule)) return `it has the unknown rule ${rule}`;
  if (rule !== null && removing === null) return 'it has the rule of a removal, and none was allowed';
  if ((lost === null) !== (loss === null)) return 'of a loss and what was found it has only one';
  if ((audited === null) !== (audit === null)) return 'of an audit and its result it has only one';
  return undefined;
}
