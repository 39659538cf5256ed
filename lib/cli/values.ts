/** Parsers for the values of command line options. */
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { parseBytes } from '../config/bytes.js';
import { parseMoment } from '../rules/moment.js';
import { shardProblem, type Shard } from '../rules/sharding.js';

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** `5`, `0.5`, or a range `2-5`. */
export function seconds(text: string): number | [number, number] {
  const [, from, to] = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (from === undefined) throw new InvalidArgumentError('It must be seconds, as 5, 0.5, or a range 2-5.');
  return to === undefined ? Number(from) : [Number(from), Number(to)];
}

export function secondsOrNever(text: string): number | [number, number] | 'never' {
  return text === 'never' ? text : seconds(text);
}

/** `1000`, `500MB`, `1.5 GB`, `2GiB`. */
export function byteCount(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new InvalidArgumentError('It must be bytes, as 1000, 500MB or 2GiB.');
  return bytes;
}

/** A date, a time, or an age. */
export function moment(text: string): Date {
  try {
    return parseMoment(text, new Date());
  } catch (error) {
    throw new InvalidArgumentError(`The time ${(error as Error).message}.`);
  }
}

/** `10`, `0.5%`: above 0, up to 100. */
export function percentage(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?) ?%?$/.exec(text) ?? [];
  const value = Number(number);
  if (!(value > 0 && value <= 100))
    throw new InvalidArgumentError('It must be a part above 0 %, up to 100 %.');
  return value;
}

/** `0/4`: the first of four. */
export function shard(text: string): Shard {
  const [, index, count] = /^(\d{1,15})\/(\d{1,15})$/.exec(text) ?? [];
  const value = { index: Number(index), count: Number(count) };
  const problem = shardProblem(value);
  if (problem !== undefined) throw new InvalidArgumentError(`It ${problem}.`);
  return value;
}

/** A directory, or the URL of an XRootD server. */
export function destination(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must be a directory or a root:// URL.');
  if (/^x?roots?:\/\//i.test(text)) return text;
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text))
    throw new InvalidArgumentError('It must be a directory or a URL of XRootD (root, roots, xroot, xroots).');
  return path.resolve(text);
}
