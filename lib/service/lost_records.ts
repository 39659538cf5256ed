/** What people are told of records that the server has lost. Pure. */

export const LOST_ADVICE =
  'Look for each on the server and on tape, with its operators. If another copy is found, put it back on the server under the same ' +
  'path, or into the cache; the next pass then finds it. A loss that cannot be mended is told again until somebody accepts it: ' +
  "xrootd-archive catalogue forget PATH --reason 'WHY'";

export const UNUSABLE_ADVICE =
  'Copies go on, but no local file is removed until the catalogue can be written again. Is its disk full or read-only? A damaged ' +
  'file is kept beside the new one: docs/operations.md says what to do.';

/** Accepts the loss of one record, in a shell. */
export function forgetCommand(path: string): string {
  const program = 'xrootd-archive catalogue forget';
  const name = /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  return path.startsWith('-') ? `${program} --reason 'WHY' -- ${name}` : `${program} ${name} --reason 'WHY'`;
}
