/** The options of methods: one that isn't known is an error, since a misspelt `dryRun` would change what should only be told. */
import { distance } from 'fastest-levenshtein';
import { ConfigError, type ConfigProblem } from './errors.js';
import { valueProblem } from './option_values.js';

/** Each option of `T`, required and optional ones: the compiler notices one that is missing here. */
export type Known<T> = { readonly [K in keyof T]-?: true };

/**
 * @param where the option that holds these options; empty: the method itself
 * @throws {ConfigError} that names each option that isn't known, or whose value is of the wrong kind
 */
export function checkOptions<T extends object>(options: T, known: Known<T>, where = ''): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError([{ key: where, message: 'the options must be an object' }]);
  const names = Object.keys(known);
  const problems = Object.entries(given).flatMap(([name, value]): ConfigProblem[] => {
    const message = Object.hasOwn(known, name)
      ? valueProblem(name, value)
      : `is no option here${suggestion(name, names)}`;
    return message === undefined ? [] : [{ key: where === '' ? name : `${where}.${name}`, message }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Only of names that look alike: another one would mislead. */
function suggestion(key: string, names: readonly string[]): string {
  const plain = key.replaceAll('_', '').toLowerCase();
  const near = names
    .map((name) => ({ name, steps: distance(plain, name.toLowerCase()) }))
    .filter(({ name, steps }) => steps <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.steps - b.steps)[0];
  return near === undefined ? `: there are ${names.join(', ')}` : `; did you mean ${near.name}?`;
}
