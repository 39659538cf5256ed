/** What a report says of a catalogue that can't be used, or lacks rows. */
import type { SeenCatalogue } from '../../cache/verified_memo.js';
import type { Catalogue } from '../../catalogue/catalogue.js';
import type { CatalogueError } from '../../catalogue/error.js';
import { CATALOGUE_REPLACED, CATALOGUE_UNUSABLE } from '../../rules/failure_codes.js';
import type { Failure } from '../events/report.js';

/**
 * Is it the catalogue that the pass before has written, with all that it wrote? Told once, by a whole pass: then passes go on with this one.
 * @param mark that of the last pass of which it knows; undefined: it is from before there were marks
 */
export function gapOf(
  { file, id, isNew, batchAtOpening }: Catalogue,
  seen: SeenCatalogue,
  mark: string | undefined,
): Failure | undefined {
  const batch = mark === undefined ? batchAtOpening : Number(mark);
  const another = isNew
    ? 'it is new, though a pass has written one before'
    : 'a pass has written another one before';
  const older = `it is older than what a pass has written: ${seen.batch - batch} commits are missing`;
  if (id === seen.id && batch >= seen.batch) return undefined;
  const what = id === seen.id ? older : another;
  const message = `the catalogue ${file}: ${what}. Records that have left the cache may be missing in it, and nobody would notice their loss. Put the right file back. ${REBUILD}`;
  return { path: file, code: CATALOGUE_REPLACED, message };
}

/** No pass of today puts it aside: it would stay as it is for ever. */
export function otherFailure({ file, message }: CatalogueError): Failure {
  const what = `what passes that were shared otherwise have noted in ${file} is not followed: ${message}`;
  const advice = `If no pass is shared so any more: put a copy of it from a backup in its place, or move it and its -wal and -shm away. ${REBUILD}`;
  return { path: file, code: CATALOGUE_UNUSABLE, message: `${what}. ${advice}` };
}

const REBUILD =
  'What it knew can be had back by "xrootd-archive catalogue rebuild", or from a backup of the file';
export const OR_A_COPY = 'A copy of it from a backup can also be put in its place while nothing runs';

export function failureText({ code, message }: CatalogueError): string {
  const room = /FULL|ENOSPC/.test(message)
    ? '. Free some MB on its disk, or give catalogue_path another'
    : '';
  const stays = `No local file is removed without it${room}`;
  return code === 'Damaged' ? `${message}. ${stays} in this pass` : `${message}. ${stays}`;
}
