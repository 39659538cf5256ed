/** Which records of the cache are archived at all: `include` and `exclude`. */
import { selector } from './selection.js';

export interface ScopeOptions {
  /** Patterns as selector() takes them. Undefined: everything. */
  include?: readonly string[] | undefined;
  /** Wins over `include`. */
  exclude?: readonly string[] | undefined;
}

export interface Scope {
  /** Why this record is not archived; undefined if it is. */
  outside: (path: string) => string | undefined;
  /** Does `exclude` name this path, and so everything below it? */
  excluded: (path: string) => boolean;
}

export const OUTSIDE = { excluded: 'named by exclude', notIncluded: 'not named by include' } as const;

/** @throws {Error} that says which pattern is wrong, and why */
export function scopeOf({ include, exclude }: ScopeOptions): Scope {
  const included = include === undefined ? undefined : selector({ patterns: include }).names;
  const excluded = exclude === undefined ? () => false : selector({ patterns: exclude }).names;
  return {
    excluded,
    outside: (path) => {
      if (excluded(path)) return OUTSIDE.excluded;
      return included?.(path) === false ? OUTSIDE.notIncluded : undefined;
    },
  };
}
