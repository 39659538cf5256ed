import assert from 'node:assert/strict';
import { byteCount, seconds, secondsOrNever, wholeNumber } from '../../lib/cli/values.js';

const cases: [parse: (text: string) => unknown, text: string, value: unknown][] = [
  [wholeNumber, '1094', 1094],
  [seconds, '0.5', 0.5],
  [seconds, '2-5', [2, 5]],
  [secondsOrNever, 'never', 'never'],
  [byteCount, '1000', 1000],
  [byteCount, '500MB', 500_000_000],
  [byteCount, '1.5 GB', 1_500_000_000],
  [byteCount, '2GiB', 2 * 2 ** 30],
  [byteCount, '10k', 10_000],
];

const refused: [parse: (text: string) => unknown, text: string][] = [
  [wholeNumber, '1.5'],
  [wholeNumber, '-1'],
  [wholeNumber, ''],
  [seconds, 'soon'],
  [seconds, '-1'],
  [seconds, '1e3'],
  [secondsOrNever, 'Never'],
  [byteCount, 'many'],
  [byteCount, '5 ib'],
  [byteCount, ''],
];

describe('values of options', () => {
  for (const [parse, text, value] of cases) {
    it(`${parse.name} ${text}`, () => {
      assert.deepEqual(parse(text), value);
    });
  }
  for (const [parse, text] of refused) {
    it(`${parse.name} refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), { code: 'commander.invalidArgument' });
    });
  }
});
