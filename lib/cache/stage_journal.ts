/**
 * What a restore has asked tape for, kept in its directory: after a crash the next one waits for the same requests
 * instead of asking twice, and knows what to evict. One JSON object a line; a last line that is incomplete is ignored.
 */
import * as fs from 'node:fs/promises';
import { nameFor, type Shard } from '../rules/sharding.js';
import type { CacheDirectory } from './directory.js';
import { JOURNAL_NAME } from './own_files.js';
import { appendToStateFile, readStateFile } from './state_file.js';

export interface StagedRequest {
  requestId: string;
  names: string[];
}

export class StageJournal {
  readonly #file: string;
  readonly #target: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(root: CacheDirectory, target: string, shard?: Shard) {
    this.#file = root.entry(nameFor(shard, JOURNAL_NAME));
    this.#target = target;
  }

  /** The requests of an earlier restore from the same target, oldest first. */
  async read(): Promise<StagedRequest[]> {
    const bytes = await readStateFile(this.#file);
    const lines = bytes?.toString() ?? '';
    return lines.split('\n').flatMap((line) => {
      const entry = parse(line);
      return entry?.target === this.#target ? [{ requestId: entry.requestId, names: entry.names }] : [];
    });
  }

  /** Resolves when the line is on the disk. */
  add(request: StagedRequest): Promise<void> {
    const line = `${JSON.stringify({ target: this.#target, ...request })}\n`;
    this.#writing = this.#writing.then(() => appendToStateFile(this.#file, line));
    return this.#writing;
  }

  /** Call it when all requests have been dealt with. */
  async clear(): Promise<void> {
    await fs.rm(this.#file, { force: true });
  }
}

function parse(line: string): { target: string; requestId: string; names: string[] } | undefined {
  try {
    const { target, requestId, names } = JSON.parse(line) as Record<string, unknown>;
    if (typeof target !== 'string' || typeof requestId !== 'string' || !Array.isArray(names))
      return undefined;
    return { target, requestId, names: names.filter((name) => typeof name === 'string') };
  } catch {
    return undefined;
  }
}
