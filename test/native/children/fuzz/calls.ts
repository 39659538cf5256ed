/**
 * Calls whatever functions it is given without knowing them. What arguments a function of the addon takes it learns from the
 * errors: "argument 2 must be a function". So most calls get past the first look at their arguments, and one or two are hostile.
 */
import { inspect } from 'node:util';
import { isOfHostiles, type Diary } from './diary.js';
import { hostile, hostileFunction, someBytes, takeAway, type Mischief } from './hostile.js';
import type { Random } from './random.js';
import type { Callables } from './world.js';

/** Makes good values, by the words of the addon's errors. */
export type Good = Record<string, (random: Random) => unknown>;

export interface Callable {
  name: string;
  call: (self: unknown, args: unknown[]) => unknown;
  /** Good ones for `this`, if it is a method. */
  selves: readonly object[];
}

const wanted = /^argument (\d+) must be (.+?)(?: (?:without|that|from) .*)?$/;
/** Most arguments that anything takes. */
const most = 12;
const mostBytes = 10_000_000;

export class Fuzzer {
  /** Of each function: words for its arguments. */
  readonly #learned = new Map<string, Map<number, string>>();
  readonly #handles: object[] = [];
  readonly #given = new Set<ArrayBufferView>();
  #depth = 0;
  readonly #mischief: Mischief = {
    handles: this.#handles,
    longest: 2 ** 32 - 1,
    reenter: () => {
      if (this.#depth < 3) this.callOne();
    },
    takeBytes: () => {
      this.takeBytes();
    },
  };

  /**
   * @param guess makes up arguments, instead of those that it has learned
   * @param onResult gets what a call returned that is more than a value
   */
  constructor(
    readonly random: Random,
    readonly good: Good,
    readonly callables: Callables,
    readonly diary: Diary,
    readonly guess?: (mischief: Mischief) => unknown[],
    readonly onResult: (name: string, value: object) => void = () => undefined,
  ) {
    if (guess !== undefined) this.#mischief.longest = 10_000;
  }

  takeBytes(): void {
    for (const bytes of this.#given) takeAway(bytes);
    this.#given.clear();
  }

  callOne(): void {
    const { random } = this;
    this.#depth += 1;
    try {
      this.#call(random.of(this.callables.list), random.chance(0.3) ? 0 : 1 + random.below(2));
    } finally {
      this.#depth -= 1;
    }
  }

  /** Until a call isn't refused. */
  learn(callable: Callable): boolean {
    for (let tries = 0; tries < 200; tries += 1) if (this.#call(callable, 0)) return true;
    return false;
  }

  #call(callable: Callable, hostiles: number): boolean {
    const { random } = this;
    const { name, selves } = callable;
    const args = this.guess?.(this.#mischief) ?? this.#argumentsOf(name, hostiles);
    const wrongSelf = hostiles > 0 && random.chance(0.1);
    const self = wrongSelf
      ? hostile(random, this.#mischief)
      : selves.length > 0
        ? random.of(selves)
        : undefined;
    this.diary.write(`${name}(${args.map(shown).join(', ')})`);
    try {
      this.#keep(name, callable.call(self, args));
      return true;
    } catch (error) {
      this.#refused(name, error);
      return false;
    }
  }

  #argumentsOf(name: string, hostiles: number): unknown[] {
    const { random } = this;
    const learned = this.#learned.get(name) ?? new Map<number, string>();
    const count = Math.max(-1, ...learned.keys()) + 1;
    const args = Array.from({ length: count }, (_, i) => this.#goodOne(learned.get(i)));
    if (hostiles === 0) return args;
    for (let i = 0; i < hostiles; i += 1) args[random.below(count + 1)] = hostile(random, this.#mischief);
    return random.chance(0.1) ? args.slice(0, random.below(most)) : args;
  }

  #goodOne(word: string | undefined): unknown {
    const { random } = this;
    if (word === undefined) return random.of([undefined, true, false]);
    if (word === 'a function' && random.chance(0.3)) return hostileFunction(random, this.#mischief);
    if (word === 'bytes') return this.someBytes();
    const make = this.good[word];
    if (make === undefined) throw new Error(`test/native/children/fuzz/world.ts: what is ${word}?`);
    return make(random);
  }

  /** Bytes that will be taken away later. */
  someBytes(): ArrayBufferView {
    const { random } = this;
    const size = random.chance(0.1) ? mostBytes : 1000;
    const bytes = random.chance(0.5) ? someBytes(random, random.below(size / 8) * 8) : new Uint8Array(10);
    this.#given.add(bytes);
    return bytes;
  }

  #keep(name: string, value: unknown): void {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject) {
      if (this.#handles.length < 50) this.#handles.push(value);
      else this.#handles[this.random.below(50)] = value;
      this.callables.found(value);
    }
    if (isObject || typeof value === 'function') this.onResult(name, value);
  }

  /** Refusing is right; but only with an error, and with a reason. */
  #refused(name: string, error: unknown): void {
    if (isOfHostiles(error)) return;
    if (!(error instanceof Error)) throw new Error(`${name} threw ${String(error)}`);
    const [, index, word] = wanted.exec(error.message) ?? [];
    if (index !== undefined && word !== undefined) {
      if (Number(index) >= most) throw new Error(`${name}: no such argument: ${error.message}`);
      const learned = this.#learned.get(name) ?? new Map<number, string>();
      learned.set(Number(index), word);
      this.#learned.set(name, learned);
    }
    if (error instanceof TypeError || error instanceof RangeError || this.guess !== undefined) return;
    throw new Error(`${name} threw no TypeError: ${error.message}`, { cause: error });
  }
}

function shown(value: unknown): string {
  try {
    return inspect(value, { depth: 0, showProxy: true }).slice(0, 60);
  } catch {
    return typeof value;
  }
}
