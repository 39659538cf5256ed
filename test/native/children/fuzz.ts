/**
 * fuzz <seed> <calls> <server> <directory>: calls everything that the addon exports with hostile arguments. What it calls is
 * what Object.entries() finds, and the methods of what the calls give back. Its last calls stand in <directory>/calls.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addon } from '../../../lib/addon/addon.js';
import { Fuzzer, type Callable, type Good } from './fuzz/calls.js';
import { Hostile } from './fuzz/hostile.js';
import { Random } from './fuzz/random.js';

const [seed = '1', calls = '1000', url = '', directory = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
mkdirSync(directory, { recursive: true });
// What hostile names are relative to.
process.chdir(directory);
const log = openSync(join(directory, 'calls'), 'w');
const file = join(directory, 'file');
writeFileSync(file, 'bytes of a file');
const fd = openSync(file, 'r+');

const callables: Callable[] = [];
const known = new Map<string, object[]>();
/** Their prototype is another class's: no good `this`. */
const strange = new WeakSet<object>();
let learning = true;

/** Its methods, if it is of a class that is new. */
function methodsOf(object: object): void {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || !Object.hasOwn(prototype, 'constructor')) return;
  const { name } = prototype.constructor as { name: string };
  // JavaScript's own.
  if (name in globalThis) return;
  const selves = known.get(name);
  if (selves !== undefined) {
    if (selves.length < 20) selves.push(object);
    return;
  }
  const objects = [object];
  known.set(name, objects);
  for (const method of Object.getOwnPropertyNames(prototype)) {
    const value = Object.getOwnPropertyDescriptor(prototype, method)?.value as unknown;
    if (typeof value !== 'function') continue;
    if (method === 'constructor') constructorOf(name, value as NewableFunction);
    else
      callables.push({
        name: `${name}.${method}`,
        selves: objects,
        call: (self, args) => Reflect.apply(value, self, args) as unknown,
      });
  }
}

function constructorOf(name: string, constructor: NewableFunction): void {
  const make = (args: unknown[], target: NewableFunction = constructor) => {
    const object = Reflect.construct(constructor, args, target) as object;
    if (target !== constructor) strange.add(object);
    return object;
  };
  const ways: ((args: unknown[]) => unknown)[] = [
    make,
    make,
    (args) => Reflect.apply(constructor, undefined, args) as unknown,
    (args) => Reflect.apply(constructor, random.of([...known.values()].flat()), args) as unknown,
    (args) => make(args, random.of<unknown>([Date, Map, addon.FileSystem, Array]) as NewableFunction),
    (args) =>
      make(
        args,
        class Sub extends (constructor as new () => object) {
          field = this.toString();
        },
      ),
  ];
  callables.push({
    name: `new ${name}`,
    selves: [],
    call: (_, args) => (learning ? make : random.of(ways))(args),
  });
}

for (const [name, value] of Object.entries(addon)) {
  if (typeof value !== 'function') throw new Error(`${name} is no function`);
  const prototype = (value as unknown as { prototype?: object }).prototype;
  const isClass = prototype !== undefined && Object.getOwnPropertyNames(prototype).length > 1;
  if (isClass) constructorOf(name, value);
  else
    callables.push({
      name,
      selves: [],
      call: (self, args) => Reflect.apply(value as () => unknown, self, args),
    });
}

let made = 0;
const texts = [
  () => url,
  () => `${url}//small`,
  () => `${url}//d/${(made += 1)}-${process.pid}`,
  () => '/small',
  () => '/d',
  () => file,
  () => join(directory, `file-${(made += 1)}`),
  () => 'adler32',
];
const text = () => random.of(texts)();
const good: Good = {
  'a string': text,
  'a URL': () => url,
  'a whole number': () => random.of([0, 1, 2, 3]),
  'milliseconds since the epoch': () => random.of([0, 1.5, 1e12]),
  'a file descriptor': () => fd,
  'a function': () => () => undefined,
  'an object': () => ({ source: text(), target: text(), parallelChunks: 2, chunkSize: 65_536 }),
  'an array of strings': () => Array.from({ length: random.below(4) }, text),
  'a checksum type': () => random.of(['adler32', 'md5', 'crc32', 'crc32c']),
  'an array of checksum types': () => random.of([[], ['adler32'], ['md5', 'crc32c']]),
  sums: () => addon.newSums(['md5']),
};

// Callbacks that throw are their own fault, and are told so. All else is ours.
process.on('uncaughtException', (error) => {
  if (
    error instanceof Hostile ||
    (error instanceof TypeError && /class constructors?|hostile|proxy/i.test(error.message))
  )
    return;
  process.stderr.write(`uncaught: ${error.stack ?? String(error)}\n`);
  process.exit(3);
});

let at = 0;
const fuzzer = new Fuzzer(
  random,
  good,
  callables,
  (what) => {
    // A ring: what came last is what counts.
    at = at > 100_000 ? 0 : at;
    at += writeSync(log, `${what}\n\n`, at) - 1;
  },
  (handle) => {
    if (!strange.has(handle)) methodsOf(handle);
  },
);

const collect = (globalThis as unknown as { gc?: () => void }).gc;
const shallow: string[] = [];
for (let i = 0; i < callables.length; i += 1) {
  const callable = callables[i] as Callable;
  if (!fuzzer.learn(callable)) shallow.push(callable.name);
}
learning = false;
for (let i = 0; i < Number(calls); i += 1) {
  fuzzer.callOne();
  if (random.chance(0.01)) fuzzer.takeBytes();
  if (random.chance(0.01)) collect?.();
  if (random.chance(0.02)) await new Promise(setImmediate);
  if (random.chance(0.001)) await sleep(5);
}
fuzzer.takeBytes();
closeSync(log);
process.stdout.write(JSON.stringify({ names: callables.map(({ name }) => name), shallow }));
process.exit(0);
