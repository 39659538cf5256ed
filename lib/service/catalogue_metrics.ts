/** Metrics of what the catalogue says, and of whether it can be used. */
import { CATALOGUE_UNUSABLE } from '../rules/failure_codes.js';
import { Gauge, type Registry } from 'prom-client';
import type { Report } from '../jobs/events/report.js';
import type { CatalogueView } from './catalogue_view.js';
import type { RememberedProof } from './remembered_proof.js';

export class CatalogueMetrics {
  readonly #series: ReturnType<typeof seriesOf>;
  readonly #isAudited: () => boolean;
  /** It couldn't be read. */
  #unreadable = false;
  /** Jobs whose last pass couldn't use it. */
  readonly #hindered = new Set<Report['job']>();

  /** @param isAudited whether the configuration wants audits, as it is now */
  constructor(registry: Registry, isAudited: () => boolean) {
    this.#series = seriesOf(registry);
    this.#isAudited = isAudited;
  }

  /** Of a pass that was no dry run. */
  finished({ job, failures, error, partial }: Report): void {
    const hindered = [...failures, ...(error === undefined ? [] : [error])].some(
      ({ code }) => code === CATALOGUE_UNUSABLE,
    );
    if (hindered) this.#hindered.add(job);
    // A pass over chosen records doesn't look into all files of the catalogue.
    else if (partial !== true) this.#hindered.delete(job);
    this.#unusable();
  }

  hear({ facts, nothing }: CatalogueView): void {
    this.#unreadable = nothing?.isFault === true;
    this.#unusable();
    const series = this.#series;
    if (facts === null) {
      // What was read last stays while it can't be read: a lost record isn't found by that.
      if (!this.#unreadable) for (const each of Object.values(series)) each.reset();
      this.#unusable();
      return;
    }
    const { records, overdue, fileBytes, lastAudited, provenSince, wrong, drill } = facts;
    for (const [state, { records: count, bytes }] of Object.entries(records)) {
      series.records.set({ state }, count);
      series.bytes.set({ state }, bytes);
    }
    series.lost.set(records.lost.records);
    series.overdue.set(overdue);
    series.fileBytes.set(fileBytes);
    series.wrong.set(wrong);
    const audited = this.#isAudited();
    setTime(series.lastAudit, 'verify', audited ? lastAudited : null);
    setTime(series.oldestProof, 'verify', audited ? provenSince : null);
    this.#drill(drill);
  }

  #drill(last: RememberedProof | null): void {
    setTime(this.#series.lastDrill, 'drill', last?.finishedAt ?? null);
    this.#series.drillFailed.set(last === null ? 0 : last.failed + (last.error === null ? 0 : 1));
  }

  #unusable(): void {
    this.#series.unusable.set(this.#unreadable || this.#hindered.size > 0 ? 1 : 0);
  }
}

/** Absent without a time. */
function setTime(gauge: Gauge<'kind'>, kind: Report['job'], time: string | null): void {
  if (time === null) gauge.reset();
  else gauge.set({ kind }, Date.parse(time) / 1000);
}

function seriesOf(registry: Registry) {
  const gauge = <const T extends readonly string[] = []>(name: string, help: string, labelNames?: T) =>
    new Gauge({
      name: `xrootd_archive_${name}`,
      help,
      registers: [registry],
      labelNames: labelNames ?? [],
    }) as Gauge<T[number]>;
  return {
    records: gauge('catalogue_records', 'Records that the catalogue knows, by where they are', ['state']),
    bytes: gauge('catalogue_bytes', 'Bytes of these records', ['state']),
    lost: gauge('records_lost', 'Records that the server had, and has no longer as they were'),
    overdue: gauge(
      'catalogue_overdue_records',
      'Records that left the cache and have waited for tape for max_age_warning',
    ),
    fileBytes: gauge('catalogue_file_bytes', "Bytes of the catalogue's file"),
    unusable: gauge('catalogue_unusable', '1 if the catalogue could not be read or written'),
    wrong: gauge('audit_wrong_records', 'Records whose last audit found something wrong'),
    lastAudit: gauge(
      'audit_last_timestamp_seconds',
      'When a record was last audited; absent without audit block',
      ['kind'],
    ),
    oldestProof: gauge(
      'audit_oldest_timestamp_seconds',
      'When that record was last compared with the server whose comparison is the oldest; absent without audit block',
      ['kind'],
    ),
    lastDrill: gauge('drill_last_timestamp_seconds', 'When the last drill ended', ['kind']),
    drillFailed: gauge('drill_failed_files', 'Files that the last drill could not read back as they were'),
  };
}
