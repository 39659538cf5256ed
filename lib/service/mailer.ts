/**
 * Sends one mail after a pass that found new trouble. This process remembers for `repeat_after` what it has mailed; a mail
 * that couldn't be sent is tried again after the next pass. No pass ever waits for a mail.
 */
import { hostname } from 'node:os';
import type { ArchiveConfig, Logger, MailConfig } from '../config/index.js';
import { parseDuration } from '../config/duration.js';
import type { JobEvent, JobEventOf } from '../jobs/events/events.js';
import { digestOf } from './mail_digest.js';
import type { SendMail } from './mail_sender.js';
import { troublesOf, type Trouble } from './trouble.js';

export interface MailerOptions {
  /** As it is now; without `mail` nothing is sent. */
  config: () => Pick<ArchiveConfig, 'cacheDirectory' | 'targetUrl' | 'mail'>;
  logger: Logger;
  send: SendMail;
  /** Milliseconds since 1970. Default: Date.now. */
  now?: () => number;
}

/** The most troubles that wait for a mail. Any beyond that are dropped, and don't count as mailed. */
const mostPending = 2000;

export class Mailer {
  readonly #options: MailerOptions;
  readonly #now: () => number;
  /** By key. */
  readonly #pending = new Map<string, Trouble>();
  /** When it was mailed, by key. */
  readonly #told = new Map<string, number>();
  #usage: JobEventOf<'usage'> | undefined;
  /** Of the last pass. */
  #known = 0;
  #sending: Promise<void> | undefined;

  constructor(options: MailerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Ignores dry runs. */
  hear(event: JobEvent): void {
    if (event.type === 'usage') this.#usage = event;
    if (event.type !== 'pass:finished') return;
    const usage = this.#usage;
    this.#usage = undefined;
    const { mail } = this.#options.config();
    if (mail !== undefined && !event.report.dryRun) this.#tell(troublesOf(event.report, usage), mail);
  }

  /** Resolves when no mail is under way any more. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  #tell(troubles: readonly Trouble[], mail: MailConfig): void {
    this.#forget(mail);
    const fresh = troubles.filter(({ key }) => !this.#told.has(key));
    this.#known = troubles.length - fresh.length;
    for (const trouble of fresh)
      if (this.#pending.size < mostPending || this.#pending.has(trouble.key))
        this.#pending.set(trouble.key, trouble);
    if (this.#sending === undefined && this.#pending.size > 0) this.#sending = this.#sendPending(mail);
  }

  #forget({ repeatAfter }: MailConfig): void {
    const oldest = this.#now() - millisecondsOf(repeatAfter);
    for (const [key, at] of this.#told) if (at <= oldest) this.#told.delete(key);
  }

  /** Also sends troubles that are added while a mail is under way. */
  async #sendPending(mail: MailConfig): Promise<void> {
    const { config, logger, send } = this.#options;
    const { cacheDirectory: cache, targetUrl: target } = config();
    try {
      while (this.#pending.size > 0) {
        const troubles = [...this.#pending.values()];
        const context = { cache, target, machine: hostname(), known: this.#known };
        const digest = digestOf(troubles, { ...context, repeatAfter: mail.repeatAfter });
        try {
          await send(digest, mail);
        } catch (error) {
          const { message } = error as Error;
          logger.warn('a mail could not be sent; it is tried again after the next pass', {
            ...{ server: `${mail.host}:${mail.port}`, subject: digest.subject, error: message },
          });
          return;
        }
        logger.info('mail sent', { to: mail.toAddrs, subject: digest.subject });
        const now = this.#now();
        for (const { key } of troubles) {
          this.#pending.delete(key);
          this.#told.set(key, now);
        }
      }
    } finally {
      this.#sending = undefined;
    }
  }
}

/** Months are of thirty days here. */
function millisecondsOf(text: string): number {
  const { months = 0, milliseconds = 0 } = parseDuration(text) ?? {};
  return months * 30 * 86_400_000 + milliseconds;
}
