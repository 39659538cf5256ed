/** Can XRootD use the text of an SSS keytab? Pure. */

const FIELDS = ['u', 'g', 'n', 'N', 'c', 'e', 'k'];

export interface Keytab {
  /** The names of the keys that count now. */
  keys: string[];
  /** When the first of them ends, in milliseconds since the epoch; undefined: never. */
  ends: number | undefined;
}

/**
 * One key a line, as xrdsssadmin writes them: `0 u:USER g:GROUP n:NAME N:NUMBER c:CREATED e:ENDS k:KEY`, times in seconds. Keys that
 * have ended don't count.
 * @returns what is wrong, as a text that repeats no secret
 */
export function parseKeytab(text: string, now: number): Keytab | string {
  const keys: { name: string; ends: number }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [format = '', ...words] = line.trim().split(/\s+/);
    if (format !== '0' && format !== '1') return `line ${index + 1} is no key of an SSS keytab`;
    const fields = new Map(
      words.map((word) => [word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1)]),
    );
    const missing = FIELDS.find((field) => !fields.has(field));
    if (missing !== undefined)
      return `line ${index + 1} has no "${missing}:", which each key of an SSS keytab has`;
    if (!/^([0-9a-f]{2})+$/i.test(fields.get('k') ?? ''))
      return `line ${index + 1} has a key that is not hexadecimal`;
    keys.push({ name: fields.get('n') ?? '', ends: Number(fields.get('e')) * 1000 });
  }
  if (keys.length === 0) return 'has no key';
  const valid = keys.filter(({ ends }) => ends === 0 || ends > now);
  if (valid.length === 0) return 'has only keys that have ended';
  const ends = valid.map((key) => key.ends).filter((end) => end > 0);
  return { keys: valid.map(({ name }) => name), ends: ends.length === 0 ? undefined : Math.min(...ends) };
}
