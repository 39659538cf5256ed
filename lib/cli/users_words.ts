/** Problems of a configuration in the words that people typed. Loaded only where there is a problem. */
import { snakeCase } from '../config/case.js';
import { ConfigError } from '../config/errors.js';
import { BACKUP_KEYS } from '../config/schema.js';
import { flagOf, overrideKeys } from './options.js';

/**
 * Names what people typed: the option where a value comes from the command line, else the key as a file has it. An error that has
 * a line names the file's key already.
 */
export function inWordsOf(error: ConfigError, options: object): ConfigError {
  const problems = error.problems.map((problem) =>
    problem.line === undefined ? { ...problem, key: wordOf(problem.key, options) } : problem,
  );
  return new ConfigError(problems, error.file);
}

/** @param key a configuration key in either case, or the name of a job's option */
function wordOf(key: string, options: object): string {
  const snake = snakeCase(key);
  const override = overrideKeys.find((each) => snakeCase(each) === snake);
  if (override !== undefined && Object.hasOwn(options, override)) return flagOf(override);
  if (BACKUP_KEYS.includes(snake)) return snake;
  return Object.hasOwn(options, key) ? `--${snake.replaceAll('_', '-')}` : key;
}
