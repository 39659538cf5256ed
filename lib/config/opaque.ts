/**
 * Opaque information (CGI) that goes with each request. What XRootD would misread, or what would do something else than be
 * shown to the server, is refused. Messages never repeat a value: it can be a secret.
 */

/** Bytes; a token has one or two thousand, and servers take requests of 64 KiB and more. */
const LONGEST = 16_384;

/** Why this can't go with each request; undefined if it can. */
export function opaqueProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.length > LONGEST) return `is longer than ${LONGEST} bytes`;
  if (text.includes('?'))
    return 'contains "?": give only what stands behind the "?" of a URL, and write %3F for one in a value';
  if (!/^[!-~]+$/.test(text))
    return 'contains a blank, a control character or a letter beyond ASCII: write them as %20, …';
  const names = new Set<string>();
  for (const option of text.split('&')) {
    const problem = optionProblem(option, names);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function optionProblem(option: string, names: Set<string>): string | undefined {
  const equals = option.indexOf('=');
  if (equals <= 0) return 'must be name=value, joined by "&"';
  const name = option.slice(0, equals);
  if (names.has(name)) return `has ${name} twice`;
  names.add(name);
  if (/^xrd\.gsiusr/i.test(name)) return `has ${name}: use gsi_proxy_path`;
  if (/^xrd(cl)?\./i.test(name))
    return `has ${name}: libXrdCl takes xrd. and xrdcl. for itself; there are keys for credentials`;
  if (/^(cks|tpc)\./i.test(name)) return `has ${name}, which copies and checksum queries set themselves`;
  return undefined;
}
