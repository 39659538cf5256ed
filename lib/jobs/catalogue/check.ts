/** Checks a catalogue: each byte of its file, and each row against what a pass could have written. */
import type { Catalogue } from '../../catalogue/catalogue.js';
import { CatalogueError } from '../../catalogue/error.js';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import { rowProblem } from '../../catalogue/row_problem.js';
import { printableName } from '../../rules/names.js';
import { damaged, openToRead, shardsKept } from './open_kept.js';

/** What a check of the whole catalogue has found. */
export interface CatalogueCheck {
  /** One, or one for each shard of its passes. */
  files: string[];
  /** Rows that were read. */
  records: number;
  /** Rows that contradict themselves. */
  wrong: number;
  /** The first 100 of them. */
  problems: {
    /** Of the record. */
    path: string;
    /** What contradicts what. */
    message: string;
  }[];
}

const mostProblems = 100;

/** @throws {ConfigError | CatalogueError} `Damaged` if bytes of a file are wrong */
export async function check(config: CatalogueConfig, signal?: AbortSignal): Promise<CatalogueCheck> {
  const found: CatalogueCheck = { files: [], records: 0, wrong: 0, problems: [] };
  for (const shard of await shardsKept(config)) {
    const catalogue = await openToRead(config, { shard, unchecked: true });
    try {
      await checkOne(catalogue, found, signal);
    } catch (error) {
      throw error instanceof CatalogueError && error.code === 'Damaged' ? damaged(error) : error;
    } finally {
      await catalogue.close();
    }
  }
  return found;
}

async function checkOne(catalogue: Catalogue, found: CatalogueCheck, signal?: AbortSignal): Promise<void> {
  found.files.push(catalogue.file);
  await catalogue.check();
  for await (const page of catalogue.pages()) {
    signal?.throwIfAborted();
    found.records += page.length;
    for (const row of page) {
      const message = rowProblem(row);
      if (message === undefined) continue;
      found.wrong++;
      if (found.problems.length < mostProblems)
        found.problems.push({ path: printableName(row.path), message });
    }
  }
}
