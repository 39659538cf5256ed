/** Colours, where a terminal takes them. */

const codes = {
  bold: [1, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof codes;
export type Paint = (style: Style, text: string) => string;

export const paint: Paint = (style, text) => {
  const [begin, end] = codes[style];
  return `\u001b[${begin}m${text}\u001b[${end}m`;
};

export const plain: Paint = (_style, text) => text;

/** NO_COLOR: https://no-color.org. FORCE_COLOR wins over what the stream is, as elsewhere. */
export function paintFor(
  stream: { isTTY?: boolean },
  { NO_COLOR, FORCE_COLOR, TERM }: Record<string, string | undefined> = process.env,
): Paint {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return plain;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR === '0' ? plain : paint;
  return stream.isTTY === true && TERM !== 'dumb' ? paint : plain;
}

/** A summary's lines: its first one and the titles stand out, and so does what failed. */
export function paintedSummary(
  lines: readonly string[],
  { failed, conflicts, error }: Troubles,
  colours: Paint,
): string[] {
  const bad = failed + conflicts > 0 || error !== undefined;
  return lines.map((line, index) => {
    if (index === 0) return colours('bold', bad ? line : colours('green', line));
    if (line === 'Failed:') return colours('bold', colours('red', line));
    if (/^\S.*:$/.test(line)) return colours('bold', line);
    return /^ {2}(?:failed|conflicts|lost) +[1-9]/.test(line) ? colours('red', line) : line;
  });
}

interface Troubles {
  failed: number;
  conflicts: number;
  error?: unknown;
}
