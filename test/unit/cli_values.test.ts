import assert from 'node:assert/strict';
import {
  byteCount,
  destination,
  moment,
  percentage,
  seconds,
  secondsOrNever,
  shard,
  wholeNumber,
} from '../../lib/cli/values.js';

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
  [byteCount, '10G', 10_000_000_000],
  [percentage, '1%', 1],
  [percentage, '0.5', 0.5],
  [percentage, '100 %', 100],
  [moment, '2026-03-01', new Date('2026-03-01T00:00:00Z')],
  [moment, '2026-03-01T12:30+02:00', new Date('2026-03-01T10:30:00Z')],
  [shard, '0/4', { index: 0, count: 4 }],
  [shard, '99/100', { index: 99, count: 100 }],
  [destination, '/back/to/here', '/back/to/here'],
  [destination, 'root://server//base', 'root://server//base'],
  [destination, 'here', `${process.cwd()}/here`],
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
  [percentage, '0'],
  [percentage, '101'],
  [percentage, 'half'],
  [moment, 'yesterday'],
  [moment, '2026-02-30'],
  [shard, '4/4'],
  [shard, '4'],
  [shard, '/4'],
  [shard, '0/'],
  [shard, '0/0'],
  [shard, '-1/4'],
  [shard, '0/4/8'],
  [shard, '0 of 4'],
  [shard, ''],
  [destination, ''],
  [destination, 'https://server/base'],
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

  it('say what is wrong with a time', () => {
    assert.throws(() => moment('2026-02-30'), { message: 'The time 2026-02-30 is not in the calendar.' });
    assert.throws(() => moment('soon'), { message: /^The time must be a date \(/ });
  });
});
