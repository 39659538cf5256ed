/** Moments as people write them, in UTC: `2026-03-01`, `2026-03-01T12:30Z`, or an age (`3d`, `P3Y`), counted back from now. */
import { parseDuration, type Duration } from '../config/duration.js';

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EXAMPLES =
  'a date (2026-03-01), a time (2026-03-01T12:30Z), or a duration that counts back from now (12h, 3d, 2w, 6mo, P3Y)';

/**
 * A bare date means its midnight, and a time without a zone is in UTC: the same text means the same everywhere. Months
 * and years are the calendar's: a year before 29 February is 28 February.
 * @param now durations are counted back from it
 * @throws {Error} that says what is wrong, as the end of a sentence that begins with the option's name
 */
export function parseMoment(text: string, now: Date): Date {
  const trimmed = text.trim();
  const date = ISO.exec(trimmed);
  if (date !== null) return dateOf(date, trimmed);
  const ago = parseDuration(trimmed);
  if (ago === undefined) throw new Error(`must be ${EXAMPLES}, not ${JSON.stringify(text)}`);
  const moment = before(now, ago);
  if (!(moment.getTime() > utc(0, 0, 1).getTime())) throw new Error(`${trimmed} is too long ago`);
  return moment;
}

function dateOf(parts: RegExpExecArray, text: string): Date {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(numberOf);
  const milliseconds = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000);
  const local = utc(year, month - 1, day, hour, minute, second, milliseconds);
  const exists =
    local.getUTCMonth() === month - 1 &&
    local.getUTCDate() === day &&
    local.getUTCHours() === hour &&
    local.getUTCMinutes() === minute &&
    local.getUTCSeconds() === second;
  if (!exists) throw new Error(`${text} is not in the calendar`);
  return new Date(local.getTime() - zoneOf(parts[8] ?? 'Z', text));
}

function zoneOf(zone: string, text: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || '0')];
  if (hours > 14 || minutes > 59) throw new Error(`${text} has no time zone that exists`);
  return (zone.startsWith('-') ? -1 : 1) * (hours * HOUR + minutes * MINUTE);
}

function before(now: Date, { months, milliseconds }: Duration): Date {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const lastDay = utc(year, month - months + 1, 0).getUTCDate();
  const timeOfDay = now.getTime() - utc(year, month, day).getTime();
  const date = utc(year, month - months, Math.min(day, lastDay));
  return new Date(date.getTime() + timeOfDay - milliseconds);
}

/** Date.UTC() takes the years 0 to 99 for 1900 to 1999. */
function utc(year: number, month: number, day: number, ...time: number[]): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  const [hour = 0, minute = 0, second = 0, milliseconds = 0] = time;
  date.setUTCHours(hour, minute, second, milliseconds);
  return date;
}

function numberOf(digits: string | undefined): number {
  return Number(digits ?? '0');
}
