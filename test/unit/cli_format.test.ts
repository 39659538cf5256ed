import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytes, duration, printable, table } from '../../lib/cli/format.js';

const sizes: [number, string][] = [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [201_369_071, '201.4 MB'],
  [5e10, '50.0 GB'],
  [1.5e15, '1.5 PB'],
];

const durations: [number, string][] = [
  [0, '0.0 s'],
  [9.94, '9.9 s'],
  [10, '10 s'],
  [59.6, '1 min 00 s'],
  [245, '4 min 05 s'],
  [3599, '59 min 59 s'],
  [7380, '2 h 03 min'],
  [273_600, '3 d 04 h'],
];

describe('numbers as people read them', () => {
  for (const [size, text] of sizes) {
    it(`${size} bytes: ${text}`, () => {
      assert.equal(bytes(size), text);
    });
  }
  for (const [seconds, text] of durations) {
    it(`${seconds} seconds: ${text}`, () => {
      assert.equal(duration(seconds), text);
    });
  }

  it('bytes never need more than 8 columns', () => {
    fc.assert(
      fc.property(fc.double({ min: 1000, max: 9e20, noNaN: true }), (size) => bytes(size).length <= 8),
    );
  });
});

describe('names on a terminal', () => {
  it('move no cursor and break no line', () => {
    assert.equal(printable('a\u001b[2Jb\nc\u202ed\u009b'), 'a\\u001b[2Jb\\u000ac\\u202ed\\u009b');
  });

  it('are left alone otherwise', () => {
    assert.equal(printable('2026/Übersicht – 1 €.h5'), '2026/Übersicht – 1 €.h5');
  });

  it('never hold a control character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => !/\p{Cc}/u.test(printable(name))));
  });
});

describe('tables', () => {
  it('align their columns', () => {
    const rows = table(
      [
        ['where', 'files'],
        ['cache', '1,203'],
      ],
      [1],
    );
    assert.deepEqual(rows, ['  where  files', '  cache  1,203']);
  });

  it('may be empty', () => {
    assert.deepEqual(table([]), []);
  });
});
