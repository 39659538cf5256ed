/** Numbers of bytes as people write them. */

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

/** `1000`, `500MB`, `1.5 GB`, `2GiB`; undefined if it is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]?i?b?)$/i.exec(text) ?? [];
  const power = powers[unit.toUpperCase().replace(/(?<=.)B$/, '')];
  if (number === undefined || power === undefined) return undefined;
  return Math.round(Number(number) * power);
}
