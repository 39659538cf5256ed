/** Checks a catalogue: each byte of its file, and each row against what a pass could have written. */
import { CatalogueError } from '../../catalogue/error.js';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import { rowProblem } from '../../catalogue/row_problem.js';
import { printableName } from '../../rules/names.js';
import { damaged, openToRead } from './open_kept.js';

export interface CatalogueCheck {
  file: string;
  records: number;
  /** Rows that contradict themselves. */
  wrong: number;
  /** The first 100 of them. */
  problems: { path: string; message: string }[];
}

const mostProblems = 100;

/** @throws {ConfigError | CatalogueError} `Damaged` if bytes of the file are wrong */
export async function check(config: CatalogueConfig, signal?: AbortSignal): Promise<CatalogueCheck> {
  const catalogue = await openToRead(config, { unchecked: true });
  try {
    await catalogue.check();
    const found: CatalogueCheck = { file: catalogue.file, records: 0, wrong: 0, problems: [] };
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
    return found;
  } catch (error) {
    throw error instanceof CatalogueError && error.code === 'Damaged' ? damaged(error) : error;
  } finally {
    await catalogue.close();
  }
}
