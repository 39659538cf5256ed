/** Finds, reads and checks configuration files, and names the line of every problem. */
import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { distance } from 'fastest-levenshtein';
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { accessProblems, SECRET_FILE_KEYS } from './access.js';
import { isPlainObject, renameKeys, snakeCase } from './case.js';
import { ConfigError, type ConfigProblem } from './errors.js';
import { BACKUP_KEYS, type ArchiveConfig, type ArchiveOptions } from './schema.js';
import { absolutePaths, nearestKey, unknownKey, validateBlock } from './validate.js';

/** Looked at in this order when no file is named. */
export const DEFAULT_CONFIG_FILES: readonly string[] = [
  './xrootd-archive.yaml',
  '/etc/xrootd-archive/config.yaml',
];

const BLOCK = 'backup';
const CACHE = 'cache_directory';
const MOUNT_POINT = 'cache_mount_point';
const SECRETS = SECRET_FILE_KEYS.map(snakeCase);
/** An unknown top-level word this near to a known one is a slip, not another program's block. */
const SLIP = 2;
/** Of a file: another one isn't a configuration. */
const MOST_BYTES = 2 ** 20;
const DEEPEST = 50;

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
export interface LoadedConfig {
  /** Checked, with all defaults; `new Archive(config)` takes it. */
  config: ArchiveConfig;
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
  const cwd = options.cwd ?? process.cwd();
  const complete =
    overrides.targetUrl !== undefined && (options.cache !== true || overrides.cacheDirectory !== undefined);
  const found = file === undefined ? await findDefault(options.defaultFiles, cwd) : path.resolve(cwd, file);
  if (found === undefined && !complete) throw noConfiguration(options);
  const parsed = found === undefined ? emptyFile() : parseFile(await read(found));
  if (parsed.unreadable) throw new ConfigError(parsed.problems, found);
  const given = definedOnly(absolutePaths(renameKeys(overrides, snakeCase), cwd));
  const block = {
    ...blockOf(absolutePaths(parsed.block, found === undefined ? cwd : path.dirname(found))),
    ...given,
  };
  const { config, problems } = validateBlock(block, options.cache === true);
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

function noConfiguration({ cache, defaultFiles = DEFAULT_CONFIG_FILES }: LoadOptions): ConfigError {
  const instead = cache === true ? 'cache and target by --cache and --target' : 'the target by --target';
  const message = `no configuration: name a file by --config, or ${instead} (looked for ${defaultFiles.join(', ')})`;
  return new ConfigError([{ key: '', message }]);
}

interface ParsedFile {
  block: unknown;
  /** True if the file isn't valid YAML, so that nothing else can be checked. */
  unreadable: boolean;
  problems: ConfigProblem[];
  /** A problem with its key and line; keys that were overridden have none. */
  place(keys: readonly string[], message: string, given: Record<string, unknown>): ConfigProblem;
}

function emptyFile(): ParsedFile {
  return {
    block: {},
    unreadable: false,
    problems: [],
    place: (keys, message) => ({ key: keys.join('.'), message }),
  };
}

function parseFile(text: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const problems: ConfigProblem[] = document.errors.map((error) => ({
    key: '',
    line: lines.linePos(error.pos[0]).line,
    message: `not valid YAML: ${error.message}`,
  }));
  let top: unknown = {};
  if (problems.length === 0)
    try {
      top = document.toJS();
      if (!isShallow(top)) throw new Error(`it is nested deeper than ${DEEPEST} levels, or contains itself`);
    } catch (error) {
      // An alias that leads nowhere, or aliases of aliases without end.
      problems.push({ key: '', message: `not valid YAML: ${(error as Error).message}` });
    }
  const unreadable = problems.length > 0;
  const lineOf = (keys: readonly string[]): number | undefined => {
    const offset = offsetOf(document, keys);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  if (!unreadable) problems.push(...topLevelProblems(top, lineOf));
  return {
    block: isPlainObject(top) ? (top[BLOCK] ?? {}) : {},
    unreadable,
    problems,
    place: (keys, message, given) => {
      const key = [BLOCK, ...keys].join('.');
      const [first] = keys;
      if (first !== undefined && Object.hasOwn(given, first)) return { key: first, message };
      const line = lineOf([BLOCK, ...keys]);
      return line === undefined ? { key, message } : { key, line, message };
    },
  };
}

/** Other programs' blocks may be deeper than ours. */
function isShallow(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const inner = value instanceof Map || value instanceof Set ? [...value] : Object.values(value);
  return levels > 0 && inner.every((each) => isShallow(each, levels - 1));
}

/** A facility's file may hold blocks of other programs: those are left alone, slips and stray keys aren't. */
function topLevelProblems(top: unknown, lineOf: (keys: string[]) => number | undefined): ConfigProblem[] {
  if (!isPlainObject(top)) return [{ key: BLOCK, message: `the file must hold a block "${BLOCK}:"` }];
  const problems: ConfigProblem[] = [];
  for (const [key, value] of Object.entries(top)) {
    const line = lineOf([key]);
    const at = line === undefined ? { key } : { key, line };
    if (key === BLOCK) {
      if (!isPlainObject(value) && value !== null)
        problems.push({ ...at, message: 'must be a block of keys' });
      continue;
    }
    const option = nearestKey(key, BACKUP_KEYS);
    if (option === key) problems.push({ ...at, message: `belongs inside the block "${BLOCK}:"` });
    else if (isNear(key, BLOCK)) problems.push({ ...at, message: unknownKey(key, [BLOCK]) });
    else if (typeof value !== 'object' || value === null)
      problems.push({ ...at, message: unknownKey(key, [BLOCK, ...BACKUP_KEYS]) });
  }
  if (!(BLOCK in top) && problems.length === 0)
    problems.push({ key: BLOCK, message: `the file has no block "${BLOCK}:"` });
  return problems;
}

function isNear(key: string, known: string): boolean {
  return Math.abs(key.length - known.length) <= SLIP && distance(key.toLowerCase(), known) <= SLIP;
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

/** Offset of a key (for a missing one: of the nearest parent that stands in the file). */
function offsetOf(document: Document, keys: readonly string[]): number | undefined {
  let node: Node | null | undefined = document.contents;
  let offset: number | undefined;
  for (const key of keys) {
    if (!isMap(node)) break;
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key,
    );
    if (pair === undefined) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value as Node | null;
  }
  return offset;
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
