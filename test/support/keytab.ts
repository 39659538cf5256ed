/** SSS keytabs like a server's, but not quite. */
import { readFileSync, writeFileSync } from 'node:fs';

/** What nobody may see of a keytab: the keys themselves, in hexadecimal. */
export function secretsOf(keytab: string): string[] {
  const secrets = [...readFileSync(keytab, 'utf8').matchAll(/ k:([0-9a-f]{16,})/g)].map(
    ([, key]) => key ?? '',
  );
  if (secrets.length === 0) throw new Error(`${keytab} holds no key`);
  return secrets;
}

/** Writes a keytab with the same name and number and another key. */
export function forgeKeytab(keytab: string, forged: string): string {
  const other = (key: string) => key.replace(/./g, (digit) => (15 - parseInt(digit, 16)).toString(16));
  const text = readFileSync(keytab, 'utf8').replace(
    / k:([0-9a-f]+)/g,
    (_, key: string) => ` k:${other(key)}`,
  );
  writeFileSync(forged, text, { mode: 0o600 });
  return forged;
}

/** An environment in which libXrdCl finds no key by itself. */
export function withoutKeys(home: string): Record<string, string | undefined> {
  return {
    HOME: home,
    XrdSecPROTOCOL: undefined,
    XrdSecSSSKT: undefined,
    XrdSecsssKT: undefined,
  };
}
