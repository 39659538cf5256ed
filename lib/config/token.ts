/** Bearer tokens, as WLCG and OAuth have them. */

/** What ztn takes at most, unless the server says otherwise (`-maxsz`), and enough for any token. */
const LONGEST = 4096;

/** Why this can't be a token; undefined if it can. Never repeats it. */
export function tokenProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.length > LONGEST) return `holds more than ${LONGEST} bytes`;
  // b64token of RFC 6750, and the colon of EOS.
  if (!/^[A-Za-z0-9\-._~+/:]+=*$/.test(text))
    return 'holds no token: it must be one word of letters, digits and -._~+/:=';
  return undefined;
}
