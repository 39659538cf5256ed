/** The service of an Archive: runs passes by schedule, if it leads among several services on a cache, and monitors them. */
import { checkAccess, requireCache, type ArchiveConfig, type Logger } from '../config/index.js';
import { backup } from '../jobs/backup/backup.js';
import type { EventBus } from '../jobs/events/event_bus.js';
import type { JobDependencies } from '../jobs/run/job_run.js';
import { retention } from '../jobs/retention/retention.js';
import { audit } from './audit.js';
import { Leadership } from './leadership.js';
import type { Monitor } from './monitor.js';
import { rememberedDrill } from './remembered_drill.js';
import {
  LANES,
  sameSchedules,
  scheduledJobs,
  type ScheduledJob,
  type ScheduledName,
} from './scheduled_jobs.js';
import { Service } from './service.js';

export interface ArchiveServiceContext {
  /** As it is now. */
  config: () => ArchiveConfig;
  /** For a pass that begins now. */
  dependencies: (jobId: string) => JobDependencies;
  events: EventBus;
  logger: Logger;
}

const passes: Record<ScheduledName, (given: JobDependencies, signal: AbortSignal) => Promise<unknown>> = {
  backup: (given, signal) => backup(given, { signal, wait: true }),
  retention: (given, signal) => retention(given, { signal, wait: true }),
  verify: audit,
  drill: rememberedDrill,
};

export class ArchiveService {
  readonly #context: ArchiveServiceContext;
  readonly #leadership: Leadership;
  /** What `#jobs` were made of. */
  #config: ArchiveConfig;
  #jobs: readonly ScheduledJob[];
  #monitor: Monitor | undefined;
  #unwatch: (() => void) | undefined;
  /** One a lane. */
  #services: readonly Service[] = [];
  #stopped = false;

  /** @throws {ConfigError} as scheduledJobs() */
  constructor(context: ArchiveServiceContext) {
    this.#context = context;
    this.#leadership = new Leadership(context.logger);
    this.#config = context.config();
    this.#jobs = scheduledJobs(this.#config);
  }

  /** Once. @throws {ConfigError} when cache or keytab aren't usable: then nothing is left to be stopped */
  async start(): Promise<void> {
    const { config, dependencies, events, logger } = this.#context;
    await checkAccess(config());
    await this.#leadership.leads(requireCache(config()));
    if (!this.#stopped) await this.#watch(events, logger);
    if (this.#stopped) {
      await this.#end();
      return;
    }
    this.#services = LANES.map(
      (lane) =>
        new Service({
          jobs: () => this.#jobs.filter(({ job }) => lane.includes(job)),
          leads: () => this.#leadership.leads(requireCache(config())),
          pass: (job, signal, jobId) => passes[job](dependencies(jobId), signal),
          emit: events.emit,
        }),
    );
  }

  /** The configuration is another one now, which scheduledJobs() accepts. A pass that runs goes on. */
  reconfigured(): void {
    const [before, now] = [this.#config, this.#context.config()];
    this.#config = now;
    this.#jobs = scheduledJobs(now);
    if (!sameSchedules(before, now)) for (const service of this.#services) service.reschedule();
    void this.#monitor?.start();
  }

  /** As Service.stop(); then a mail that is under way gets a minute. */
  async stop(graceSeconds: number): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#services.map((service) => service.stop(graceSeconds)));
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#unwatch?.();
    await this.#leadership.release();
    await this.#monitor?.stop();
  }

  async #watch(events: EventBus, logger: Logger): Promise<void> {
    // Only a service needs what sends mail and serves metrics.
    const { Monitor } = await import('./monitor.js');
    this.#monitor = new Monitor(this.#context.config, logger);
    this.#unwatch = events.onAny(this.#monitor.hear);
    await this.#monitor.start();
  }
}
