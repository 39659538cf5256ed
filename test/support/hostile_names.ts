/** Names of files as somebody would choose them who wants two records to meet, or one to come back under another name. */
import fc from 'fast-check';
import { isUtf8 } from 'node:buffer';
import { lookAlikes, marks, nearlyOurs, OURS, ourNames, sequences, words } from './hostile_words.js';

/** Of components: bytes that a Linux name may hold, that is all but NUL and the slash. */
type Component = fc.Arbitrary<Buffer>;

const text = (arbitrary: fc.Arbitrary<string>): Component => arbitrary.map((each) => Buffer.from(each));
const bytes = (arbitrary: fc.Arbitrary<string>): Component =>
  arbitrary.map((each) => Buffer.from(each, 'latin1'));

const word = fc.constantFrom(...words);
const mark = fc.constantFrom(...marks);

const twin = fc
  .tuple(word, mark, fc.nat(9))
  .map(([name, by, how]) => {
    const same = [name, name.toUpperCase(), name.toLowerCase(), name.normalize('NFC'), name.normalize('NFD')];
    const marked = [by + name, name + by, name.slice(0, 1) + by + name.slice(1), by];
    return [...same, name.normalize('NFKD'), ...marked][how] ?? name;
  })
  .filter((name) => !dots.includes(name));

const dots = ['.', '..'];

/** Any byte, alone or within a name. */
const anyByte = fc
  .tuple(fc.integer({ min: 1, max: 255 }), fc.nat(3))
  .filter(([byte]) => byte !== 0x2f)
  .map(([byte, where]) => {
    const letter = String.fromCharCode(byte);
    return [letter, `${letter}x`, `x${letter}`, `x${letter}y`][where] ?? letter;
  })
  .filter((name) => name !== '.');

const anyBytes = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 40 })
  .map((all) => Buffer.from(all.map((byte) => (byte === 0x2f ? 0x5c : byte))));

const anyText = text(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map((name) => name.replace(/[/\0]/g, '_')),
);

/** Up to NAME_MAX: the names of our temporary files and captures would be longer. Ends tell them apart. */
const longName = fc
  .tuple(
    fc.constantFrom('n', 'é', '束', '\u{1F600}'),
    fc.integer({ min: 205, max: 255 }),
    fc.integer({ max: 0xfff, min: 0 }),
  )
  .map(([letter, size, tail]) => {
    const end = tail.toString(16);
    const room = size - end.length;
    const body = letter.repeat(Math.floor(room / Buffer.byteLength(letter)));
    return Buffer.from(body + '-'.repeat(room - Buffer.byteLength(body)) + end);
  });

const component: Component = fc.oneof(
  { weight: 6, arbitrary: text(twin) },
  { weight: 4, arbitrary: text(fc.constantFrom(...lookAlikes)) },
  { weight: 2, arbitrary: text(fc.tuple(fc.constantFrom(...lookAlikes), mark).map(([a, b]) => a + b)) },
  { weight: 2, arbitrary: text(fc.tuple(mark, fc.constantFrom(...lookAlikes)).map(([a, b]) => a + b)) },
  { weight: 2, arbitrary: bytes(anyByte) },
  { weight: 2, arbitrary: anyBytes },
  { weight: 3, arbitrary: anyText },
  {
    weight: 2,
    arbitrary: bytes(
      fc.tuple(word, fc.constantFrom(...sequences)).map(([a, b]) => Buffer.from(a).toString('latin1') + b),
    ),
  },
  { weight: 2, arbitrary: bytes(fc.constantFrom(...sequences)) },
  { weight: 2, arbitrary: longName },
  { weight: 1, arbitrary: text(fc.constantFrom(...nearlyOurs)) },
  { weight: 1, arbitrary: text(fc.constantFrom(...ourNames)) },
);

const directory: Component = fc.oneof(
  { weight: 5, arbitrary: text(fc.nat(40).map((number) => `d${number}`)) },
  { weight: 3, arbitrary: component },
);

/** Around the number of bytes that are safe in a path, and far beyond it, beyond PATH_MAX too. */
const longPath = fc
  .tuple(
    fc.integer({ min: 1, max: 254 }),
    fc.oneof(fc.integer({ min: 1000, max: 1040 }), fc.integer({ min: 1040, max: 4600 })),
    fc.nat(0xffff),
  )
  .map(([size, whole, tail]) => {
    const end = tail.toString(16);
    const path: string[] = [];
    // A separate tree for each size of component: such trees share their directories.
    for (let left = whole - end.length - 1; left > 0; left -= size + 1)
      path.push('p'.repeat(Math.min(size, left)));
    return [...path, end].map((each) => Buffer.from(each));
  });

const path: fc.Arbitrary<Buffer[]> = fc.oneof(
  { weight: 30, arbitrary: component.map((name) => [name]) },
  { weight: 60, arbitrary: fc.tuple(directory, component).map((all) => [...all]) },
  { weight: 30, arbitrary: fc.tuple(directory, directory, component).map((all) => [...all]) },
  { weight: 1, arbitrary: longPath },
);

/** A name as the disk has it, one character for each byte. */
export type RawName = string;

/** `count` names, all different; the same ones for the same seed. In the root of the cache none is one of our own state files. */
export function hostileNames(count: number, seed: number): RawName[] {
  const found = new Set<RawName>([beyondPathMax]);
  for (let round = 0; found.size < count; round += 1)
    for (const components of fc.sample(path, { numRuns: count, seed: seed + round })) {
      const name = Buffer.concat(components.flatMap((each, index) => (index === 0 ? [each] : [SLASH, each])));
      const raw = name.toString('latin1');
      if (!components.some(isNoName) && !OUR_STATE.test(raw) && found.size < count) found.add(raw);
    }
  return [...found];
}

/** Among the names of each day. */
const beyondPathMax = [...Array<string>(18).fill('q'.repeat(250)), 'q'].join('/');

const SLASH = Buffer.from('/');
/** In the root these are files that a pass itself opens. */
const OUR_STATE = /^\.xrootd-archive\.(lock|verified|staged|service|retention|catalogue)/;

const isNoName = (name: Buffer): boolean =>
  name.length === 0 ||
  name.length > 255 ||
  name.equals(Buffer.from('.')) ||
  name.equals(Buffer.from('..')) ||
  name.includes(0);

/** What must become of a record, said without the code that is tried. `ours`: the name of a temporary file of ours. */
export type Fate = 'carried' | 'refused' | 'ours';

/** @param base the path of the target on its server */
export function fateOf(name: RawName, base: string): Fate {
  const components = name.split('/');
  if (isOurs(name)) return 'ours';
  const raw = Buffer.from(name, 'latin1');
  if (!isUtf8(raw) || raw.includes('?')) return 'refused';
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f-\x9f]/.test(raw.toString())) return 'refused';
  if (components.some((each) => each.length > 254)) return 'refused';
  return base.replace(/\/*$/, '/').length + name.length > 1023 ? 'refused' : 'carried';
}

/** What is told of it: the record, or the directory that keeps it from being looked at. */
export function toldOf(name: RawName): RawName {
  const components = name.split('/');
  const last = components.findIndex((each) => !isUtf8(Buffer.from(each, 'latin1')));
  // Of what lies deeper than any record can, the first directory that is too deep.
  return components.slice(0, Math.min(last < 0 ? Infinity : last + 1, 513)).join('/');
}

/** The name as events and reports have it. */
export function printed(name: RawName): string {
  return name.split('/').map(printedComponent).join('/');
}

export const isOurs = (name: RawName): boolean => name.split('/').some((each) => each.startsWith(OURS));

function printedComponent(component: string): string {
  const raw = Buffer.from(component, 'latin1');
  const whole = isUtf8(raw) ? raw.toString() : component.replace(/[\x80-\xff]/g, hex);
  return whole
    .replace(/\p{Cc}/gu, hex)
    .replace(/[\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`);
}

const hex = (letter: string): string => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
