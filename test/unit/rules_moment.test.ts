import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseMoment } from '../../lib/rules/moment.js';

const NOW = new Date('2024-02-29T10:20:30.400Z');

describe('moments', () => {
  const table: [text: string, iso: string][] = [
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    [' 2026-03-01 ', '2026-03-01T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0050-01-01', '0050-01-01T00:00:00.000Z'],
    ['2026-03-01T12:30', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01 12:30:05', '2026-03-01T12:30:05.000Z'],
    ['2026-03-01T12:30:05.25Z', '2026-03-01T12:30:05.250Z'],
    ['2026-03-01T12:30:05.123456789z', '2026-03-01T12:30:05.123Z'],
    ['2026-03-01T00:30+02:00', '2026-02-28T22:30:00.000Z'],
    ['2026-03-01T12:30-0530', '2026-03-01T18:00:00.000Z'],
    ['2026-03-01T12:30+01', '2026-03-01T11:30:00.000Z'],
    ['0d', '2024-02-29T10:20:30.400Z'],
    ['90min', '2024-02-29T08:50:30.400Z'],
    ['12h', '2024-02-28T22:20:30.400Z'],
    ['3d', '2024-02-26T10:20:30.400Z'],
    ['3 D', '2024-02-26T10:20:30.400Z'],
    ['2w', '2024-02-15T10:20:30.400Z'],
    ['6mo', '2023-08-29T10:20:30.400Z'],
    ['12mo', '2023-02-28T10:20:30.400Z'],
    ['4y', '2020-02-29T10:20:30.400Z'],
    ['P3Y', '2021-02-28T10:20:30.400Z'],
    ['P2W', '2024-02-15T10:20:30.400Z'],
    ['PT36H', '2024-02-27T22:20:30.400Z'],
    ['P1Y2M10DT2H30M15S', '2022-12-19T07:50:15.400Z'],
    ['P0D', '2024-02-29T10:20:30.400Z'],
  ];
  for (const [text, iso] of table) {
    it(text, () => {
      assert.equal(parseMoment(text, NOW).toISOString(), iso);
    });
  }

  const wrong: [text: string, message: RegExp][] = [
    ['', /^must be a date .*, a time .*, or a duration .*, not ""$/],
    ['yesterday', /^must be a date .*not "yesterday"$/],
    ['3', /^must be/],
    ['3m', /^must be .*6mo.*not "3m"$/],
    ['-3d', /^must be/],
    ['1.5d', /^must be/],
    ['P', /^must be/],
    ['PT', /^must be/],
    ['P1DT', /^must be/],
    ['P1H', /^must be/],
    ['2026-3-1', /^must be/],
    ['2026-03-01T12', /^must be/],
    ['01.03.2026', /^must be/],
    ['2026-03-01x', /^must be/],
    ['2026-02-29', /^2026-02-29 is not in the calendar$/],
    ['2026-13-01', /calendar/],
    ['2026-00-01', /calendar/],
    ['2026-03-00', /calendar/],
    ['2026-03-01T24:00', /calendar/],
    ['2026-03-01T12:60', /calendar/],
    ['2026-03-01T12:30:60', /calendar/],
    ['2026-03-01T12:30+15:00', /time zone/],
    ['2026-03-01T12:30+02:60', /time zone/],
    ['3000y', /^3000y is too long ago$/],
    ['P99999999999999999999Y', /too long ago/],
    ['99999999999999999999d', /too long ago/],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseMoment(text, NOW), { message });
    });
  }

  it('come back from their own writing', () => {
    const range = { min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        assert.equal(parseMoment(date.toISOString(), NOW).getTime(), date.getTime());
      }),
    );
  });

  it('of durations are never later than now, and longer ones not later than shorter', () => {
    const unit = fc.constantFrom('min', 'h', 'd', 'w', 'mo', 'y');
    const range = { min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), fc.nat(500), fc.nat(500), unit, (now, a, b, of) => {
        const [short, more] = [parseMoment(`${a}${of}`, now), parseMoment(`${a + b}${of}`, now)];
        assert.ok(more <= short && short <= now);
      }),
    );
  });
});
