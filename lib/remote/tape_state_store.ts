/**
 * A store whose stats have in `backUpExists` what `tape_state` says: also, or only, the answer to a prepare query. Such an answer
 * names a path, and no version of the file. So it counts only if a stat after it shows the file that the stat before it showed, and
 * never for the first stat after an upload: nothing is on tape as soon as it is written, and who says so speaks of an older file.
 */
import { sameRemote } from '../rules/remote_identity.js';
import { asksTape, type TapeState } from '../rules/tape_told.js';
import type { LimitedStore } from './limited_store.js';
import type { RemoteStat } from './store.js';
import { TapeQueries, type TapeProblem } from './tape_queries.js';

export function tapeStateStore(
  store: LimitedStore,
  { tapeState }: { tapeState: TapeState },
  onProblem: TapeProblem,
): LimitedStore {
  if (tapeState === 'stat') return store;
  const queries = new TapeQueries(store, onProblem);
  const justUploaded = new Set<string>();
  const untold = (stat: RemoteStat): RemoteStat => ({
    ...stat,
    backUpExists: tapeState === 'either' && stat.backUpExists,
    backUpFlag: stat.backUpExists,
  });
  const told = (before: RemoteStat, after: RemoteStat): RemoteStat =>
    sameRemote(before, after)
      ? { ...after, backUpExists: true, backUpFlag: after.backUpExists }
      : untold(after);
  const isStat = (stat: RemoteStat | null | Error | undefined): stat is RemoteStat =>
    stat != null && !(stat instanceof Error);
  const isToBeAsked = (name: string, stat: RemoteStat | null | Error | undefined): stat is RemoteStat =>
    isStat(stat) && asksTape(tapeState, stat) && !justUploaded.delete(name);

  const stat: LimitedStore['stat'] = async (name, signal) => {
    const before = await store.stat(name, signal);
    if (!isToBeAsked(name, before) || !(await queries.onTape(name, before, signal)))
      return before && untold(before);
    const after = await store.stat(name, signal);
    return after && told(before, after);
  };
  return {
    ...store,
    stat,
    statMany: async (names, signal) => {
      const stats = await store.statMany(names, signal);
      const said = new Map<string, RemoteStat>();
      const failed = new Map<string, Error>();
      const ask = async (name: string, index: number) => {
        const before = stats[index];
        try {
          if (isToBeAsked(name, before) && (await queries.onTape(name, before, signal)))
            said.set(name, before);
        } catch (error) {
          signal?.throwIfAborted();
          failed.set(name, error as Error);
        }
      };
      await Promise.all(names.map(ask));
      const again = said.size === 0 ? [] : await store.statMany([...said.keys()], signal);
      const later = new Map([...said.keys()].map((name, index) => [name, again[index] ?? null]));
      return stats.map((stat, index) => {
        const name = names[index] ?? '';
        const error = failed.get(name);
        if (error !== undefined) return error;
        const before = said.get(name);
        const after = before === undefined ? stat : (later.get(name) ?? null);
        if (!isStat(after)) return after;
        return before === undefined ? untold(after) : told(before, after);
      });
    },
    upload: async (source, name, options) => {
      const uploaded = await store.upload(source, name, options);
      justUploaded.add(name);
      return uploaded;
    },
    removeSeen: async (name, seen, signal) => {
      const { backUpFlag = seen.backUpExists } = seen;
      const now = await stat(name, signal);
      if (now !== null && now.backUpExists !== seen.backUpExists) return 'other';
      return store.removeSeen(name, { ...seen, backUpExists: backUpFlag }, signal);
    },
  };
}
