/** Values of command line options. */
import { InvalidArgumentError } from 'commander';

const powers: Record<string, number> = {
  '': 1,
  B: 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
  TI: 2 ** 40,
};

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
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]?i?b?)$/i.exec(text) ?? [];
  const power = powers[unit.toUpperCase().replace(/(?<=.)B$/, '')];
  if (number === undefined || power === undefined)
    throw new InvalidArgumentError('It must be bytes, as 1000, 500MB or 2GiB.');
  return Math.round(Number(number) * power);
}
