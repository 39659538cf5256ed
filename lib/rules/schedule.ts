/**
 * When passes begin, by a cron schedule in a time zone.
 *
 * Slots are computed as wall clock times, without daylight saving time, and then converted to moments. If a wall clock time
 * comes twice, the first counts; if it is skipped, the moment at which clocks were put forward counts. A schedule for every
 * hour (`*`) follows elapsed time: it has 25 slots in a day of 25 hours.
 */
import { Cron } from 'croner';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A clock that was put back by more than this was wrong before: times that it gave then are ignored. */
const CLOCK_SLACK = HOUR;

export interface Schedule {
  /** The first slot after a moment; undefined when none ever comes. Milliseconds since the epoch. */
  after(moment: number): number | undefined;
}

export interface NextPass {
  /** Milliseconds since the epoch, not before now. */
  at: number;
  /** The slot was missed, since the last pass still ran or the machine slept. Any number of missed slots make one pass. */
  late: boolean;
}

/** @throws {Error} for what is no cron schedule of five fields, or six with seconds */
export function parseSchedule(cron: string, timezone: string): Schedule {
  const mode = '5-or-6-parts';
  if (isHourly(cron)) {
    const slots = new Cron(cron, { timezone, mode, paused: true });
    return { after: (moment) => slots.nextRun(new Date(moment))?.getTime() };
  }
  const slots = new Cron(cron, { timezone: 'UTC', mode, paused: true });
  const zone = new Zone(timezone);
  return {
    after(moment) {
      let wall = slots.nextRun(new Date(zone.wallAt(moment)));
      while (wall !== null) {
        const at = zone.momentOf(wall.getTime());
        if (at > moment) return at;
        wall = slots.nextRun(wall);
      }
      return undefined;
    },
  };
}

/**
 * @param since slots up to this moment have had their pass; undefined: slots before now are ignored
 */
export function nextPass(schedule: Schedule, now: number, since: number | undefined): NextPass | undefined {
  const known = since !== undefined && since - now <= CLOCK_SLACK;
  const slot = schedule.after(known ? since : now);
  return slot === undefined ? undefined : { at: Math.max(slot, now), late: slot < now };
}

function isHourly(cron: string): boolean {
  const fields = cron.trim().split(/\s+/);
  return fields.length === 1 ? /^@hourly$/i.test(cron.trim()) : /^(\*(\/1)?|0-23)$/.test(fields.at(-4) ?? '');
}

/** Wall clock times are milliseconds since the epoch, as if the wall clock showed UTC. */
class Zone {
  readonly #format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    const [year, month, day, hour, minute, second] = Array<'numeric'>(6).fill('numeric');
    const fields = { year, month, day, hour, minute, second } as const;
    this.#format = new Intl.DateTimeFormat('en', {
      timeZone,
      hourCycle: 'h23',
      calendar: 'gregory',
      ...fields,
    });
  }

  wallAt(moment: number): number {
    const parts = new Map(this.#format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    return wall + (moment - Math.floor(moment / 1000) * 1000);
  }

  momentOf(wall: number): number {
    const [before, after] = [wall - DAY, wall + DAY].map(
      (moment) => wall - (this.wallAt(moment) - moment),
    ) as [number, number];
    const [early, late] = [Math.min(before, after), Math.max(before, after)];
    const real = [early, late].find((moment) => this.wallAt(moment) === wall);
    return real ?? this.#putForward(wall, early, late);
  }

  /** The first second whose wall clock time is after a skipped one. */
  #putForward(wall: number, early: number, late: number): number {
    let [not, yes] = [Math.floor(early / 1000), Math.ceil(late / 1000)];
    while (yes - not > 1) {
      const middle = Math.floor((not + yes) / 2);
      if (this.wallAt(middle * 1000) > wall) yes = middle;
      else not = middle;
    }
    return yes * 1000;
  }
}
