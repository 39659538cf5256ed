/** The whole name of one record, as somebody has written it. */
import { ConfigError } from '../../config/index.js';
import { normalized } from '../../config/pattern.js';
import { receivedNameProblem } from '../../rules/received_name.js';

/**
 * @param key of the option, for the error
 * @returns without the slashes and dots that change nothing
 * @throws {ConfigError} for what can be no record's name: asking for it would be asking for another file, or for none
 */
export function recordName(path: unknown, key: string): string {
  const wrong = (message: string) => new ConfigError([{ key, message }]);
  if (typeof path !== 'string') throw wrong('must be the name of a record');
  let name: string;
  try {
    name = normalized(path);
  } catch (error) {
    throw wrong((error as Error).message);
  }
  const shown = JSON.stringify(path);
  if (name === '') throw wrong(`the path ${shown} names no record: give its whole name`);
  const problem = receivedNameProblem(name);
  if (problem !== undefined) throw wrong(`the path ${shown} names no record: ${problem}`);
  return name;
}
