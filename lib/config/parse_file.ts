/** A configuration file's text: its block, and the line of every problem. Loaded only where there is a file. */
import { distance } from 'fastest-levenshtein';
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { isPlainObject } from './case.js';
import type { ConfigProblem } from './errors.js';
import { BACKUP_KEYS } from './schema.js';
import { unknownKey } from './validate.js';

export const BLOCK = 'backup';
/** An unknown top-level word this near to a known one is a slip, not another program's block. */
const SLIP = 2;
const DEEPEST = 50;

export interface ParsedFile {
  block: unknown;
  /** True if the file isn't valid YAML, so that nothing else can be checked. */
  unreadable: boolean;
  problems: ConfigProblem[];
  /** A problem with its key and line; keys that were overridden have none. */
  place(keys: readonly string[], message: string, given: Record<string, unknown>): ConfigProblem;
}

export function parseFile(text: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const problems: ConfigProblem[] = document.errors.map((error) => ({
    key: '',
    line: lines.linePos(error.pos[0]).line,
    message: `not valid YAML: ${error.message}`,
  }));
  let top: unknown = {};
  if (problems.length === 0)
    try {
      top = document.toJS();
      if (!isShallow(top)) throw new Error(`it is nested deeper than ${DEEPEST} levels, or contains itself`);
    } catch (error) {
      // An alias that leads nowhere, or aliases of aliases without end.
      problems.push({ key: '', message: `not valid YAML: ${(error as Error).message}` });
    }
  const unreadable = problems.length > 0;
  const lineOf = (keys: readonly string[]): number | undefined => {
    const offset = offsetOf(document, keys);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  if (!unreadable) problems.push(...topLevelProblems(top, lineOf));
  return {
    block: isPlainObject(top) ? (top[BLOCK] ?? {}) : {},
    unreadable,
    problems,
    place: (keys, message, given) => {
      const key = [BLOCK, ...keys].join('.');
      const [first] = keys;
      if (first !== undefined && Object.hasOwn(given, first)) return { key: first, message };
      const line = lineOf([BLOCK, ...keys]);
      return line === undefined ? { key, message } : { key, line, message };
    },
  };
}

/** Other programs' blocks may be deeper than ours. */
function isShallow(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const inner = value instanceof Map || value instanceof Set ? [...value] : Object.values(value);
  return levels > 0 && inner.every((each) => isShallow(each, levels - 1));
}

/** A facility's file may hold blocks of other programs: those are left alone, slips and stray keys aren't. */
function topLevelProblems(top: unknown, lineOf: (keys: string[]) => number | undefined): ConfigProblem[] {
  if (!isPlainObject(top)) return [{ key: BLOCK, message: `the file must hold a block "${BLOCK}:"` }];
  const problems: ConfigProblem[] = [];
  for (const [key, value] of Object.entries(top)) {
    const line = lineOf([key]);
    const at = line === undefined ? { key } : { key, line };
    if (key === BLOCK) {
      if (!isPlainObject(value) && value !== null)
        problems.push({ ...at, message: 'must be a block of keys' });
      continue;
    }
    if (BACKUP_KEYS.includes(key)) problems.push({ ...at, message: `belongs inside the block "${BLOCK}:"` });
    else if (isNear(key, BLOCK)) problems.push({ ...at, message: unknownKey(key, [BLOCK]) });
    else if (typeof value !== 'object' || value === null)
      problems.push({ ...at, message: unknownKey(key, [BLOCK, ...BACKUP_KEYS]) });
  }
  if (!(BLOCK in top) && problems.length === 0)
    problems.push({ key: BLOCK, message: `the file has no block "${BLOCK}:"` });
  return problems;
}

function isNear(key: string, known: string): boolean {
  return Math.abs(key.length - known.length) <= SLIP && distance(key.toLowerCase(), known) <= SLIP;
}

/** Offset of a key (for a missing one: of the nearest parent that stands in the file). */
function offsetOf(document: Document, keys: readonly string[]): number | undefined {
  let node: Node | null | undefined = document.contents;
  let offset: number | undefined;
  for (const key of keys) {
    if (!isMap(node)) break;
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key,
    );
    if (pair === undefined) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value as Node | null;
  }
  return offset;
}
