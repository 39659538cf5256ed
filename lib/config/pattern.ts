/** One word that says which records are meant: a path or a glob, relative to the target's base. Pure. */
import { Minimatch, type MinimatchOptions } from 'minimatch';

export interface Pattern {
  /** Without the slashes and dots that change nothing; empty for the base. */
  path: string;
  /** Undefined for a plain path. */
  glob: Glob | undefined;
}

export interface Glob {
  /** As it was written. */
  given: string;
  itself: Minimatch;
  /** Everything below what it names. */
  below: Minimatch;
}

/** A pattern is kept in memory in all its alternatives. */
const MOST_ALTERNATIVES = 1000;
const LONGEST_PATTERN = 4096;

const OPTIONS: MinimatchOptions = {
  dot: true,
  nocomment: true,
  nonegate: true,
  // One more than allowed: minimatch cuts a longer list silently.
  braceExpandMax: MOST_ALTERNATIVES + 1,
  platform: 'linux',
};

/** @throws {Error} that says which pattern is wrong, and why */
export function parsePattern(given: string): Pattern {
  const path = normalized(given);
  return { path, glob: isGlob(path) ? globOf(path, given) : undefined };
}

export function isGlob(path: string): boolean {
  return /[*?[{\\]|[+@!]\(/.test(path);
}

/** Without the slashes and dots that change nothing; empty for the base. @throws {Error} as parsePattern() */
export function normalized(given: string): string {
  if (given === '') throw wrong(given, 'is empty; "." is everything');
  if (given.startsWith('/')) throw wrong(given, "is absolute; paths are relative to the target's base");
  const components = given.split('/').filter((component) => component !== '' && component !== '.');
  checkComponents(components, given);
  return components.join('/');
}

function globOf(path: string, given: string): Glob {
  if (path.length > LONGEST_PATTERN) throw wrong(given, `is longer than ${LONGEST_PATTERN} letters`);
  const itself = new Minimatch(path, OPTIONS);
  if (itself.globSet.length > MOST_ALTERNATIVES)
    throw wrong(given, `stands for more than ${MOST_ALTERNATIVES} alternatives`);
  for (const alternative of itself.globSet) checkComponents(alternative.split('/'), given);
  return { given, itself, below: new Minimatch(`${path}/**`, OPTIONS) };
}

/** Why a path has no `..`. */
export const outsideText = `has the component "..": paths are relative to the target's base, and stay in it`;

function checkComponents(components: readonly string[], given: string): void {
  if (components.includes('..')) throw wrong(given, outsideText);
}

function wrong(given: string, why: string): Error {
  return new Error(`the path ${JSON.stringify(given)} ${why}`);
}
