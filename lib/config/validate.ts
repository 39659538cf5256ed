/** Turns raw keys and values into a configuration, or into the list of all their problems. */
import path from 'node:path';
import type { z } from 'zod';
import { camelCase, isPlainObject, renameKeys, snakeCase } from './case.js';
import { ConfigError, type ConfigProblem } from './errors.js';
import { nearestKeys } from './nearest.js';
import {
  backupSchema,
  BACKUP_KEYS,
  CACHE_MISSING,
  INNER_KEYS,
  type localSchema,
  PATH_KEYS,
  type ArchiveConfig,
  type ArchiveOptions,
} from './schema.js';

/** Problem keys are paths into the raw value: `['mail', 'from_addr']`. */
export interface RawProblem {
  path: string[];
  message: string;
}

export type Validated =
  { config: ArchiveConfig; problems: [] } | { config: undefined; problems: RawProblem[] };

/**
 * Checks a `backup` block (snake_case keys, paths as they will be used). Pure. A key without a value (`mail:`) counts
 * as not given.
 * @param cacheNeeded whether a block without cache is wrong
 * @param schema of the whole block
 */
export function validateBlock(
  block: unknown,
  cacheNeeded = false,
  schema: typeof backupSchema | typeof localSchema = backupSchema,
): Validated {
  if (!isPlainObject(block)) return invalid([{ path: [], message: 'must be a block of keys' }]);
  const given = withoutNulls(block);
  const result = schema.safeParse(given);
  const missing: RawProblem[] =
    cacheNeeded && given['cache_directory'] === undefined
      ? [{ path: ['cache_directory'], message: CACHE_MISSING }]
      : [];
  if (!result.success)
    return invalid([...missing, ...result.error.issues.flatMap((issue) => problemsOf(issue, given))]);
  if (missing.length > 0) return invalid(missing);
  const config = frozen(renameKeys(result.data, camelCase)) as ArchiveConfig;
  checked.add(config);
  return { config, problems: [] };
}

/** What was checked once needn't be again: nobody can have changed it. */
const checked = new WeakSet<object>();

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/**
 * Returns the cache directory, for callers that need one.
 * @throws {ConfigError} if the configuration names none
 */
export function requireCache({ cacheDirectory }: Pick<ArchiveConfig, 'cacheDirectory'>): string {
  if (cacheDirectory !== undefined) return cacheDirectory;
  throw new ConfigError([{ key: 'cacheDirectory', message: `${CACHE_MISSING} (cache_directory in a file)` }]);
}

/**
 * Checks the options of the library's users, by the same schema, and fills in defaults. What loadConfig() or this function gave is
 * taken as it is. Paths may be relative to the working directory. Looks at no disk: see checkAccess().
 * @throws {ConfigError} with every problem, keys in camelCase
 */
export function resolveOptions(options: ArchiveOptions): ArchiveConfig {
  if (checked.has(options)) return options as ArchiveConfig;
  const snake = mistakenSnakeCase(options);
  const raw = absolutePaths(renameKeys(options, snakeCase), process.cwd());
  const { config, problems } = validateBlock(raw);
  if (config !== undefined && snake.length === 0) return config;
  throw new ConfigError([
    ...snake,
    ...problems.map(({ path: keys, message }) => ({
      key: keys.map(camelCase).join('.'),
      message: message.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, camelCaseOfKnown),
    })),
  ]);
}

/** The same block with its paths made absolute, in blocks within it too. */
export function absolutePaths(block: unknown, directory: string): unknown {
  if (!isPlainObject(block)) return block;
  const entries = Object.entries(block).map(([key, value]) =>
    PATH_KEYS.includes(key) && typeof value === 'string' && value !== ''
      ? [key, path.resolve(directory, value)]
      : [key, absolutePaths(value, directory)],
  );
  return Object.fromEntries(entries) as unknown;
}

function problemsOf(issue: z.core.$ZodIssue, given: Record<string, unknown>): RawProblem[] {
  const keys = issue.path.map(String);
  const known = INNER_KEYS[keys[0] ?? ''] ?? BACKUP_KEYS;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...keys, key], message: unknownKey(key, known) }));
  if (issue.code === 'invalid_type' && keys.length <= 1 && issue.expected === 'object')
    return [{ path: keys, message: `must be a block of keys (${known.join(', ')})` }];
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().filter((each) => each.code !== 'invalid_type');
    const [first] = inner;
    if (first !== undefined) return [{ path: [...keys, ...first.path.map(String)], message: first.message }];
  }
  if (valueAt(given, keys) === undefined)
    return [{ path: keys, message: `is missing: it ${issue.message.replace(/, not nothing$/, '')}` }];
  return [{ path: keys, message: issue.message }];
}

function valueAt(given: unknown, keys: readonly string[]): unknown {
  return keys.reduce(
    (value: unknown, key) =>
      isPlainObject(value) || Array.isArray(value) ? (value as Record<string, unknown>)[key] : undefined,
    given,
  );
}

export function unknownKey(key: string, known: readonly string[]): string {
  const [nearest, ...others] = nearestKeys(key, known);
  if (nearest === undefined) return 'is not known';
  const last = others.pop();
  const all = last === undefined ? nearest : `${[nearest, ...others].join(', ')} or ${last}`;
  return `is not known; did you mean ${all}?`;
}

function withoutNulls(block: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(block)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => [key, isPlainObject(value) ? withoutNulls(value) : value]),
  );
}

/** Only camelCase is TypeScript's; a snake_case key would silently pass otherwise. */
function mistakenSnakeCase(options: unknown): ConfigProblem[] {
  if (!isPlainObject(options)) return [];
  return Object.keys(options)
    .filter((key) => key.includes('_'))
    .map((key) => ({
      key,
      message: unknownKey(camelCase(key), camelKeys()),
    }));
}

function camelKeys(): string[] {
  return BACKUP_KEYS.map(camelCase);
}

function camelCaseOfKnown(word: string): string {
  const known = [BACKUP_KEYS, ...Object.values(INNER_KEYS)].some((keys) => keys.includes(word));
  return known ? camelCase(word) : word;
}

function invalid(problems: RawProblem[]): Validated {
  return { config: undefined, problems };
}
