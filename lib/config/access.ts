/** Checks that the schema can't make: does the cache exist, may we use it, are keytab and tokens private? */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { ConfigError, type ConfigProblem } from './errors.js';
import { isMountPoint, isWithin } from './mounts.js';
import { opaqueProblem } from './opaque.js';
import { tokenProblem } from './token.js';
import { wireTextProblem } from './wire_text.js';

export interface AccessNeeds {
  cacheDirectory?: string | undefined;
  /** Checked only together with the cache. */
  cacheMountPoint?: string | undefined;
  keytabFilePath?: string | undefined;
  gsiProxyPath?: string | undefined;
  tokenFilePath?: string | undefined;
  targetOpaqueFile?: string | undefined;
  onlineOpaqueFile?: string | undefined;
}

/** Files with secrets: what is wrong with the text of one, if that matters. */
const SECRET_FILES = {
  keytabFilePath: undefined,
  gsiProxyPath: undefined,
  tokenFilePath: tokenProblem,
  targetOpaqueFile: opaqueProblem,
  onlineOpaqueFile: opaqueProblem,
} as const;

/** Keys of a configuration that name files with secrets. */
export const SECRET_FILE_KEYS = Object.keys(SECRET_FILES) as (keyof typeof SECRET_FILES)[];

/** The files with secrets that a target needs. */
export function secretsOf(config: AccessNeeds): AccessNeeds {
  const { keytabFilePath, gsiProxyPath, tokenFilePath, targetOpaqueFile } = config;
  return { keytabFilePath, gsiProxyPath, tokenFilePath, targetOpaqueFile };
}

/** @throws {ConfigError} with camelCase keys, if anything is missing or not allowed */
export async function checkAccess(needs: AccessNeeds): Promise<void> {
  const problems = await accessProblems(needs);
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Asks the kernel about the cache: its mode bits are wrong for root, ACLs and read-only mounts. Changes nothing. */
export async function accessProblems(needs: AccessNeeds): Promise<ConfigProblem[]> {
  const { cacheDirectory, cacheMountPoint } = needs;
  const problems: ConfigProblem[] = [];
  const cache = cacheDirectory === undefined ? undefined : await cacheProblem(cacheDirectory);
  if (cache !== undefined) problems.push({ key: 'cacheDirectory', message: cache });
  else if (cacheDirectory !== undefined && cacheMountPoint !== undefined) {
    const message = await mountProblem(cacheDirectory, cacheMountPoint);
    if (message !== undefined) problems.push({ key: 'cacheMountPoint', message });
  }
  for (const key of SECRET_FILE_KEYS) {
    const file = needs[key];
    const message = file === undefined ? undefined : await secretProblem(file, SECRET_FILES[key]);
    if (message !== undefined) problems.push({ key, message });
  }
  return problems;
}

async function cacheProblem(directory: string): Promise<string | undefined> {
  let real: string;
  try {
    real = await fs.realpath(directory);
    if (!(await fs.stat(real)).isDirectory()) return `${directory} is not a directory`;
  } catch (error) {
    return `${directory} ${whyNot(error)}`;
  }
  const wire = wireTextProblem(real);
  if (wire !== undefined) return `${JSON.stringify(real)} ${wire}; choose another place for the cache`;
  try {
    await (await fs.opendir(real)).close();
  } catch (error) {
    return `${directory} can't be read: ${whyNot(error)}`;
  }
  try {
    await fs.access(real, constants.W_OK | constants.X_OK);
  } catch (error) {
    return `${directory} can't be written to: ${whyNot(error)}`;
  }
  return undefined;
}

/** An empty directory where a disk should be mounted looks like an empty cache. */
async function mountProblem(cache: string, point: string): Promise<string | undefined> {
  let real: string;
  try {
    real = await fs.realpath(point);
  } catch (error) {
    return `${point} ${whyNot(error)}`;
  }
  if (!isWithin(await fs.realpath(cache), real))
    return `${point} is neither the cache directory ${cache} nor above it`;
  return (await isMountPoint(real)) ? undefined : `nothing is mounted at ${point}`;
}

/** @param problemOf tells what is wrong with its text, without repeating it */
async function secretProblem(
  file: string,
  problemOf: ((text: string) => string | undefined) | undefined,
): Promise<string | undefined> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return `${file} ${whyNot(error)}`;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return `${file} is not a regular file`;
    const mode = stats.mode & 0o7777;
    if ((mode & 0o077) !== 0)
      return `${file} can be read or written by others (mode ${octal(mode)}): chmod 600 ${file}`;
    if (stats.size === 0) return `${file} is empty`;
    const problem = problemOf?.((await handle.readFile('utf8')).trim());
    return problem === undefined ? undefined : `${file} ${problem}`;
  } finally {
    await handle.close();
  }
}

function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`;
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied for this user';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOTDIR':
      return 'has a parent that is not a directory';
    case 'ENOSPC':
      return 'no space left';
    default:
      return message;
  }
}
