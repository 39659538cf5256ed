/** The blocks within the options of an archive, for who writes TypeScript. The types are those of schema.ts; a test compares the names. */
import type { BackupBlock } from './schema.js';
import type { Camelized } from './case.js';

type Given = Camelized<BackupBlock>;
type Mail = NonNullable<Given['mail']>;
type Http = NonNullable<Given['http']>;
type Hooks = NonNullable<Given['hooks']>;
type Retention = NonNullable<Given['retention']>;
type Audit = NonNullable<Given['audit']>;
type Drill = NonNullable<Given['drill']>;

/** Mail of the service about new trouble. */
export interface MailBlock {
  /** The name of the mail server. Required. */
  host: Mail['host'];
  /** 465 speaks TLS from the start; elsewhere STARTTLS is used where it is offered. 1 to 65535. Default `25`. */
  port?: Mail['port'];
  /** The address of the sender. Required. */
  fromAddr: Mail['fromAddr'];
  /** Who is told: one address or a list. Required. */
  toAddrs: Mail['toAddrs'];
  /**
   * How long the same trouble isn't mailed again. Less than a day, so that a daily pass that ends early tells it each day. 1min
   * to 100y. A text with its unit: `12h`, `7d`, `6mo`, `P1Y`. Default `20h`.
   */
  repeatAfter?: Mail['repeatAfter'];
}

/** Where the service serves metrics, health and its status page. */
export interface HttpBlock {
  /** Address to listen on; whoever reaches it reads names of records. Default `127.0.0.1`. */
  host?: Http['host'];
  /** 0: any free one, which the log names. 0 to 65535. Required. */
  port: Http['port'];
}

/** What is called with the report after a pass, by whichever process. One of `command`, `url` and `failureUrl` is needed. */
export interface HooksBlock {
  /** A program and its arguments, without a shell; it gets the report as JSON on its standard input. Default: none. */
  command?: Hooks['command'];
  /** The report goes here with POST (healthchecks.io, ntfy, Slack, …). What it contains is a secret. Default: none. */
  url?: Hooks['url'];
  /** Instead of `url`, after a pass that didn't end well. Default: none. */
  failureUrl?: Hooks['failureUrl'];
  /**
   * What the URLs get: the report as JSON, a few lines of text, or these as Slack wants them. One of `report`, `text`, `slack`.
   * Default `report`.
   */
  format?: Hooks['format'];
  /** Nothing is called after a pass that ended well. Default `false`. */
  onlyFailures?: Hooks['onlyFailures'];
  /** After this time a command is killed, and a URL given up. Seconds, 1 to 300. Default `10`. */
  timeoutSeconds?: Hooks['timeoutSeconds'];
}

/** How long files that have a copy on tape stay on online storage. One of `onlineDirectory` and `onlineUrl` is needed. */
export interface RetentionBlock {
  /**
   * A local directory whose paths are those below the target's base. This or `onlineUrl`. A relative path starts at the working
   * directory. Default: none.
   */
  onlineDirectory?: Retention['onlineDirectory'];
  /** The same on another XRootD server. Default: none. */
  onlineUrl?: Retention['onlineUrl'];
  /**
   * How long files stay online, in calendar years and months. 1d to 100y. A text with its unit: `12h`, `7d`, `6mo`, `P1Y`.
   * Required.
   */
  period: Retention['period'];
  /** As `targetOpaque`, for `onlineUrl`, which gets nothing of the target's. Default: none. */
  onlineOpaque?: Retention['onlineOpaque'];
  /**
   * A file with more of it, read again when it changes; mode 600 or 400. A relative path starts at the working directory.
   * Default: none.
   */
  onlineOpaqueFile?: Retention['onlineOpaqueFile'];
  /** Where a file's path has its date: `%Y/%m/%d`. Without it the file's modification time is used. Default: none. */
  datePattern?: Retention['datePattern'];
  /** What stays for ever: paths and globs. Default: none. */
  hold?: Retention['hold'];
  /** When the service begins passes of retention, in `timezoneStr`; without it only the command does. Default: none. */
  cronString?: Retention['cronString'];
  /** True: these settings, and any later change of them, need no confirmation. Default `false`. */
  confirmed?: Retention['confirmed'];
}

/** When the service asks the server for what the catalogue remembers. */
export interface AuditBlock {
  /** When the service compares records of the catalogue with the server, in `timezoneStr`. Required. */
  cronString: Audit['cronString'];
  /**
   * Per cent of the records in one run. 1 in a daily run: each record is compared once in a hundred days. 0.01 to 100. Default
   * `1`.
   */
  samplePercent?: Audit['samplePercent'];
}

/** When the service proves that files come back from tape. */
export interface DrillBlock {
  /** When the service reads files back from tape, in `timezoneStr`. Required. */
  cronString: Drill['cronString'];
  /** In one run, chosen by chance. Files, 1 to 10000. Default `3`. */
  files?: Drill['files'];
}
