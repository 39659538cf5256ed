/** What a key that isn't known was most likely meant to be. Pure. */
import { distance } from 'fastest-levenshtein';

/** A slip changes at most this part of a word. */
const SLIP = 1 / 3;
/** Shorter words are part of too many keys. */
const SHORTEST = 3;
const MOST = 3;

/**
 * The known key from which this one differs by a slip; if there is none, those of which it is the beginning or a word, three at most.
 * Empty if none looks like it: a far-fetched suggestion is worse than none.
 */
export function nearestKeys(key: string, known: readonly string[]): string[] {
  const wanted = plain(key);
  const [best] = known
    .map((candidate) => ({ candidate, steps: distance(wanted, plain(candidate)) }))
    .filter(({ candidate, steps }) => isSlip(wanted, plain(candidate), steps))
    .sort((a, b) => a.steps - b.steps);
  if (best !== undefined) return [best.candidate];
  if (wanted.length < SHORTEST) return [];
  const alike = (candidate: string) =>
    plain(candidate).startsWith(wanted) || wordsOf(candidate).includes(wanted);
  return known.filter(alike).slice(0, MOST);
}

function isSlip(wanted: string, candidate: string, steps: number): boolean {
  const most = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) * SLIP));
  return steps <= most || (steps === 2 && sortedLetters(wanted) === sortedLetters(candidate));
}

/** Two letters that changed places are two steps, and one slip. */
function sortedLetters(word: string): string {
  return Array.from(word).sort().join('');
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[_-]/g, '');
}

/** Of snake_case and of camelCase. */
function wordsOf(key: string): string[] {
  return key
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase()
    .split('_');
}
