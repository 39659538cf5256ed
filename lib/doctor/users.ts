/** Names of users, by the system's own file: good enough for a message. */
import { readFileSync } from 'node:fs';

/** @returns the name, or the number where there is none */
export function userName(uid: number | undefined): string {
  const found = users().find((user) => user.uid === uid);
  return found?.name ?? String(uid ?? 'this user');
}

/** Users of LDAP and the like aren't among them. */
export function isKnownUser(name: string): boolean {
  return users().some((user) => user.name === name);
}

export function userNumber(name: string): number | undefined {
  return users().find((user) => user.name === name)?.uid;
}

function users(): { name: string; uid: number }[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid = '']) => ({ name, uid: Number(uid) }));
  } catch {
    return [];
  }
}
