/**
 * Mail, metrics, health and the status page of a service, as its configuration asks for them. It hears an Archive's
 * events; nothing that goes wrong here harms a pass.
 *
 * ```text
 * const monitor = new Monitor(() => archive.config, logger);
 * archive.onAny(monitor.hear);
 * await monitor.start();
 * …
 * await monitor.stop();
 * ```
 */
import { isDeepStrictEqual } from 'node:util';
import type { ArchiveConfig, HttpConfig, Logger } from '../config/index.js';
import type { JobEventOf } from '../jobs/events/events.js';
import type { Report } from '../jobs/events/report.js';
import { Tally } from '../jobs/run/tally.js';
import type { CatalogueView } from './catalogue_view.js';
import { CatalogueWatch } from './catalogue_watch.js';
import { healthOf } from './health.js';
import { mailSender } from './mail_sender.js';
import { Mailer } from './mailer.js';
import { policyOf } from './page_document.js';
import { Metrics } from './metrics.js';
import { Search } from './search.js';
import { searchPage } from './search_page.js';
import { StatusBoard, type HeardEvent } from './status_board.js';
import { PAGE_POLICY, statusPage } from './status_page.js';
import { plain, StatusServer, type Routes } from './status_server.js';

/** Letters of a search. */
const mostWords = 1000;

export class Monitor {
  readonly #config: () => ArchiveConfig;
  readonly #logger: Logger;
  readonly #board: StatusBoard;
  readonly #mailer: Mailer;
  readonly #catalogue: CatalogueWatch;
  readonly #search: Search;
  #metrics: Metrics | undefined;
  #server: StatusServer | undefined;
  /** The settings with which it listens. */
  #http: HttpConfig | undefined;
  #starting = Promise.resolve();
  #stopped = false;
  /** Jobs whose last pass has ended with a report that had its error. */
  readonly #errorTold = new Set<Report['job']>();

  /** @param config as it is now */
  constructor(config: () => ArchiveConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#board = new StatusBoard(config);
    this.#search = new Search(config);
    this.#mailer = new Mailer({ config, logger, send: mailSender() });
    this.#catalogue = new CatalogueWatch({ config, logger, tell: (view) => this.#tellCatalogue(view) });
  }

  /** Where the status page is; undefined if nothing listens. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /** For `Archive.onAny()`. */
  readonly hear = (event: HeardEvent) => {
    if (event.type === 'pass:started' || event.type === 'pass:scheduled') this.#errorTold.delete(event.job);
    if (event.type === 'pass:finished' && event.report.error !== undefined)
      this.#errorTold.add(event.report.job);
    if (event.type !== 'pass:failed') this.#tell(event);
    else if (!this.#errorTold.has(event.job)) this.#tell(stillborn(event));
    // Nobody sees it without the page and the metrics.
    if (this.#http !== undefined) this.#catalogue.hear(event);
  };

  /** Listens as `http` says now; called again, it heeds a change. What can't be listened on is in the log. */
  start(): Promise<void> {
    this.#starting = this.#starting.then(() => this.#listen());
    return this.#starting;
  }

  /** Stops for good. Waits for a mail that is under way: a minute at most. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([
      ...[this.#server?.stop(), this.#starting, this.#mailer.settled(), this.#catalogue.stop()],
    ]);
  }

  async #listen(): Promise<void> {
    const { http } = this.#config();
    if (this.#stopped) return;
    if (isDeepStrictEqual(http, this.#http)) {
      if (http !== undefined) this.#catalogue.look();
      return;
    }
    this.#http = http;
    try {
      await this.#server?.stop();
      this.#server = undefined;
      if (http === undefined) return;
      this.#metrics ??= new Metrics(this.#config);
      const routes = this.#routes(this.#metrics);
      this.#server = new StatusServer({ config: http, logger: this.#logger, routes });
      await this.#server.start();
      this.#catalogue.look();
    } catch (error) {
      this.#logger.error(`no metrics, health and status: ${(error as Error).message}`);
    }
  }

  #tell(event: HeardEvent): void {
    for (const room of [this.#board, this.#metrics, this.#mailer]) {
      try {
        room?.hear(event);
      } catch (error) {
        this.#logger.error('the monitor failed', { event: event.type, error: String(error) });
      }
    }
  }

  #tellCatalogue(view: CatalogueView): void {
    this.#board.hearCatalogue(view);
    this.#metrics?.hearCatalogue(view);
  }

  #routes(metrics: Metrics): Routes {
    return {
      '/metrics': async () => ({ type: metrics.contentType, body: await metrics.text() }),
      '/healthz': () => {
        const { ok, text } = healthOf(this.#board.status());
        return plain(ok ? 200 : 503, text);
      },
      '/status': () => ({
        type: 'application/json; charset=utf-8',
        body: `${JSON.stringify(this.#board.status())}\n`,
      }),
      '/find': async (query) => {
        const words = (query.get('q') ?? '').slice(0, mostWords);
        return {
          type: 'text/html; charset=utf-8',
          body: searchPage(words, await this.#search.find(words)),
          headers: { 'content-security-policy': policyOf() },
        };
      },
      '/': () => {
        const status = this.#board.status();
        return {
          type: 'text/html; charset=utf-8',
          body: statusPage(status, healthOf(status), this.#config().warningMarkPercent),
          headers: { 'content-security-policy': PAGE_POLICY },
        };
      },
    };
  }
}

/** For a pass that failed before it could emit its own events. */
function stillborn({
  type: _,
  jobId,
  job,
  ...failure
}: JobEventOf<'pass:failed'> & { jobId?: string }): HeardEvent {
  const now = new Date();
  return {
    ...{ type: 'pass:finished', ...(jobId !== undefined && { jobId }) },
    report: new Tally(job, false, now).report(now, false, { path: '', ...failure }),
  };
}
