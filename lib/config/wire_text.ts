/**
 * Text that can't pass through libXrdCl, XRootD's protocol and its tools unchanged.
 *
 * Tried against xrootd 5.5.3 with libXrdCl: `?` starts CGI, whatever precedes it is taken for the whole name; a
 * newline ends a name in prepare requests and in listings. Blanks (also first or last), `&`, `%`, `#`, `=`, quotes,
 * backslashes and non-ASCII letters in any normal form arrive as they are. Control characters did arrive, but break
 * the line-based answers and logs that operators and checksum programs work with.
 */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** Half of a surrogate pair: no bytes of UTF-8 stand for it. */
const LONE_SURROGATE = /\p{Cs}/u;

/** Why XRootD can't carry this text as part of a path; undefined if it can. */
export function wireTextProblem(text: string): string | undefined {
  if (text.includes('?')) return 'contains "?", which XRootD takes for the end of the name';
  if (LONE_SURROGATE.test(text)) return 'is not valid UTF-8';
  const control = CONTROL.exec(text);
  if (control === null) return undefined;
  if (control[0] === '\n') return 'contains a newline';
  if (control[0] === '\r') return 'contains a carriage return';
  const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `contains a control character (U+${code})`;
}
