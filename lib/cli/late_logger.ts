/** A logger for commands that hardly ever log: the real one is loaded with the first line that is wanted. */
import { LOG_LEVELS, type LogLevel } from '../config/log_levels.js';
import type { Logger } from '../config/logger.js';

type Line = [level: LogLevel, message: string, fields: Record<string, unknown> | undefined];

export class LateLogger implements Logger {
  readonly #level: LogLevel;
  readonly #make: () => Promise<Logger>;
  readonly #waiting: Line[] = [];
  #logger: Logger | undefined;
  #made: Promise<void> | undefined;

  constructor(level: LogLevel, make: () => Promise<Logger>) {
    this.#level = level;
    this.#make = make;
  }

  readonly debug = (message: string, fields?: Record<string, unknown>): void => {
    this.#log('debug', message, fields);
  };
  readonly info = (message: string, fields?: Record<string, unknown>): void => {
    this.#log('info', message, fields);
  };
  readonly warn = (message: string, fields?: Record<string, unknown>): void => {
    this.#log('warn', message, fields);
  };
  readonly error = (message: string, fields?: Record<string, unknown>): void => {
    this.#log('error', message, fields);
  };

  isLevelEnabled(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.#level);
  }

  /** Resolves when every line so far was handed to the real logger. */
  async flush(): Promise<void> {
    await this.#made;
  }

  #log(...line: Line): void {
    if (!this.isLevelEnabled(line[0])) return;
    if (this.#logger !== undefined) write(this.#logger, line);
    else {
      this.#waiting.push(line);
      this.#made ??= this.#begin();
    }
  }

  async #begin(): Promise<void> {
    const logger = await this.#make();
    for (const line of this.#waiting.splice(0)) write(logger, line);
    this.#logger = logger;
  }
}

function write(logger: Logger, [level, message, fields]: Line): void {
  logger[level](message, fields);
}
