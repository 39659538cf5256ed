/** Keytab, proxy, token and opaque information: are they there, private, and of any use? */
import { readFile } from 'node:fs/promises';
import { accessProblems, secretsOf } from '../config/access.js';
import { snakeCase } from '../config/case.js';
import type { ArchiveConfig } from '../config/index.js';
import { parseKeytab } from '../config/keytab.js';
import { failed, ok, warning, type Finding } from './finding.js';

const SOON = 30 * 86_400_000;
/** They decide where the configuration names nothing. */
const VARIABLES = [
  'XrdSecPROTOCOL',
  'XrdSecSSSKT',
  'X509_USER_PROXY',
  'BEARER_TOKEN_FILE',
  'BEARER_TOKEN',
  'KRB5CCNAME',
];

export async function checkCredentials(config: ArchiveConfig, now: number): Promise<Finding[]> {
  const named = Object.entries(secretsOf(config)).filter(([, file]) => file !== undefined) as [
    string,
    string,
  ][];
  if (named.length === 0) {
    const set = VARIABLES.filter((name) => (process.env[name] ?? '') !== '');
    const told =
      set.length === 0 ? 'and no XRootD variable is set' : `the variables decide: ${set.join(', ')}`;
    return [ok('credentials', `none are configured, ${told}`)];
  }
  const problems = await accessProblems(secretsOf(config));
  const findings = named.map(async ([key, file]) => {
    const check = checkNames[key] ?? snakeCase(key);
    const problem = problems.find((each) => each.key === key);
    if (problem !== undefined)
      return failed(
        check,
        problem.message,
        `ask the operators of the server for it, or correct ${snakeCase(key)}`,
      );
    return key === 'keytabFilePath' ? keytab(file, await readFile(file, 'utf8'), now) : ok(check, file);
  });
  return Promise.all(findings);
}

const checkNames: Record<string, string> = {
  keytabFilePath: 'keytab',
  gsiProxyPath: 'proxy',
  tokenFilePath: 'token',
};

function keytab(file: string, text: string, now: number): Finding {
  const parsed = parseKeytab(text, now);
  if (typeof parsed === 'string') {
    return failed('keytab', `${file} ${parsed}`, 'ask the operators of the server for the keytab again');
  }
  const told = `${file}: ${parsed.keys.join(', ')}`;
  if (parsed.ends === undefined) return ok('keytab', told);
  const until = `${told}, until ${new Date(parsed.ends).toISOString()}`;
  return parsed.ends - now > SOON
    ? ok('keytab', until)
    : warning('keytab', until, 'ask the operators of the server for a new key');
}
