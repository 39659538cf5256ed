/** Numbers, names and tables as people read them on a screen. */

export { bytes, count, duration, plural } from '../rules/quantities.js';

/** `2026-01-31 12:00:00`, local time. */
export function time(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  if (Number.isNaN(local.getTime())) return '-'.padEnd(19);
  return local.toISOString().replace(/\..*/, '').replace('T', ' ');
}

/** Makes a name harmless to a terminal: a control character becomes an escape like `\u001b`. */
export function printable(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Aligns rows in columns; the columns in `right` are aligned to the right. */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  indent = '  ',
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}
