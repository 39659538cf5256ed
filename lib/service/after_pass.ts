/**
 * What is done after a pass, wherever it ran: a command or a URL gets its report, and a file for node_exporter its metrics. Nothing here
 * can hurt a pass: no pass waits for it, and what fails is only logged.
 */
import { randomUUID } from 'node:crypto';
import { LockedError } from '../cache/lock.js';
import type { ArchiveConfig, Logger } from '../config/index.js';
import type { ArchiveEvent, ArchiveEventOf } from '../jobs/events/events.js';
import type { Report } from '../jobs/events/report.js';
import { failureOf } from '../jobs/run/failure.js';
import { isPartial, type Choice } from '../jobs/run/partial.js';
import { Tally } from '../jobs/run/tally.js';
import { shardProblem, type Shard } from '../rules/sharding.js';

/** Jobs that somebody must notice when they fail or don't come. */
const JOBS: ReadonlySet<Report['job']> = new Set(['backup', 'retention', 'verify', 'drill']);

/** Options of a pass that count here. */
interface Asked extends Choice {
  jobId?: string | undefined;
  dryRun?: boolean | undefined;
  shard?: Shard | undefined;
  signal?: AbortSignal | undefined;
}

export class AfterPass {
  readonly #config: () => ArchiveConfig;
  readonly #logger: Logger;
  readonly #underWay = new Set<Promise<void>>();
  /** Jobs that ended with a report of their error, of which `pass:failed` tells once more. */
  readonly #told = new Set<string>();

  /** @param config as it is now */
  constructor(config: () => ArchiveConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  readonly hear = (event: ArchiveEvent): void => {
    if (event.type === 'pass:finished') {
      if (event.report.error !== undefined && JOBS.has(event.report.job)) this.#told.add(event.jobId);
      this.#begin(event.report);
    } else if (event.type === 'pass:failed' && !this.#told.delete(event.jobId)) this.#begin(stillborn(event));
  };

  /**
   * Runs a pass that was asked for. If it can't even begin (the server can't be reached, the cache is not mounted), it has no report of
   * its own, and what follows a pass gets one all the same. A pass that is refused because of another one needs none.
   * @param asked the job's options
   */
  async asked<T>(job: Report['job'], asked: Asked, run: (id: { jobId: string }) => Promise<T>): Promise<T> {
    // The job itself refuses what is no object.
    const options = { ...asked };
    const { jobId = randomUUID(), dryRun, shard, signal } = options;
    // An earlier job may have had this id.
    this.#told.delete(jobId);
    try {
      return await run({ jobId });
    } catch (error) {
      const told = this.#told.delete(jobId);
      const isWhole = !dryRun && !isPartial(job, options);
      if (!told && isWhole && !signal?.aborted && !(error instanceof LockedError))
        this.#begin(stillborn({ job, ...failureOf('', error) }, shard));
      throw error;
    }
  }

  /** Resolves when nothing of passes that have ended is under way any more: after `timeout_seconds` at the latest. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #begin(report: Report): void {
    const { job, dryRun, partial } = report;
    const { hooks, metricsTextfile } = this.#config();
    // A pass over chosen records says nothing of the archive as a whole.
    if (dryRun || partial === true || !JOBS.has(job)) return;
    if (hooks === undefined && metricsTextfile === undefined) return;
    const work = this.#tell(report).catch((error: unknown) => {
      this.#logger.warn(`what follows a pass failed: ${String(error)}`, { job });
    });
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async #tell(report: Report): Promise<void> {
    const { hooks, metricsTextfile } = this.#config();
    const { job } = report;
    // Most processes need neither.
    const [{ callHooks }, { writeTextfile }] = await Promise.all([
      import('./hooks.js'),
      import('./textfile.js'),
    ]);
    const failed = (what: string) => (error: unknown) => {
      this.#logger.warn(`${what} failed: ${error instanceof Error ? error.message : String(error)}`, { job });
    };
    await Promise.all([
      ...(hooks === undefined ? [] : callHooks(hooks, report, failed)),
      ...(metricsTextfile === undefined
        ? []
        : [writeTextfile(metricsTextfile, report).catch(failed('the metrics for node_exporter'))]),
    ]);
  }
}

/** The report of a pass that couldn't begin. */
function stillborn(
  { job, code, errno, message }: Pick<ArchiveEventOf<'pass:failed'>, 'job' | 'code' | 'errno' | 'message'>,
  shard?: Shard,
): Report {
  const now = new Date();
  const error = { path: '', code, ...(errno !== undefined && { errno }), message };
  const report = new Tally(job, false, now).report(now, false, error);
  // A wrong shard may be why it couldn't begin.
  return shard && shardProblem(shard) === undefined ? { ...report, shard } : report;
}
