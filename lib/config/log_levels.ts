/** The levels of log lines: apart from the logger, which not every command loads. */

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
/** Severity of a line. */
export type LogLevel = (typeof LOG_LEVELS)[number];
