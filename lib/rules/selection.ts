/** Which records are meant: by path, by glob, by time. */
import { isGlob, normalized, parsePattern, type Glob } from '../config/pattern.js';

export interface Selection {
  /**
   * Paths relative to the target's base. A plain one selects the file, or everything below that directory; so does a
   * glob (`*`, `**`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `@(a|b)`, a backslash before a literal character). `*` stands
   * for names with a dot in front too. A glob also selects the record of exactly this name: `a[1].h5`. `.` selects
   * everything. Without `paths`, so does an empty or missing list of patterns.
   */
  patterns?: readonly string[] | undefined;
  /** Plain paths only, e.g. from a file: no character is special. An empty list selects nothing. */
  paths?: readonly string[] | undefined;
  /** Only records of this time or later. */
  since?: Date | undefined;
  /** Only records from before this time. */
  until?: Date | undefined;
}

/** Is this record selected? `path` is a listed file's, relative to the target's base. */
export interface Selector {
  (entry: { path: string; mtime: Date }): boolean;
  /** The selection depends on the time, and no Date can hold this one: the file may be selected or not. */
  readonly undecided: (mtime: Date) => boolean;
  /** Is it selected by its path, whatever its time? */
  readonly names: (path: string) => boolean;
  /** False only if nothing in this directory, however deep, can be selected. */
  readonly directoryMayMatch: (path: string) => boolean;
  /** Where listing must start: files or directories, none within another; `` is the base. See rootsOf(). */
  readonly roots: readonly string[];
  /** Patterns and paths that matched no record so far, whatever the times of the records. */
  readonly unmatched: () => string[];
}

/**
 * Cost of a look-up: the depth of the path for plain paths, however many there are; one match for each glob.
 * @throws {Error} that says which pattern is wrong, and why
 */
export function selector(selection: Selection): Selector {
  const { everything, words, globs, roots } = parse(selection);
  const { since, until } = selection;
  const undecided = (mtime: Date) =>
    (since !== undefined || until !== undefined) && Number.isNaN(mtime.getTime());
  const inTime = (mtime: Date) =>
    (since === undefined || mtime.getTime() >= since.getTime()) &&
    (until === undefined || mtime.getTime() < until.getTime());
  const unseen = new Set([...words.values()].flat());
  const above = new Set([...words.keys()].flatMap((path) => ancestorsOf(path).slice(0, -1)));

  const named = (path: string): boolean => {
    let found = everything;
    for (const part of ['', ...ancestorsOf(path)]) {
      const asked = words.get(part);
      found ||= asked !== undefined;
      for (const word of asked ?? []) unseen.delete(word);
    }
    for (const { given, itself, below } of globs) {
      if (found && !unseen.has(given)) continue;
      if (!itself.match(path) && !below.match(path)) continue;
      found = true;
      unseen.delete(given);
    }
    return found;
  };
  const directoryMayMatch = (path: string): boolean =>
    everything ||
    (path === '' ? roots.length > 0 : above.has(path)) ||
    ancestorsOf(path).some((part) => words.has(part)) ||
    globs.some(({ below }) => below.match(path, true));

  return Object.assign(({ path, mtime }: { path: string; mtime: Date }) => named(path) && inTime(mtime), {
    undecided,
    names: named,
    directoryMayMatch,
    roots,
    unmatched: () => [...unseen],
  });
}

/**
 * The parts of all patterns before their globs: files or directories, none within another; `` is the base. A plain path stays
 * as it is; the listing finds out whether something is there.
 * @throws {Error} that says which pattern is wrong, and why
 */
export function rootsOf(patterns: readonly string[], paths?: readonly string[]): string[] {
  return parse({ patterns, paths }).roots;
}

interface Parsed {
  everything: boolean;
  /** By normalized path, the texts that gave it. Globs are among them: they also select the record of exactly that name. */
  words: Map<string, string[]>;
  globs: Glob[];
  roots: string[];
}

function parse({ patterns = [], paths }: Selection): Parsed {
  const words = new Map<string, string[]>();
  const starts: string[] = [];
  const globs: Glob[] = [];
  const plain = new Set(paths);
  for (const given of new Set([...patterns, ...plain])) {
    const path = normalized(given);
    words.set(path, [...(words.get(path) ?? []), given]);
    if (!isGlob(path) || plain.has(given)) starts.push(path);
  }
  for (const given of new Set(patterns)) {
    const { path, glob } = parsePattern(given);
    if (glob === undefined) continue;
    globs.push(glob);
    starts.push(literalStart(path));
  }
  const all = patterns.length === 0 && paths === undefined;
  return { everything: all || words.has(''), words, globs, roots: outermost(all ? [''] : starts) };
}

function literalStart(path: string): string {
  const components = path.split('/');
  const first = components.findIndex(isGlob);
  return components.slice(0, first).join('/');
}

/** `a`, `a/b`, `a/b/c` for `a/b/c`. */
function ancestorsOf(path: string): string[] {
  const found: string[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    found.push(path.slice(0, slash));
  found.push(path);
  return found;
}

function outermost(paths: readonly string[]): string[] {
  const all = new Set(paths);
  if (all.has('')) return [''];
  return [...all].filter(
    (path) =>
      !ancestorsOf(path)
        .slice(0, -1)
        .some((ancestor) => all.has(ancestor)),
  );
}
