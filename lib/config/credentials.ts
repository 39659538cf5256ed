/** Which keys hold credentials, and which of them exclude each other. */
import type { ConfigProblem } from './errors.js';

/** Ways to log in; one at most. Each is the path of a file. */
export const LOGIN_KEYS = ['keytab_file_path', 'gsi_proxy_path', 'token_file_path'] as const;

interface Given {
  keytab_file_path?: string | undefined;
  gsi_proxy_path?: string | undefined;
  token_file_path?: string | undefined;
  token_use?: 'login' | 'requests' | 'both' | undefined;
  target_opaque?: string | undefined;
  target_opaque_file?: string | undefined;
}

/** @returns keys as a file has them */
export function credentialProblems(given: Given): ConfigProblem[] {
  const { token_file_path: token, token_use: use = 'login', target_opaque: opaque = '' } = given;
  const logins = LOGIN_KEYS.filter(
    (key) => given[key] !== undefined && !(key === 'token_file_path' && use === 'requests'),
  );
  const problems: ConfigProblem[] = logins.slice(1).map((key) => ({
    key,
    message: `can't be given beside ${String(logins[0])}: a connection logs in by one of them`,
  }));
  if (token !== undefined && use !== 'login' && /(^|&)authz=/i.test(opaque))
    problems.push({ key: 'target_opaque', message: 'has authz, which token_file_path gives already' });
  return problems;
}
