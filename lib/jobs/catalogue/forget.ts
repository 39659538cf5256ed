/** Takes rows out of a catalogue because somebody says so. What they said stays in it, with the reason. */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import { mayBeEqual } from '../../catalogue/merge.js';
import { replacedRow, type CatalogueRow } from '../../catalogue/row.js';
import type { CatalogueReader } from '../../catalogue/union.js';
import { ConfigError } from '../../config/errors.js';
import { normalized } from '../../config/pattern.js';
import { foundRecord, type FoundRecord } from './found_record.js';
import { openReader, openToChange, shardsKept } from './open_kept.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { checkPaths } from '../../config/option_values.js';

/** Options of `catalogue.forget`. */
export interface ForgetOptions {
  /** Why; kept with what was known. */
  reason: string;
  /** Changes nothing. Default false. */
  dryRun?: boolean | undefined;
  /** Ends it; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<ForgetOptions> = { reason: true, dryRun: true, signal: true };

/** What `catalogue.forget` has taken out. */
export interface ForgetResult {
  /**
   * As they were known. `inCache`: the record is still in the cache, and gets a row when a pass compares or removes it. Of a lost record whose name another
   * one has by now, the loss alone is taken out.
   */
  forgotten: (FoundRecord & {
    /** The record is still in the cache. */
    inCache: boolean;
  })[];
  /** Paths that no row has. */
  unknown: string[];
}

const pathsAtOnce = 1000;

/**
 * @param paths whole names of records; no directories, no globs
 * @throws {ConfigError} without reason or paths, for what can't be a path; {CatalogueError}
 */
export async function forget(
  config: CatalogueConfig,
  paths: readonly string[],
  options: ForgetOptions,
): Promise<ForgetResult> {
  checkOptions(options, KNOWN);
  checkPaths(paths);
  const { reason, dryRun = false, signal } = options;
  if (typeof (reason as unknown) !== 'string' || reason.trim() === '')
    throw wrong('forgetting needs a reason: it is kept with what was known');
  if (paths.length === 0) throw wrong('no paths given');
  const names = [...new Set(paths.map(plainPath))];
  const { replaced, present, ...result } = await known(config, names, signal);
  if (dryRun) return result;
  const taken = new Set(result.forgotten.map(({ path }) => path));
  for (const shard of await shardsKept(config)) {
    const catalogue = await openToChange(config, { shard });
    try {
      const own = await replacedIn(catalogue, taken);
      for (const path of taken) {
        signal?.throwIfAborted();
        const [row] = await catalogue.rowsOf([path]);
        const isMeant = own.has(path) || isToGo(row, present.get(path), replaced.has(path));
        if (isMeant) catalogue.note({ kind: 'forgotten', path, at: Date.now(), reason });
      }
      await catalogue.flush();
    } finally {
      await catalogue.close();
    }
  }
  return result;
}

/** What will be taken out: losses of a name come first, and the record that has their name by now stays, unless it is lost as well. */
async function known(
  config: CatalogueConfig,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<
  ForgetResult & { replaced: ReadonlyMap<string, unknown>; present: ReadonlyMap<string, CatalogueRow> }
> {
  const catalogue = await openReader(config);
  try {
    const replaced = await replacedIn(catalogue, new Set(names));
    const present = new Map<string, CatalogueRow>();
    const result: ForgetResult = { forgotten: [], unknown: [] };
    for (let at = 0; at < names.length; at += pathsAtOnce) {
      signal?.throwIfAborted();
      const some = names.slice(at, at + pathsAtOnce);
      const rows = await catalogue.rowsOf(some);
      for (const [index, path] of some.entries()) {
        const losses = replaced.get(path) ?? [];
        for (const row of losses) result.forgotten.push({ ...foundRecord(row), inCache: false });
        const row = rows[index];
        if (row !== undefined) present.set(path, row);
        if (row !== undefined && (losses.length === 0 || row.lost !== null))
          result.forgotten.push({ ...foundRecord(row), inCache: await isThere(config, path) });
        else if (losses.length === 0) result.unknown.push(path);
      }
    }
    return { ...result, replaced, present };
  } finally {
    await catalogue.close();
  }
}

async function replacedIn(
  catalogue: Pick<CatalogueReader, 'replacedLosses'>,
  names: ReadonlySet<string>,
): Promise<Map<string, CatalogueRow[]>> {
  const found = new Map<string, CatalogueRow[]>();
  for await (const loss of catalogue.replacedLosses())
    if (names.has(loss.path)) found.set(loss.path, [...(found.get(loss.path) ?? []), replacedRow(loss)]);
  return found;
}

/**
 * Does one file's row go? All together know `now` under its name, and whether there are losses besides. Of several records with one
 * name, which different files know, only what is lost goes, if anything is.
 */
function isToGo(row: CatalogueRow | undefined, now: CatalogueRow | undefined, losses: boolean): boolean {
  if (row === undefined || now === undefined) return false;
  const isLost = now.lost !== null;
  if (!isLost && !losses) return true;
  return mayBeEqual(row, now) ? isLost : row.lost !== null;
}

function plainPath(given: string): string {
  try {
    const path = normalized(given);
    if (path !== '') return path;
  } catch (error) {
    throw wrong((error as Error).message);
  }
  throw wrong('records are forgotten one by one, by their names: "." is none');
}

async function isThere({ cacheDirectory }: CatalogueConfig, path: string): Promise<boolean> {
  if (cacheDirectory === undefined) return false;
  try {
    await fs.lstat(join(cacheDirectory, path));
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code)) return false;
    throw error;
  }
}

function wrong(message: string): ConfigError {
  return new ConfigError([{ key: '', message }]);
}
