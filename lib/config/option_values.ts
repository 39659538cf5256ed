/** The arguments of methods whose kind JavaScript doesn't check: a string instead of a list would select its letters. */
import { types } from 'node:util';
import { ConfigError } from './errors.js';

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
// Also those of other realms, as test runners make them.
const isDate = (value: unknown): boolean => types.isDate(value) && !Number.isNaN(value.getTime());
const isSignal = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'aborted' in value;

interface Kind {
  is: (value: unknown) => boolean;
  /** Follows "must be". */
  text: string;
}

const PATHS: Kind = { is: isTexts, text: 'a list of paths' };
const TIME: Kind = { is: isDate, text: 'a valid Date' };

/** By the name of the option, which means the same in all methods. */
const KINDS: Readonly<Record<string, Kind>> = {
  list: PATHS,
  since: TIME,
  until: TIME,
  signal: { is: isSignal, text: 'an AbortSignal' },
  seed: { is: (value) => typeof value === 'string', text: 'a text' },
};

/** What is wrong with the value of an option; undefined: nothing, as far as its name tells. */
export function valueProblem(name: string, value: unknown): string | undefined {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  return kind === undefined || value === undefined || kind.is(value) ? undefined : `must be ${kind.text}`;
}

/** @throws {ConfigError} */
export function checkPaths(paths: readonly string[], key = 'paths'): void {
  if (!PATHS.is(paths)) throw new ConfigError([{ key, message: `must be ${PATHS.text}` }]);
}
