/**
 * What nobody may see in a message or a log: the opaque information that requests carry, as far as this process was given any.
 * Pure: loads no native code.
 */

const HIDDEN = '***';
/** A value of this length is hidden wherever it stands; a shorter one, like `archive`, only behind its name. */
const LONG = 20;
/** Tokens are renewed: the oldest are forgotten. */
const MOST = 200;

export interface Secret {
  text: string;
  /** What is shown instead. */
  shown: string;
}

/** By what is hidden: what is shown instead. */
const hidden = new Map<string, string>();

/**
 * @param opaque `name=value&name=value`
 * @returns all of it if some wasn't known before, else nothing: who forgets the oldest, too, needs them all anew
 */
export function addSecrets(opaque: string): Secret[] {
  const secrets = opaque.split('&').flatMap(secretsOf);
  const isNew = secrets.some(({ text }) => !hidden.has(text));
  for (const { text, shown } of secrets) {
    // The last one again: it is in use, however old it is.
    hidden.delete(text);
    hidden.set(text, shown);
  }
  while (hidden.size > MOST) {
    const [oldest = ''] = hidden.keys();
    hidden.delete(oldest);
  }
  return isNew ? secrets : [];
}

function secretsOf(option: string): Secret[] {
  const equals = option.indexOf('=');
  const value = option.slice(equals + 1);
  if (equals < 0 || value === '') return [];
  const long = [value, value.replace(/^Bearer%20/i, '')].filter((text) => text.length >= LONG);
  return [
    { text: option, shown: `${option.slice(0, equals)}=${HIDDEN}` },
    ...long.map((text) => ({ text, shown: HIDDEN })),
  ];
}

/** The text with what is secret replaced by `***`. Longer ones first: one may be a part of another. */
export function withoutSecrets(text: string): string {
  if (hidden.size === 0) return text;
  return [...hidden]
    .sort(([a], [b]) => b.length - a.length)
    .reduce((shown, [secret, instead]) => shown.replaceAll(secret, instead), text);
}

/** Opaque information as people may see it: the names. */
export function shownOpaque(opaque: string): string {
  return opaque.replace(/=[^&]*/g, `=${HIDDEN}`);
}
