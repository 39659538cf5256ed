/** A drill by schedule: the catalogue remembers when files last came back from tape. */
import { Catalogue } from '../catalogue/catalogue.js';
import { openCatalogue, type CatalogueConfig } from '../catalogue/open_catalogue.js';
import { catalogueFile } from '../catalogue/place.js';
import { shardsBeside } from '../catalogue/shard_files.js';
import type { Report } from '../jobs/events/report.js';
import { drill } from '../jobs/restore/drill.js';
import type { JobDependencies } from '../jobs/run/job_run.js';

/** A drill whose catalogue can't be written is a good drill: that is only logged. @throws as drill() */
export async function rememberedDrill(dependencies: JobDependencies, signal: AbortSignal): Promise<void> {
  const { config, logger } = dependencies;
  const report = await drill(dependencies, [], { files: config.drill?.files, signal });
  // It proves nothing, and would hide the last one that did.
  if (report.interrupted) return;
  try {
    await remember(config, report);
  } catch (error) {
    logger.warn(`the catalogue doesn't remember this drill: ${(error as Error).message}`);
  }
}

async function remember(config: CatalogueConfig, report: Report): Promise<void> {
  const file = catalogueFile(config);
  const kept = file === undefined ? [] : await shardsBeside(file);
  if (kept.length === 0) return;
  const [shard] = kept;
  // Opened for writing, a damaged file would be put aside here, and the pass that must heed this wouldn't hear of it.
  const read = await openCatalogue(config, { mode: 'read', shard });
  if (!(read instanceof Catalogue)) return;
  await read.close();
  const written = await openCatalogue(config, { mode: 'write', shard });
  if (!(written instanceof Catalogue)) return;
  try {
    const { job, startedAt: started, finishedAt: finished, failures: _, ...counts } = report;
    await written.durable({ kind: 'pass', job, started, finished, report: JSON.stringify(counts) });
  } finally {
    await written.close();
  }
}
