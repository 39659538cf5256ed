/** The paths of a pass over chosen records. Pure. */
import { ConfigError } from '../../config/index.js';

/**
 * The paths without what changes nothing, each once, and none that lies below another: no record is worked on twice.
 * @returns undefined: no paths were given, and the whole cache is meant
 * @throws {ConfigError} for an empty list, and for paths that can't lie in the cache
 */
export function chosenPaths(paths: readonly string[] | undefined): readonly string[] | undefined {
  if (paths === undefined) return undefined;
  if (!Array.isArray(paths)) throw wrong('must be a list of paths');
  if (paths.length === 0) throw wrong('names no record; without paths a pass is over the whole cache');
  const named = new Set(paths.map(normalized));
  if (named.has('')) return [''];
  return [...named].filter((path) => !isBelowOne(path, named));
}

function normalized(path: unknown): string {
  if (typeof path !== 'string' || path === '') throw wrong('must be a list of paths, none of them empty');
  if (path.startsWith('/'))
    throw wrong(`${JSON.stringify(path)} is absolute: paths are relative to the cache`);
  const components = path.split('/').filter((component) => component !== '' && component !== '.');
  if (components.includes('..')) throw wrong(`${JSON.stringify(path)} has the component ".."`);
  return components.join('/');
}

function isBelowOne(path: string, named: ReadonlySet<string>): boolean {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1))
    if (named.has(path.slice(0, slash))) return true;
  return false;
}

function wrong(message: string): ConfigError {
  return new ConfigError([{ key: 'paths', message }]);
}
