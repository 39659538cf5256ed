/** Keeps what the service does and did for the status page: from events, bounded, in memory. */
import { redact, type ArchiveConfig } from '../config/index.js';
import type { JobEvent, JobEventOf } from '../jobs/events/events.js';
import type { Failure, Report } from '../jobs/events/report.js';
import type { CatalogueView } from './catalogue_view.js';
import { outcomeOf, type PassOutcome } from './pass_outcome.js';
import { laneOf, schedulesIn, type ScheduleConfig } from './scheduled_jobs.js';
import { tapeWaitOf, type TapeWait } from './tape_wait.js';

type Numbers<T extends 'usage' | 'progress'> = Omit<JobEventOf<T>, 'type' | 'job'>;
/** With the id of its job, where it has come from one. */
export type HeardEvent = JobEvent & { jobId?: string };

export type PassSummary = Omit<Report, 'failures'> & { outcome: PassOutcome };

export interface JobFailures {
  job: Report['job'];
  /** Files that failed or conflict. */
  total: number;
  first: Failure[];
}

/** A pass that is under way. */
export interface Running {
  jobId: string;
  job: Report['job'];
  startedAt: string;
  dryRun: boolean;
  progress: Numbers<'progress'> | null;
}

/** The next pass by the schedule. */
export interface Planned {
  job: Report['job'];
  at: string;
}

/** What `/status` answers; times are ISO 8601 in UTC. */
export interface Status {
  now: string;
  /** Of this process. */
  startedAt: string;
  cache: string | null;
  target: string;
  /** The last one that was told. */
  usage: (Numbers<'usage'> & { at: string }) | null;
  running: readonly Running[];
  /** The last ones, the newest first. */
  passes: PassSummary[];
  /** One of each lane, the next first: see LANES. */
  planned: readonly Planned[];
  /** As it was read last; null: not yet. */
  catalogue: CatalogueView | null;
  /** From the last backup whose report has it. */
  waitingForTape: (TapeWait & { at: string }) | null;
  /** Of the last pass of each job, where there were any. */
  failures: JobFailures[];
}

type BoardConfig = Pick<ArchiveConfig, 'cacheDirectory' | 'targetUrl'> & ScheduleConfig;

const mostPasses = 20;
const mostFailures = 100;

export class StatusBoard {
  readonly #config: () => BoardConfig;
  readonly #now: () => number;
  readonly #startedAt: string;
  #usage: Status['usage'] = null;
  /** By the id of the job: of some jobs several may run at once. */
  readonly #running = new Map<string, Running>();
  #passes: PassSummary[] = [];
  /** By lane. */
  readonly #planned = new Map<unknown, Planned>();
  #catalogue: Status['catalogue'] = null;
  #waitingForTape: Status['waitingForTape'] = null;
  readonly #failures = new Map<Report['job'], JobFailures>();

  /**
   * @param config as it is now
   * @param now milliseconds since 1970
   */
  constructor(config: () => BoardConfig, now: () => number = Date.now) {
    this.#config = config;
    this.#now = now;
    this.#startedAt = this.#time();
  }

  hear(event: HeardEvent): void {
    const id = idOf(event);
    switch (event.type) {
      case 'pass:scheduled':
        this.#planned.set(laneOf(event.job), { job: event.job, at: event.at });
        break;
      case 'pass:started': {
        const { job, dryRun } = event;
        this.#running.set(id, { jobId: id, job, dryRun, startedAt: this.#time(), progress: null });
        break;
      }
      case 'usage': {
        const { type: _, jobId: __, ...usage } = event;
        this.#usage = { ...usage, at: this.#time() };
        break;
      }
      case 'progress': {
        const { type: _, job: __, jobId: ___, ...progress } = event;
        const pass = this.#running.get(id);
        if (pass !== undefined) pass.progress = progress;
        break;
      }
      case 'pass:finished':
        this.#running.delete(id);
        this.#finished(event.report);
        break;
      default:
    }
  }

  hearCatalogue(view: CatalogueView): void {
    this.#catalogue = view;
  }

  /** A snapshot without secrets. */
  status(): Status {
    const { cacheDirectory = null, targetUrl: target } = this.#config();
    const status: Status = {
      now: this.#time(),
      startedAt: this.#startedAt,
      cache: cacheDirectory,
      target,
      usage: this.#usage,
      running: [...this.#running.values()],
      passes: this.#passes,
      planned: this.#next().sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
      catalogue: this.#catalogue,
      waitingForTape: this.#waitingForTape,
      failures: [...this.#failures.values()],
    };
    return redact(status) as Status;
  }

  /** The slot that a running pass has begun with is past: the next one of its lane comes by the schedule, or when the pass has ended. */
  #next(): Planned[] {
    const now = this.#now();
    const lanes = new Set([...this.#running.values()].map(({ job }) => laneOf(job)));
    return [...this.#planned].flatMap(([lane, planned]) => {
      if (Date.parse(planned.at) > now || !lanes.has(laneOf(planned.job))) return [planned];
      const slots = schedulesIn(this.#config()).flatMap(({ job, schedule }) => {
        const at = laneOf(job) === lane ? schedule.after(now) : undefined;
        return at === undefined ? [] : [{ job, at }];
      });
      const [first] = slots.sort((a, b) => a.at - b.at);
      return first === undefined ? [planned] : [{ job: first.job, at: new Date(first.at).toISOString() }];
    });
  }

  #finished(report: Report): void {
    const { failures, ...summary } = report;
    const { job, failed, conflicts } = summary;
    this.#passes = [{ ...summary, outcome: outcomeOf(report) }, ...this.#passes].slice(0, mostPasses);
    // A pass over chosen records says nothing of the others.
    if (summary.partial === true) return;
    this.#failures.delete(job);
    const total = failed + conflicts;
    if (total > 0) this.#failures.set(job, { job, total, first: failures.slice(0, mostFailures) });
    const wait = tapeWaitOf(report);
    if (wait !== undefined) this.#waitingForTape = { ...wait, at: report.finishedAt };
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** Of an event that has come from no job, the name of the job that it tells of. */
function idOf(event: HeardEvent): string {
  if (event.jobId !== undefined) return event.jobId;
  return event.type === 'pass:finished' ? event.report.job : 'job' in event ? event.job : '';
}
