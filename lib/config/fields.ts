/** Kinds of configuration values, with messages that an operator understands. */
import { inspect } from 'node:util';
import { Cron } from 'croner';
import { z } from 'zod';
import { parseBytes } from './bytes.js';
import { parseDuration } from './duration.js';
import { opaqueProblem } from './opaque.js';
import { parsePattern } from './pattern.js';
import { parseTarget } from './target.js';
import { wireTextProblem } from './wire_text.js';

const MINUTES_A_YEAR = 366 * 24 * 60;

export function numberIn(min: number, max: number, unit: string): z.ZodNumber {
  return rangedNumber(min, max, unit, 'a number');
}

export function integerIn(min: number, max: number, unit: string): z.ZodNumber {
  const message = rangeText(min, max, unit, 'a whole number');
  return rangedNumber(min, max, unit, 'a whole number').int(message);
}

export function countOrAuto(min: number, max: number, unit: string) {
  const isCount = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  return z.custom<number | 'auto'>((value) => value === 'auto' || isCount(value), {
    error: ({ input }) => `${rangeText(min, max, unit, 'a whole number')}, or auto, not ${shown(input)}`,
  });
}

/** A number, or a text with a unit: `200MB`. */
export function bytesIn(min: number, max: number, unit: string) {
  const message = `must be a number from ${min} to ${max} (${unit}), or as 200MB`;
  return z
    .union([z.number(), z.string()], { error: (issue) => `${message}, not ${shown(issue.input)}` })
    .transform((value, context) => {
      const bytes = typeof value === 'string' ? parseBytes(value) : Math.round(value);
      if (bytes !== undefined && bytes >= min && bytes <= max) return bytes;
      context.addIssue({ code: 'custom', message: `${message}, not ${shown(value)}` });
      return z.NEVER;
    });
}

/** A duration with its unit, kept as it is written: months and years are the calendar's. */
export function duration(shortest: '1min' | '1d' = '1min') {
  const examples = shortest === '1min' ? '12h, 3d, 2w, 6mo, P1Y' : '90d, P90D, 6mo, P3Y';
  const message = `must be a duration from ${shortest} to 100y (${examples})`;
  return z
    .string({ error: (issue) => `${message}, not ${shown(issue.input)}` })
    .trim()
    .refine((value) => isDuration(value, shortest), {
      error: (issue) => `${message}, not ${shown(issue.input)}`,
    });
}

/**
 * One path or glob, or a list of them.
 * @param least 0 where an empty list says the same as none
 */
export function patterns(least: 0 | 1 = 1) {
  const pattern = text('a path or a glob').superRefine((value, context) => {
    try {
      parsePattern(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
  return z.union(
    [pattern.transform((one) => [one]), z.array(pattern).min(least, 'must name at least one path or glob')],
    { error: 'must be a path or a glob, or a list of them' },
  );
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, {
    error: (issue) => `must be one of ${values.join(', ')}, not ${shown(issue.input)}`,
  });
}

export function flag(): z.ZodBoolean {
  return z.boolean({ error: (issue) => `must be true or false, not ${shown(issue.input)}` });
}

export function text(what: string) {
  return z
    .string({ error: (issue) => `must be ${what}, not ${shown(issue.input)}` })
    .refine((value) => value.trim() !== '', { abort: true, error: `must be ${what}, not an empty text` });
}

/** A path of this machine. libXrdCl reads whatever follows a `?` as CGI, in parent directories too. */
export function localPath(what: string) {
  return text(what).superRefine((value, context) => {
    const problem = wireTextProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
}

export function targetUrl() {
  return text('a URL like root://server.example//base/path').transform((value, context) => {
    try {
      return parseTarget(value).url;
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

/** A program and its arguments; one text is a program without any. */
export function commandLine() {
  return z.union(
    [
      text('a program').transform((one) => [one]),
      z.array(z.string('must be a text')).min(1, 'must name a program'),
    ],
    { error: 'must be a program, or a list of a program and its arguments' },
  );
}

/** An address of a web service; what was given is never repeated, since these contain secrets. */
export function webUrl() {
  const error = 'must be a URL that begins with https:// or http://';
  return z
    .string({ error })
    .refine((value) => /^https?:\/\/[^/\s]/i.test(value) && URL.canParse(value), { error });
}

export function promFile() {
  return localPath('the path of a file that ends in .prom').refine((value) => value.endsWith('.prom'), {
    error: 'must end in .prom: node_exporter reads no other files',
  });
}

/** Opaque information; what was given is never repeated. */
export function opaque() {
  return z
    .string({ error: 'must be opaque information like eos.app=archive&authz=…' })
    .superRefine((value, context) => {
      const problem = opaqueProblem(value);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });
}

/** A path that stands in a URL of libXrdCl, where nothing is escaped. */
export function urlPath(what: string) {
  return localPath(what).refine((value) => !/[&\s]/.test(value), {
    error: 'contains "&" or a blank, which libXrdCl can\'t take in this path',
  });
}

export function cronSchedule() {
  return text('a cron schedule like "0 3 * * *"').refine(hasSlots, {
    error: (issue) => `must be a cron schedule like "0 3 * * *", not ${shown(issue.input)}`,
  });
}

export function timeZone() {
  return text('a time zone like Europe/London').refine(isTimeZone, {
    error: (issue) =>
      `${shown(issue.input)} is not a time zone like Europe/London: abbreviations and offsets mean different zones, ` +
      'or none that changes its clocks; UTC is a name, too',
  });
}

export function mailAddress() {
  return text('a mail address').refine(
    (value) => /^[^\s@]+@[^\s@]+$/.test(value.replace(/^.*<([^<>]*)>$/, '$1')),
    {
      error: (issue) => `${shown(issue.input)} is not a mail address`,
    },
  );
}

export function mailAddresses() {
  return z.union(
    [
      mailAddress().transform((one) => [one]),
      z.array(mailAddress()).min(1, 'must name at least one address'),
    ],
    {
      error: 'must be a mail address or a list of them',
    },
  );
}

/** A value as it is repeated in a message: short, and never a whole structure. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block of keys';
  const written = typeof value === 'string' ? JSON.stringify(value) : inspect(value);
  return written.length > 60 ? `${written.slice(0, 57)}...` : written;
}

function rangedNumber(min: number, max: number, unit: string, kind: string): z.ZodNumber {
  const message = rangeText(min, max, unit, kind);
  return z
    .number({ error: (issue) => `${message}, not ${shown(issue.input)}` })
    .min(min, message)
    .max(max, message);
}

function rangeText(min: number, max: number, unit: string, kind: string): string {
  return `must be ${kind} from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`;
}

function isDuration(value: string, shortest: string): boolean {
  const minutes = minutesOf(value);
  return minutes >= minutesOf(shortest) && minutes <= 100 * MINUTES_A_YEAR;
}

/** NaN for what is none. */
function minutesOf(duration: string): number {
  const { months = NaN, milliseconds = 0 } = parseDuration(duration) ?? {};
  return milliseconds / 60_000 + months * (MINUTES_A_YEAR / 12);
}

function hasSlots(cron: string): boolean {
  try {
    return new Cron(cron, { mode: '5-or-6-parts', paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

/** A place's name. Intl also takes abbreviations, each for one of the zones that it stands for: BST is Dhaka's. */
function isTimeZone(name: string): boolean {
  if (!/\/|^(UTC|GMT)$/i.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
