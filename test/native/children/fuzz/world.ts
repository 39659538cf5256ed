/** What is fuzzed, and what it is given: found out from the objects themselves. */
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addon } from '../../../../lib/addon/addon.js';
import type { Callable, Good } from './calls.js';
import type { Random } from './random.js';

type Constructor = new (...args: unknown[]) => object;

/** Functions, constructors and methods, those of objects that calls give back included. */
export class Callables {
  readonly list: Callable[] = [];
  /** Good ones only are made. */
  learning = true;
  readonly #random: Random;
  readonly #known = new Map<string, object[]>();
  /** Their prototype is another class's: no good `this`. */
  readonly #strange = new WeakSet<object>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** An export: a class, a function, or an object of functions. */
  add(name: string, value: unknown): void {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, member] of Object.entries(value)) this.add(`${name}.${key}`, member);
      return;
    }
    if (typeof value !== 'function') return;
    const prototype = (value as { prototype?: object }).prototype;
    const isClass = prototype !== undefined && Object.getOwnPropertyNames(prototype).length > 1;
    if (isClass) this.#addConstructor(name, value as Constructor);
    else
      this.list.push({ name, selves: [], call: (self, args) => Reflect.apply(value, self, args) as unknown });
  }

  /** An object that a call gave back: its methods, if it is of a class that is new. */
  found(object: object): void {
    const prototype = Object.getPrototypeOf(object) as object | null;
    if (prototype === null || this.#strange.has(object) || !Object.hasOwn(prototype, 'constructor')) return;
    const { name } = prototype.constructor as { name: string };
    // JavaScript's own, or nobody's.
    if (name === '' || name in globalThis) return;
    const selves = this.#known.get(name);
    if (selves !== undefined) {
      if (selves.length < 20) selves.push(object);
      return;
    }
    const objects = [object];
    this.#known.set(name, objects);
    for (const method of Object.getOwnPropertyNames(prototype)) {
      const value = Object.getOwnPropertyDescriptor(prototype, method)?.value as unknown;
      if (typeof value !== 'function') continue;
      if (method === 'constructor') this.#addConstructor(name, value as Constructor);
      else
        this.list.push({
          name: `${name}.${method}`,
          selves: objects,
          call: (self, args) => Reflect.apply(value, self, args) as unknown,
        });
    }
  }

  #addConstructor(name: string, constructor: Constructor): void {
    if (this.list.some((each) => each.name === `new ${name}`)) return;
    const random = this.#random;
    const make = (args: unknown[], target: Constructor = constructor) => {
      const object = Reflect.construct<unknown[], object>(constructor, args, target);
      if (target !== constructor) this.#strange.add(object);
      return object;
    };
    const ways: ((args: unknown[]) => unknown)[] = [
      make,
      make,
      (args) => Reflect.apply(constructor, undefined, args) as unknown,
      (args) => Reflect.apply(constructor, random.of([...this.#known.values()].flat()), args) as unknown,
      (args) => make(args, random.of([Date, Map, addon.FileSystem, Array] as unknown as Constructor[])),
      (args) =>
        make(
          args,
          class extends constructor {
            field = Object.prototype.toString.call(this);
          },
        ),
    ];
    this.list.push({
      name: `new ${name}`,
      selves: [],
      call: (_, args) => (this.learning ? make : random.of(ways))(args),
    });
  }
}

/**
 * @param server has the file `<directory>/small` and the directory `<directory>/d`: a path means the same there and here, and no
 * mistake leads out of the directory
 */
export function goodValues(random: Random, server: string, directory: string): Good {
  const deep = join(directory, 'deep', 'er');
  mkdirSync(deep, { recursive: true });
  // What hostile names are relative to.
  process.chdir(deep);
  const file = join(directory, 'file');
  writeFileSync(file, 'bytes of a file');
  const fd = openSync(file, 'r+');
  let made = 0;
  const texts = [
    () => server,
    () => `${server}/${directory}/small`,
    () => `${server}/${directory}/d/${(made += 1)}`,
    () => join(directory, 'small'),
    () => join(directory, 'd'),
    () => file,
    () => join(directory, `file-${(made += 1)}`),
    () => 'adler32',
  ];
  const text = () => random.of(texts)();
  return {
    'a string': text,
    'a URL': () => server,
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
}
