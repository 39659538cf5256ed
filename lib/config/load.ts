/** Finds, reads and checks configuration files, and names the line of every problem. */
import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { accessProblems, SECRET_FILE_KEYS } from './access.js';
import { isPlainObject, renameKeys, snakeCase } from './case.js';
import { ConfigError, type ConfigProblem } from './errors.js';
import type { ParsedFile } from './parse_file.js';
import {
  backupSchema,
  localSchema,
  type ArchiveConfig,
  type ArchiveOptions,
  type LocalConfig,
} from './schema.js';
import { absolutePaths, validateBlock } from './validate.js';

/** Looked at in this order when no file is named. */
export const DEFAULT_CONFIG_FILES: readonly string[] = [
  './xrootd-archive.yaml',
  '/etc/xrootd-archive/config.yaml',
];

const CACHE = 'cache_directory';
const MOUNT_POINT = 'cache_mount_point';
const SECRETS = SECRET_FILE_KEYS.map(snakeCase);
/** Of a file: another one isn't a configuration. */
const MOST_BYTES = 2 ** 20;

/** Options of `loadConfig`. */
export interface LoadOptions {
  /** Where relative overrides and default files start. Default: the working directory. */
  cwd?: string;
  /** Default DEFAULT_CONFIG_FILES. */
  defaultFiles?: readonly string[];
  /** Check the cache and the files with secrets too. Default true. */
  checkAccess?: boolean;
  /**
   * True: a cache must be configured and usable. False: the cache isn't used, so it isn't checked. Default: a cache
   * needn't be configured, but if it is, it must be usable.
   */
  cache?: boolean | undefined;
}

/** What `loadConfig` has read. */
export interface LoadedConfig<C = ArchiveConfig> {
  /** Checked, with all defaults; `new Archive(config)` takes it. */
  config: C;
  /** The file that was read; undefined if there was none. */
  file: string | undefined;
}

/**
 * Reads a configuration file (or the first default one that exists), lays `overrides` over it, checks everything, and
 * tells all problems at once. Where `overrides` name the target (and the cache, if one must be named), no file is
 * needed, but one that is named is read. Relative paths in a file start at the file's directory, relative overrides at
 * `cwd`.
 * @throws {ConfigError}
 */
export async function loadConfig(
  file: string | undefined,
  overrides: Partial<ArchiveOptions> = {},
  options: LoadOptions = {},
): Promise<LoadedConfig> {
  return await load(file, overrides, options, true);
}

/** As loadConfig(), for what looks at this machine alone: no target need be configured. @throws {ConfigError} */
export async function loadLocalConfig(
  file: string | undefined,
  overrides: Partial<ArchiveOptions> = {},
  options: LoadOptions = {},
): Promise<LoadedConfig<LocalConfig>> {
  return await load(file, overrides, options, false);
}

async function load(
  file: string | undefined,
  overrides: Partial<ArchiveOptions>,
  options: LoadOptions,
  target: boolean,
): Promise<LoadedConfig> {
  const cwd = options.cwd ?? process.cwd();
  const complete =
    (!target || overrides.targetUrl !== undefined) &&
    (options.cache !== true || overrides.cacheDirectory !== undefined);
  const found = file === undefined ? await findDefault(options.defaultFiles, cwd) : path.resolve(cwd, file);
  if (found === undefined && !complete) throw noConfiguration(options, target);
  const parsed = found === undefined ? emptyFile() : await parsedFile(found);
  if (parsed.unreadable) throw new ConfigError(parsed.problems, found);
  const given = definedOnly(absolutePaths(renameKeys(overrides, snakeCase), cwd));
  const block = {
    ...blockOf(absolutePaths(parsed.block, found === undefined ? cwd : path.dirname(found))),
    ...given,
  };
  const schema = target ? backupSchema : localSchema;
  const { config, problems } = validateBlock(block, options.cache === true, schema);
  const all = [
    ...parsed.problems,
    ...problems.map(({ path: keys, message }) => parsed.place(keys, message, given)),
  ];
  if (options.checkAccess !== false) {
    const keys = options.cache === false ? SECRETS : [CACHE, MOUNT_POINT, ...SECRETS];
    all.push(...(await placedAccess(block, keys, all, parsed, given)));
  }
  if (config === undefined || all.length > 0) throw new ConfigError(byLine(all), found);
  return { config, file: found };
}

async function parsedFile(file: string): Promise<ParsedFile> {
  const text = await read(file);
  const { parseFile } = await import('./parse_file.js');
  return parseFile(text);
}

function noConfiguration(
  { cache, defaultFiles = DEFAULT_CONFIG_FILES }: LoadOptions,
  target: boolean,
): ConfigError {
  const both = cache === true ? 'cache and target by --cache and --target' : 'the target by --target';
  const instead = target ? both : 'the cache by --cache';
  const looked =
    defaultFiles.length === 0 ? 'no file was looked for' : `looked for ${defaultFiles.join(', ')}`;
  const message = `no configuration: name a file by --config, or ${instead}; config init writes one (${looked})`;
  return new ConfigError([{ key: '', message }]);
}

function emptyFile(): ParsedFile {
  return {
    block: {},
    unreadable: false,
    problems: [],
    place: (keys, message) => ({ key: keys.join('.'), message }),
  };
}

async function placedAccess(
  block: Record<string, unknown>,
  keys: readonly string[],
  known: readonly ConfigProblem[],
  parsed: ParsedFile,
  given: Record<string, unknown>,
): Promise<ConfigProblem[]> {
  const usable = (key: string): string | undefined => {
    const value = block[key];
    const broken = known.some((problem) => problem.key.split('.').at(-1) === key);
    return keys.includes(key) && typeof value === 'string' && !broken ? value : undefined;
  };
  const found = await accessProblems({
    cacheDirectory: usable(CACHE),
    cacheMountPoint: usable(MOUNT_POINT),
    ...Object.fromEntries(SECRET_FILE_KEYS.map((key) => [key, usable(snakeCase(key))])),
  });
  return found.map(({ key, message }) => parsed.place([snakeCase(key)], message, given));
}

async function findDefault(
  names: readonly string[] = DEFAULT_CONFIG_FILES,
  cwd: string,
): Promise<string | undefined> {
  for (const name of names) {
    const file = path.resolve(cwd, name);
    if (
      await fs.stat(file).then(
        (stats) => stats.isFile(),
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

async function read(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readAtMost(file, MOST_BYTES));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a directory' : message;
    throw new ConfigError([{ key: '', message: `the configuration file ${file} ${why}` }], file);
  }
}

/** Also of a device or a pipe without end. */
async function readAtMost(file: string, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > most) throw new Error(`has more than ${most} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function byLine(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function blockOf(value: unknown): Record<string, unknown> {
  return isPlainObject(value) ? value : {};
}

function definedOnly(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(blockOf(value)).filter(([, inner]) => inner !== undefined));
}
