/**
 * Dates that stand in paths. A pattern is a path with `%Y` (four digits), `%m` and `%d` (two each) where the date is, `*`
 * for any text within a name, and a leading `**` component for any directories, also none; `%%` is a per cent sign.
 */

/** The end of the day, month or year that a path names; undefined if it names none. */
export type PathDate = (path: string) => Date | undefined;

const TOKENS = /%.?|(?<=^|\/)\*\*\/|\*+|[^%*]+/gs;
const FIELDS: Record<string, string> = {
  '%Y': '(?<year>\\d{4})',
  '%m': '(?<month>\\d{2})',
  '%d': '(?<day>\\d{2})',
};

/**
 * The pattern matches the beginning of a path, up to the end of a component; if it can match in several ways, the last one
 * counts. A date with further digits directly before or after it is not a date. The result is in UTC.
 * @throws {Error} that says what is wrong, as the end of a sentence that begins with the option's name
 */
export function pathDate(pattern: string): PathDate {
  const tokens = pattern.match(TOKENS) ?? [];
  const count = (field: string) => tokens.filter((token) => token === field).length;
  const unknown = tokens.find((token) => token.startsWith('%') && token !== '%%' && !(token in FIELDS));
  if (unknown !== undefined) throw new Error(`has ${unknown}; known are %Y, %m, %d and %%`);
  if (pattern.startsWith('/')) throw new Error("is absolute; paths are relative to the target's base");
  const twice = Object.keys(FIELDS).find((field) => count(field) > 1);
  if (twice !== undefined) throw new Error(`has ${twice} more than once`);
  if (count('%Y') === 0) throw new Error('must have a year, %Y');
  if (count('%d') > count('%m')) throw new Error('has a day, %d, without a month, %m');
  const expression = new RegExp(`^${tokens.map(sourceOf).join('')}(?=/|$)`, 's');
  return (path) => {
    const { year, month, day } = expression.exec(path)?.groups ?? {};
    return year === undefined ? undefined : endOf(Number(year), numberOf(month), numberOf(day));
  };
}

function sourceOf(token: string, index: number, tokens: readonly string[]): string {
  const field = FIELDS[token];
  if (field !== undefined) {
    const before = (tokens[index - 1] ?? '') in FIELDS ? '' : '(?<!\\d)';
    const after = (tokens[index + 1] ?? '') in FIELDS ? '' : '(?!\\d)';
    return before + field + after;
  }
  if (token === '**/') return '(?:[^/]+/)*';
  if (token.startsWith('*')) return '[^/]*';
  return (token === '%%' ? '%' : token).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function endOf(year: number, month?: number, day?: number): Date | undefined {
  const first = new Date(Date.UTC(year, (month ?? 1) - 1, day ?? 1));
  // Date.UTC() carries 31 February over into March, and takes the years 0 to 99 for 1900 to 1999.
  const exists =
    first.getUTCFullYear() === year &&
    first.getUTCMonth() === (month ?? 1) - 1 &&
    first.getUTCDate() === (day ?? 1);
  if (!exists) return undefined;
  if (month === undefined) return new Date(Date.UTC(year + 1, 0, 1));
  if (day === undefined) return new Date(Date.UTC(year, month, 1));
  return new Date(Date.UTC(year, month - 1, day + 1));
}
