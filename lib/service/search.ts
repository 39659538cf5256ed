/** Searches the catalogue for the search page: bounded in results and time, one search at a time, and no server is asked. */
import type { ArchiveConfig } from '../config/index.js';
import { isGlob } from '../config/pattern.js';
import { find } from '../jobs/catalogue/find.js';
import type { FoundRecord } from '../jobs/catalogue/found_record.js';

export const MOST_FOUND = 200;
const SECONDS = 10;

export interface Found {
  records: FoundRecord[];
  /** Why these aren't all, or why there are none. */
  note: string | undefined;
}

export class Search {
  readonly #config: () => ArchiveConfig;
  #isBusy = false;

  /** @param config as it is now */
  constructor(config: () => ArchiveConfig) {
    this.#config = config;
  }

  /**
   * Never rejects: what goes wrong is in the note.
   * @param words a part of a name; or a glob, as `find` takes it
   */
  async find(words: string): Promise<Found> {
    const wanted = words.trim();
    if (wanted === '') return { records: [], note: undefined };
    if (this.#isBusy) return { records: [], note: 'Somebody else is searching: try again in a moment.' };
    this.#isBusy = true;
    try {
      return await this.#find(wanted);
    } catch (error) {
      return { records: [], note: (error as Error).message };
    } finally {
      this.#isBusy = false;
    }
  }

  async #find(wanted: string): Promise<Found> {
    const records: FoundRecord[] = [];
    const signal = AbortSignal.timeout(SECONDS * 1000);
    try {
      for await (const item of find(this.#config(), patternsOf(wanted), { signal })) {
        // A pattern that names nothing.
        if ('failed' in item) continue;
        if (records.length === MOST_FOUND)
          return { records, note: `There are more: these are the first ${MOST_FOUND}.` };
        records.push(item);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      return { records, note: `The search ended after ${SECONDS} s: there may be more.` };
    }
    return { records, note: records.length === 0 ? 'The catalogue has no such record.' : undefined };
  }
}

/** Whatever has this in its path. */
function patternsOf(wanted: string): string[] {
  return isGlob(wanted) ? [wanted] : [`**/*${wanted.replace(/^\/+|\/+$/g, '')}*`];
}
