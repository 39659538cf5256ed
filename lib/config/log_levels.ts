/** The levels of log lines: apart from the logger, which not every command loads. */

/** Severity of a line. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
/** All of them, the most severe first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const satisfies readonly LogLevel[];
