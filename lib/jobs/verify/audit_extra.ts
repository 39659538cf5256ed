/** What the server has and the catalogue doesn't. */
import type { CatalogueReader } from '../../catalogue/union.js';
import type { ArchiveConfig } from '../../config/index.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { inBatches } from '../../flow/in_batches.js';
import { statBatch, statBatchesAhead } from '../../remote/limited_store.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import type { Selector } from '../../rules/selection.js';
import { failed, failureOf } from '../run/failure.js';
import type { JobRun } from '../run/job_run.js';
import { badName, entriesOf } from '../run/list.js';

export interface ExtraContext {
  store: RemoteStore;
  run: JobRun;
  config: Pick<ArchiveConfig, 'parallelStats'>;
  rows: Pick<CatalogueReader, 'rowsOf'>;
  selector: Selector;
  chosen: (path: string) => boolean;
  isInCache: (path: string) => boolean | undefined;
}

/** A pass notes a record once it has compared it. */
const NOT_YET = 'on the server, and not in the catalogue yet: its record is still in the cache';

/** The listing comes in no order, so the catalogue is asked about each batch of names; the server only about those that it doesn't know. */
export async function reportExtra(context: ExtraContext): Promise<void> {
  const { config, run } = context;
  const batches = inBatches(names(context), statBatch);
  await forEachConcurrent(batches, statBatchesAhead(config.parallelStats), async (paths) => {
    if (run.signal.aborted) return;
    const rows = await context.rows.rowsOf(paths);
    const unknown = paths.filter((_, index) => rows[index] === undefined);
    if (unknown.length === 0) return;
    const stats = await context.store.statMany(unknown, run.signal);
    for (const [index, path] of unknown.entries()) await report(path, stats[index] ?? null, context);
  });
}

/** Files, without those of our own names. */
async function* names({
  store,
  run,
  selector,
  chosen,
}: ExtraContext): AsyncGenerator<string, void, undefined> {
  const { signal } = run;
  for (const root of selector.roots) {
    // A name that only the catalogue knows was dealt with as a row.
    if (root !== '' && (await store.stat(root, signal)) === null) continue;
    for await (const entry of entriesOf(store, [root], selector.directoryMayMatch, signal)) {
      const found = 'failed' in entry ? entry : (badName(entry) ?? entry);
      if ('failed' in found) {
        const { failed: _, ...failure } = found;
        run.finish({ result: 'failed', failure });
      } else if (!found.isDirectory && chosen(found.path)) yield found.path;
    }
  }
}

async function report(
  path: string,
  stat: RemoteStat | null | Error,
  { run, isInCache }: ExtraContext,
): Promise<void> {
  // It has gone since it was listed.
  if (stat === null) return;
  if (stat instanceof Error) {
    if (!(await run.isEnd(stat))) run.finish({ result: 'failed', failure: failureOf(path, stat) });
    return;
  }
  if (isInCache(path) === true) {
    run.finish({ result: 'kept', reason: NOT_YET });
    return;
  }
  const message = `the server has it (${stat.size} bytes), the catalogue doesn't`;
  run.finish(failed(path, 'NotInCatalogue', message));
}
