/** Takes secrets out of anything that is going to be logged. */
import { shownOpaque, withoutSecrets } from '../xrdcl/secrets.js';
import { isPlainObject } from './case.js';

const HIDDEN = '***';

/** None may look at the same letters from each letter before them: a text of 200,000 letters would take minutes. */
const PATTERNS: readonly [RegExp, string][] = [
  // CGI of URLs and paths: tokens, passwords, and whatever names a credential of XRootD.
  [
    /([?&;]|\b)((?:authz|(?:access_|bearer_|id_|refresh_)?token|passw(?:or)?d|secret|api_?key|signature|xrd\.(?:sss|ztn|gsiusr\w*|k5ccname)|xrdcl\.secuid)=)[^&\s"'<>]*/gi,
    `$1$2${HIDDEN}`,
  ],
  [/\b(Bearer)(\s+|%20)[A-Za-z0-9\-._~+/%]+=*/gi, `$1$2${HIDDEN}`],
  // Of a longer scheme its end is enough.
  [/([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]+):[^\s/@]+@/gi, `$1:${HIDDEN}@`],
];

/** JSON Web Tokens, wherever they stand. What only begins like one is matched, too, so that it isn't looked at again. */
const WEB_TOKEN = /\beyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)?/g;

const SECRET_KEY = /^(?:authorization|authz|.*token|.*passw(?:or)?d|.*secret|.*api_?key)$/i;
const OPAQUE_KEY = /opaque$/i;
/** Of hooks: who knows the address may write there. */
const WEB_KEY = /^(?:failure_?)?url$/i;
const DEEPEST = 8;

/** The text with tokens, passwords and credential parameters replaced by `***`. */
export function redactText(text: string): string {
  const redacted = PATTERNS.reduce(
    (left, [pattern, replacement]) => left.replace(pattern, replacement),
    withoutSecrets(text),
  );
  return redacted.replace(WEB_TOKEN, (found, rest?: string) => (rest === undefined ? found : HIDDEN));
}

/** The same for every string in a value; Errors become plain objects, bigints text. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (value instanceof Error)
    return redact(
      {
        name: value.name,
        message: value.message,
        ...Object.fromEntries(Object.entries(value)),
        stack: value.stack,
      },
      depth + 1,
    );
  if (value instanceof URL) return redactText(value.href);
  // A Date that holds no time becomes null, as in JSON.
  if (!isPlainObject(value)) return value instanceof Date ? value.toJSON() : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      typeof inner === 'string' ? redactValue(key, inner) : redact(inner, depth + 1),
    ]),
  );
}

function redactValue(key: string, value: string): string {
  if (SECRET_KEY.test(key)) return HIDDEN;
  if (WEB_KEY.test(key) && /^https?:/i.test(value))
    return redactText(value.replace(/^(https?:\/\/)(?:[^/@]*@)?([^/]*)\/.+$/is, `$1$2/${HIDDEN}`));
  return redactText(OPAQUE_KEY.test(key) ? shownOpaque(value) : value);
}
