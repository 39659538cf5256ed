import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextPass, parseSchedule } from '../../lib/rules/schedule.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)] as const;

/** Slots within (from, to]. */
function slots(cron: string, zone: string, from: number, to: number): number[] {
  const schedule = parseSchedule(cron, zone);
  const found: number[] = [];
  for (let at = schedule.after(from); at !== undefined && at <= to; at = schedule.after(at)) found.push(at);
  return found;
}

function iso(moments: readonly number[]): string[] {
  return moments.map((at) => new Date(at).toISOString().slice(5, 16));
}

function localDay(zone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  return (at) => format.format(at);
}

function assertEvery(gap: number, found: readonly number[], from: number, to: number): void {
  assert.equal(found.length, Math.floor((to - from) / gap));
  for (const [i, at] of found.entries()) if (i > 0) assert.equal(at - (found[i - 1] ?? 0), gap, iso([at])[0]);
}

const zones = ['Europe/London', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tokyo'];

describe('the schedule', () => {
  // Clocks go forward at 01:00 UTC on 29 March 2026, back at 01:00 UTC on 25 October: 24 hours around each.
  const around: [cron: string, zone: string, spring: string[], autumn: string[]][] = [
    ['30 1 * * *', 'Europe/London', ['03-29T01:00'], ['10-25T00:30']],
    ['0 2 * * *', 'Europe/London', ['03-29T01:00'], ['10-25T02:00']],
    ['30 2 * * *', 'Europe/Berlin', ['03-29T01:00'], ['10-25T00:30']],
    ['*/30 1 * * *', 'Europe/London', ['03-29T01:00'], ['10-25T00:00', '10-25T00:30']],
    ['0 1,2 * * *', 'Europe/London', ['03-29T01:00'], ['10-25T00:00', '10-25T02:00']],
    [
      '15 0-3 * * *',
      'Europe/London',
      ['03-29T00:15', '03-29T01:00', '03-29T01:15', '03-29T02:15'],
      ['10-24T23:15', '10-25T00:15', '10-25T02:15', '10-25T03:15'],
    ],
    ['30 1 * * 0', 'Europe/London', ['03-29T01:00'], ['10-25T00:30']],
    ['0 30 1 * * *', 'Europe/London', ['03-29T01:00'], ['10-25T00:30']],
    ['@daily', 'Europe/London', ['03-29T00:00'], ['10-24T23:00']],
  ];
  for (const [cron, zone, spring, autumn] of around)
    it(`neither skips nor doubles when clocks change: ${cron} in ${zone}`, () => {
      const day = (date: string) =>
        [Date.parse(`${date}T22:30Z`), Date.parse(`${date}T22:30Z`) + 24 * HOUR] as const;
      assert.deepEqual(iso(slots(cron, zone, ...day('2026-03-28'))), spring);
      assert.deepEqual(iso(slots(cron, zone, ...day('2026-10-24'))), autumn);
    });

  for (const zone of zones)
    it(`once on each day of a year, and in the order of time: ${zone}`, () => {
      const day = localDay(zone);
      for (const cron of ['0 0 * * *', '30 1 * * *', '0 2 * * *', '30 2 * * *', '59 23 * * *']) {
        const found = slots(cron, zone, ...YEAR);
        const days = found.map(day);
        assert.equal(new Set(days).size, found.length, `${cron}: a day had two`);
        assert.ok(found.length >= 365 && found.length <= 366, `${cron}: ${found.length}`);
        assert.deepEqual(
          found,
          found.toSorted((a, b) => a - b),
        );
      }
    });

  for (const zone of zones.filter((each) => each !== 'Australia/Lord_Howe'))
    it(`every hour follows the time that passes: ${zone}`, () => {
      const changes = [Date.UTC(2026, 2, 1), Date.UTC(2026, 9, 20)].map(
        (from) => [from, from + 30 * DAY] as const,
      );
      for (const [cron, gap, spans] of [
        ['20 * * * *', HOUR, [YEAR]],
        ['@hourly', HOUR, changes],
        ['0 0-23 * * *', HOUR, changes],
        ['*/15 * * * *', 15 * MINUTE, changes],
      ] as const)
        for (const [from, to] of spans) assertEvery(gap, slots(cron, zone, from, to), from, to);
    });

  it('has slots after any moment, each later than the moment, and none between', () => {
    const cron = fc.constantFrom('30 1 * * *', '*/20 1,2 * * *', '0 */2 * * *', '5 * * * *', '0 4 1 * *');
    const moment = fc.integer({ min: YEAR[0], max: YEAR[1] });
    fc.assert(
      fc.property(cron, fc.constantFrom(...zones), moment, (pattern, zone, from) => {
        const schedule = parseSchedule(pattern, zone);
        const next = schedule.after(from);
        assert.ok(next !== undefined && next > from);
        const middle = from + Math.floor((next - from) / 2);
        assert.equal(schedule.after(middle), middle === next ? schedule.after(next) : next);
      }),
      { numRuns: 300 },
    );
  });

  for (const wrong of ['', 'hello', '* * * *', '61 * * * *', '0 3 * * * * *'])
    it(`is none: ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => parseSchedule(wrong, 'Europe/London'));
    });

  it('may have no slot that ever comes', () => {
    assert.equal(parseSchedule('0 0 30 2 *', 'Europe/London').after(YEAR[0]), undefined);
  });
});

describe('the next pass', () => {
  const hourly = parseSchedule('0 * * * *', 'UTC');
  const at = (time: string) => Date.parse(`2026-06-01T${time}:00Z`);
  const cases: [title: string, now: string, since: string | undefined, next: string, late: boolean][] = [
    ['the first slot after a start', '10:20', undefined, '11:00', false],
    ['a start at a slot is not the slot', '10:00', undefined, '11:00', false],
    ['the slot after that of the last pass', '10:20', '10:00', '11:00', false],
    ['one that waited for the last pass to end', '11:05', '10:00', '11:05', true],
    ['the same, after several slots: one pass', '14:05', '10:00', '14:05', true],
    ['then the next one is in its slot again', '14:20', '14:05', '15:00', false],
    ['a pass that ends just at a slot', '11:00', '10:00', '11:00', false],
    ['no second pass when the clock is put back a little', '09:50', '10:00', '11:00', false],
    ['but a clock that was far ahead counts for nothing', '10:20', '18:00', '11:00', false],
  ];
  for (const [title, now, since, next, late] of cases)
    it(title, () => {
      const found = nextPass(hourly, at(now), since === undefined ? undefined : at(since));
      assert.deepEqual(found, { at: at(next), late });
    });

  it('there is none without slots', () => {
    assert.equal(nextPass({ after: () => undefined }, 0, undefined), undefined);
  });
});
