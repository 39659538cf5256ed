/** The logger: made here with winston, or given by the library's user. */
import winston from 'winston';
import { hearRejection } from '../xrdcl/late_rejection.js';
import type { LogLevel } from './log_levels.js';
import { redact, redactText } from './redact.js';

export { LOG_LEVELS, type LogLevel } from './log_levels.js';

/** What we need of a logger; winston's, pino's (by an adapter) and console's fit. */
export interface Logger {
  /** What each file went through. */
  debug(message: string, fields?: Record<string, unknown>): void;
  /** What a job does as a whole. */
  info(message: string, fields?: Record<string, unknown>): void;
  /** What somebody should look at; nothing has failed yet. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** What has failed. */
  error(message: string, fields?: Record<string, unknown>): void;
  /** False spares the work for lines that nobody would see. Default: every line is wanted. */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** Options of `createLogger`. */
export interface LoggerOptions {
  /** Default `info`. */
  level?: LogLevel;
  /** One JSON object a line, for machines. Default false: a line for people. */
  json?: boolean;
  /** Default: standard error; standard output belongs to events and results. */
  stream?: NodeJS.WritableStream;
}

/** Streams of loggers, each with one listener for errors. */
const guarded = new WeakSet<NodeJS.WritableStream>();

/** A logger whose lines carry no secrets: see redact.ts. Lines that can't be written are lost. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { combine, timestamp, json, printf } = winston.format;
  const line = printf(({ timestamp: time, level, message, ...fields }) => {
    const rest = Object.entries(fields).map(([key, value]) => `${key}=${fieldText(value)}`);
    return [String(time), LABELS[level] ?? level, oneLine(String(message)), ...rest].join(' ');
  });
  const stream = options.stream ?? process.stderr;
  if (!guarded.has(stream)) {
    guarded.add(stream);
    // A closed terminal (EIO), a reader that went away, a full disk: without a listener that ends the process.
    stream.on('error', () => undefined);
  }
  const logger = winston.createLogger({
    level: options.level ?? 'info',
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: combine(timestamp(), options.json === true ? json() : line),
    // winston declares its transports as interfaces beside the class.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    transports: [new winston.transports.Stream({ stream })],
  });
  return redacting({
    debug: (message, fields) => void logger.log({ ...fields, level: 'debug', message }),
    info: (message, fields) => void logger.log({ ...fields, level: 'info', message }),
    warn: (message, fields) => void logger.log({ ...fields, level: 'warn', message }),
    error: (message, fields) => void logger.log({ ...fields, level: 'error', message }),
    isLevelEnabled: (level) => logger.isLevelEnabled(level),
  });
}

/** Wraps a logger: it gets only redacted texts and fields, and what it throws or rejects with is ignored. */
export function redacting(logger: Logger): Logger {
  const guard =
    (level: LogLevel) =>
    (message: string, fields?: Record<string, unknown>): void => {
      try {
        if (logger.isLevelEnabled?.(level) === false) return;
        const clean = redactText(message);
        const log = (...line: Parameters<Logger['info']>): unknown => logger[level](...line);
        const returned =
          fields === undefined ? log(clean) : log(clean, redact(fields) as Record<string, unknown>);
        void hearRejection(returned, () => undefined);
      } catch {
        // S6 and S7: a broken log sink must not cost records.
      }
    };
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') };
}

const LABELS: Record<string, string> = {
  error: 'ERROR  ',
  warn: 'WARNING',
  info: 'INFO   ',
  debug: 'DEBUG  ',
};

function fieldText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=\p{C}]+$/u.test(value)) return value;
  return value === undefined ? 'undefined' : harmless(JSON.stringify(value));
}

function oneLine(text: string): string {
  return harmless(text.replace(/\r?\n/g, ' | '));
}

/** What ends a line, moves a terminal's cursor or turns the direction of writing becomes an escape: names of files are in it. */
function harmless(text: string): string {
  return text.replace(
    /[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
