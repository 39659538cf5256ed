/** The one service that an Archive may have: there is none, or it starts, runs or stops. */
import type { ArchiveConfig } from '../config/index.js';
import { ArchiveService, type ArchiveServiceContext } from './archive_service.js';
import { scheduledJobs } from './scheduled_jobs.js';

export class OwnService {
  #service: ArchiveService | undefined;

  /** @throws {ConfigError} without schedule or cache; {Error} when it was started before */
  async start(context: ArchiveServiceContext): Promise<void> {
    if (this.#service !== undefined) throw new Error('the service was started before');
    const service = new ArchiveService(context);
    this.#service = service;
    try {
      await service.start();
    } catch (error) {
      if (this.#service === service) this.#service = undefined;
      throw error;
    }
  }

  async stop(graceSeconds: number): Promise<void> {
    const service = this.#service;
    await service?.stop(graceSeconds);
    if (this.#service === service) this.#service = undefined;
  }

  /** @throws {ConfigError} when a service that runs can't go on with it */
  check(config: ArchiveConfig): void {
    if (this.#service !== undefined) scheduledJobs(config);
  }

  /** The configuration is another one now. */
  reconfigured(): void {
    this.#service?.reconfigured();
  }
}
