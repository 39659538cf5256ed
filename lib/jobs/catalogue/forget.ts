/** Takes rows out of a catalogue because somebody says so. What they said stays in it, with the reason. */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import { ConfigError } from '../../config/errors.js';
import { normalized } from '../../config/pattern.js';
import { foundRecord, type FoundRecord } from './found_record.js';
import { openToChange, shardsKept } from './open_kept.js';

export interface ForgetOptions {
  /** Why; kept with what was known. */
  reason: string;
  /** Changes nothing. Default false. */
  dryRun?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface ForgetResult {
  /** As they were known. `inCache`: the record is still in the cache, so the next pass notes it anew. */
  forgotten: (FoundRecord & { inCache: boolean })[];
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
  { reason, dryRun = false, signal }: ForgetOptions,
): Promise<ForgetResult> {
  if (reason.trim() === '') throw wrong('forgetting needs a reason: it is kept with what was known');
  if (paths.length === 0) throw wrong('no paths given');
  const result: ForgetResult = { forgotten: [], unknown: [] };
  const known = new Set<string>();
  const names = [...new Set(paths.map(plainPath))];
  for (const shard of await shardsKept(config)) {
    const catalogue = await openToChange(config, { shard });
    try {
      for (let at = 0; at < names.length; at += pathsAtOnce) {
        signal?.throwIfAborted();
        for (const row of await catalogue.rowsOf(names.slice(at, at + pathsAtOnce))) {
          if (row === undefined) continue;
          const { path } = row;
          // Several shards know it after their number has changed.
          if (!known.has(path))
            result.forgotten.push({ ...foundRecord(row), inCache: await isThere(config, path) });
          known.add(path);
          if (!dryRun) catalogue.note({ kind: 'forgotten', path, at: Date.now(), reason });
        }
        await catalogue.flush();
      }
    } finally {
      await catalogue.close();
    }
  }
  result.unknown = names.filter((name) => !known.has(name));
  return result;
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
