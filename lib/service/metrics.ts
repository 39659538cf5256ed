/** Metrics for Prometheus, made from events. Counters grow while a pass runs; dry runs aren't counted. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ArchiveConfig } from '../config/index.js';
import type { JobEvent, DiskUsage } from '../jobs/events/events.js';
import type { Report } from '../jobs/events/report.js';
import { CatalogueMetrics } from './catalogue_metrics.js';
import type { CatalogueView } from './catalogue_view.js';
import { outcomeOf, PASS_OUTCOMES, secondsOf } from './pass_outcome.js';
import { tapeWaitOf } from './tape_wait.js';

type MetricsConfig = Pick<ArchiveConfig, 'cacheDirectory' | 'warningMarkPercent' | 'audit'>;

/** Seconds: a glance, minutes, an hour, a night, more than a day. */
const durations = [1, 10, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 48 * 3600];

export class Metrics {
  readonly #config: () => MetricsConfig;
  readonly #registry = new Registry();
  readonly #series: ReturnType<typeof seriesOf>;
  readonly #catalogue: CatalogueMetrics;
  /** Jobs that are at work and change nothing. */
  readonly #dryRuns = new Set<Report['job']>();
  readonly #copying = new Map<Report['job'], number>();
  #oldest: Date | undefined;

  /**
   * @param config as it is now
   * @param now milliseconds since 1970
   */
  constructor(config: () => MetricsConfig, now: () => number = Date.now) {
    this.#config = config;
    const age = () => this.#oldest && Math.max(0, (now() - this.#oldest.getTime()) / 1000);
    this.#series = seriesOf(this.#registry, age, () => config().warningMarkPercent / 100);
    this.#catalogue = new CatalogueMetrics(this.#registry, () => config().audit !== undefined);
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  hear(event: JobEvent): void {
    switch (event.type) {
      case 'pass:started':
        if (event.dryRun) this.#dryRuns.add(event.job);
        this.#series.running.set({ kind: event.job }, 1);
        break;
      case 'usage':
        this.#usage(event);
        break;
      case 'progress':
        this.#copies(event.job, event.copying);
        break;
      case 'pass:finished':
        this.#finished(event.report);
        this.#dryRuns.delete(event.report.job);
        break;
      default:
        if (this.#dryRuns.size === 0) this.#file(event);
    }
  }

  hearCatalogue(view: CatalogueView): void {
    this.#catalogue.hear(view);
  }

  /** A file that was copied and then removed counts once in each result. */
  #file(event: JobEvent): void {
    const { errors, retries } = this.#series;
    switch (event.type) {
      case 'file:copied':
        this.#count('copied', event.size);
        break;
      case 'file:restored':
        this.#count('restored', event.size);
        break;
      case 'file:removed':
        this.#count('removed', event.size);
        break;
      case 'file:verified':
        this.#count('verified', event.size);
        break;
      case 'file:kept':
      case 'file:skipped':
        this.#count('kept');
        break;
      case 'file:evicted':
        this.#count('evicted');
        break;
      case 'stage:online':
        this.#count('staged');
        break;
      case 'file:failed':
        this.#count(event.conflict ? 'conflict' : 'failed');
        errors.inc({ code: event.code });
        break;
      case 'file:retry':
        retries.inc();
        errors.inc({ code: event.code });
        break;
      default:
    }
  }

  #count(result: string, bytes?: number): void {
    this.#series.files.inc({ result });
    if (bytes !== undefined) this.#series.bytes.inc({ result }, bytes);
  }

  #copies(job: Report['job'], copying: number): void {
    this.#copying.set(job, copying);
    this.#series.copies.set([...this.#copying.values()].reduce((sum, each) => sum + each, 0));
  }

  #usage({ total, used, available, usedPercent }: DiskUsage): void {
    const { cacheDirectory: cache = '' } = this.#config();
    this.#series.cacheBytes.set({ cache, state: 'total' }, total);
    this.#series.cacheBytes.set({ cache, state: 'used' }, used);
    this.#series.cacheBytes.set({ cache, state: 'available' }, available);
    this.#series.cacheUsage.set({ cache }, usedPercent / 100);
  }

  #finished(report: Report): void {
    const { job: kind, error, finishedAt, failed, conflicts } = report;
    const series = this.#series;
    series.running.set({ kind }, 0);
    this.#copies(kind, 0);
    if (report.dryRun) return;
    this.#catalogue.finished(report);
    const outcome = outcomeOf(report);
    for (const each of PASS_OUTCOMES) series.passes.inc({ kind, outcome: each }, each === outcome ? 1 : 0);
    series.duration.observe({ kind }, secondsOf(report));
    if (error !== undefined) series.errors.inc({ code: error.code });
    // A pass over chosen records says nothing of the others.
    if ((outcome === 'ok' || outcome === 'failures') && report.partial !== true) {
      series.completed.set({ kind }, Date.parse(finishedAt) / 1000);
      series.lastFailed.set({ kind }, failed + conflicts);
    }
    const wait = tapeWaitOf(report);
    if (wait === undefined) return;
    series.notOnTape.set({ kind }, wait.files);
    series.bytesNotOnTape.set({ kind }, wait.bytes);
    series.overdue.set({ kind }, wait.overdue);
    this.#oldest = wait.oldest && new Date(wait.oldest.since);
  }
}

/**
 * `kind` is the job of the pass: a label `job` is Prometheus' own.
 * @param age of the oldest record that is not on tape, in seconds; undefined if none is known
 */
function seriesOf(registry: Registry, age: () => number | undefined, warningRatio: () => number) {
  const named = <const T extends readonly string[] = []>(name: string, help: string, labelNames?: T) => ({
    name: `xrootd_archive_${name}`,
    help,
    registers: [registry],
    labelNames: labelNames ?? [],
  });
  new Gauge({
    ...named(
      'oldest_record_not_on_tape_age_seconds',
      'Age of the oldest record that is not on tape, as the last backup saw it; absent if there is none',
      ['kind'],
    ),
    collect() {
      const seconds = age();
      if (seconds === undefined) this.reset();
      else this.set({ kind: 'backup' }, seconds);
    },
  });
  new Gauge({
    ...named('cache_warning_ratio', 'warning_mark_percent, 0 to 1'),
    collect() {
      this.set(warningRatio());
    },
  });
  return {
    files: new Counter(named('files_total', 'Files by what became of them', ['result'])),
    bytes: new Counter(named('bytes_total', 'Bytes of the files by what became of them', ['result'])),
    passes: new Counter(named('passes_total', 'Passes by how they ended', ['kind', 'outcome'])),
    duration: new Histogram({
      ...named('pass_duration_seconds', 'How long passes took', ['kind']),
      buckets: durations,
    }),
    completed: new Gauge(
      named('last_pass_completed_timestamp_seconds', 'End of the last pass that went through', ['kind']),
    ),
    lastFailed: new Gauge(
      named('last_pass_failed_files', 'Files that failed or conflict in the last pass that went through', [
        'kind',
      ]),
    ),
    running: new Gauge(named('pass_running', '1 while a pass runs', ['kind'])),
    copies: new Gauge(
      named('copies_in_flight', 'Copies under way; small files are over too soon to be seen'),
    ),
    retries: new Counter(named('retries_total', 'Attempts that failed and were followed by another one')),
    errors: new Counter(
      named('errors_total', 'Errors by code, of libXrdCl and others; also of attempts that were repeated', [
        'code',
      ]),
    ),
    notOnTape: new Gauge(
      named('records_not_on_tape', 'Records in the cache without an identical copy on tape', ['kind']),
    ),
    bytesNotOnTape: new Gauge(named('bytes_not_on_tape', 'Bytes of these records', ['kind'])),
    overdue: new Gauge(
      named('records_overdue', 'Those of them that have been unchanged for max_age_warning', ['kind']),
    ),
    cacheBytes: new Gauge(named('cache_bytes', "Bytes of the cache's disk", ['cache', 'state'])),
    cacheUsage: new Gauge(named('cache_usage_ratio', "How full the cache's disk is, 0 to 1", ['cache'])),
  };
}
