/** Durations as people write them: `12h`, `3d`, `2w`, `6mo`, `1y`, or as ISO 8601 has them: `P3Y`, `PT36H`. Pure. */

export interface Duration {
  /** Of the calendar; a year is twelve. */
  months: number;
  milliseconds: number;
}

const SHORT = /^(\d+) ?(min|h|d|w|mo|y)$/i;
const PERIOD =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Undefined if the text isn't a duration. */
export function parseDuration(text: string): Duration | undefined {
  const short = SHORT.exec(text);
  if (short !== null) {
    const count = Number(short[1]);
    switch (short[2]?.toLowerCase()) {
      case 'min':
        return { months: 0, milliseconds: count * MINUTE };
      case 'h':
        return { months: 0, milliseconds: count * HOUR };
      case 'd':
        return { months: 0, milliseconds: count * DAY };
      case 'w':
        return { months: 0, milliseconds: count * 7 * DAY };
      case 'mo':
        return { months: count, milliseconds: 0 };
      default:
        return { months: 12 * count, milliseconds: 0 };
    }
  }
  const period = PERIOD.exec(text);
  if (period === null) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = period
    .slice(1)
    .map((digits: string | undefined) => Number(digits ?? '0'));
  return {
    months: 12 * years + months,
    milliseconds: (7 * weeks + days) * DAY + hours * HOUR + minutes * MINUTE + seconds * 1000,
  };
}
