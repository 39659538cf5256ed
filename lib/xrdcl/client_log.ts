/** libXrdCl's own log, as events. */
import { addon } from '../addon/addon.js';

/** From the least to the most that is logged. */
export const logLevels = ['none', 'error', 'warning', 'info', 'debug', 'dump'] as const;
/** One of `logLevels`. */
export type ClientLogLevel = (typeof logLevels)[number];

/** A line of libXrdCl's log. */
export interface ClientLogLine {
  /** As libXrdCl writes it: `2026-01-31 12:00:00.123456 +0000`; may be empty. */
  time: string;
  /** Severity; `info` where it isn't known. */
  level: ClientLogLevel;
  /** libXrdCl's name for the part of it that wrote the line: `AsyncSock`, `PostMaster`, `File`, … */
  topic: string;
  /** Its text. */
  message: string;
}

// "[2026-01-31 12:00:00.123456 +0000][Error  ][AsyncSock         ] message", sometimes with "[  pid]" after the topic.
const line = /^\[([^\]]+)\]\[(\w+) *\]\[([^\]]*?) *\](?:\[ *\d+\])? (.*)$/;

/** One message of libXrdCl's log; it may hold several lines. */
export function parseLog(text: string): ClientLogLine[] {
  return text
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => {
      const [, time = '', level = '', topic = '', message = each] = line.exec(each) ?? [];
      const known = logLevels.find((name) => name === level.toLowerCase());
      return { time, level: known ?? 'info', topic, message };
    });
}

/**
 * Listens to libXrdCl's log until the returned function is called. Doesn't keep the process alive. With no listener
 * the log goes where `XRD_LOGFILE` says, or to standard error. When JavaScript is too slow to take the lines, some are
 * dropped, and a line says how many. At level `dump` libXrdCl 5.5 writes URLs with their tokens: redact before storing.
 * An error that the listener throws becomes an uncaught exception, since no caller could catch it.
 */
export function onClientLog(listener: (line: ClientLogLine) => void): () => void {
  const id = addon.subscribeToLog((text, dropped) => {
    if (dropped > 0) {
      listener({ time: '', level: 'warning', topic: 'Log', message: `${dropped} messages were dropped` });
    }
    for (const each of parseLog(text)) listener(each);
  });
  return () => {
    addon.unsubscribeFromLog(id);
  };
}

/**
 * Sets how much libXrdCl logs; default: what `XRD_LOGLEVEL` says, or nothing if it isn't set.
 * @throws RangeError for a level that doesn't exist
 */
export function setClientLogLevel(level: ClientLogLevel): void {
  const index = logLevels.indexOf(level);
  if (index < 0) throw new RangeError(`a log level must be one of ${logLevels.join(', ')}`);
  addon.setLogLevel(index);
}
