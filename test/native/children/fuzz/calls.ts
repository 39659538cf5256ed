/**
 * Calls whatever functions it is given without knowing them. What arguments a function takes it learns from the errors:
 * "argument 2 must be a function". So most calls get past the first look at their arguments, and one or two are hostile.
 */
import { Hostile, hostile, hostileFunction, someBytes, takeAway, type Mischief } from './hostile.js';
import type { Random } from './random.js';

/** Makes good values, by the words of the addon's errors. */
export type Good = Record<string, (random: Random) => unknown>;

export interface Callable {
  name: string;
  call: (self: unknown, args: unknown[]) => unknown;
  /** A good `this`, if it is a method. */
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
  readonly #found: (handle: object) => void;
  readonly #given = new Set<ArrayBufferView>();
  #depth = 0;
  readonly #mischief: Mischief;
  /** How many calls weren't refused, by name. */
  readonly accepted = new Map<string, number>();

  /** @param found is told of each native object that a call gives back */
  constructor(
    readonly random: Random,
    readonly good: Good,
    readonly callables: readonly Callable[],
    readonly say: (what: string) => void,
    found: (handle: object) => void,
  ) {
    this.#found = found;
    this.#mischief = {
      handles: this.#handles,
      reenter: () => {
        if (this.#depth < 3) this.callOne();
      },
      takeBytes: () => {
        this.takeBytes();
      },
    };
  }

  takeBytes(): void {
    for (const bytes of this.#given) takeAway(bytes);
    this.#given.clear();
  }

  callOne(): void {
    const { random } = this;
    const callable = random.of(this.callables);
    this.#depth += 1;
    try {
      const hostiles = random.chance(0.3) ? 0 : 1 + random.below(2);
      this.#call(callable, hostiles);
    } finally {
      this.#depth -= 1;
    }
  }

  /** Until it has a call that isn't refused, or learns no more. */
  learn(callable: Callable): boolean {
    for (let tries = 0; tries < 200; tries += 1) if (this.#call(callable, 0)) return true;
    return false;
  }

  #call(callable: Callable, hostiles: number): boolean {
    const { random } = this;
    const args = this.#argumentsOf(callable, hostiles);
    const wrongSelf = hostiles > 0 && random.chance(0.1);
    const self = wrongSelf
      ? hostile(random, this.#mischief)
      : random.of([...callable.selves, undefined].slice(0, callable.selves.length || 1));
    this.say(`${callable.name}(${args.map(shown).join(', ')})`);
    try {
      const value = callable.call(self, args);
      this.accepted.set(callable.name, (this.accepted.get(callable.name) ?? 0) + 1);
      this.#keep(value);
      return true;
    } catch (error) {
      this.#refused(callable, error);
      return false;
    }
  }

  #argumentsOf({ name }: Callable, hostiles: number): unknown[] {
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
    if (word === undefined) return random.of([undefined, true, false, 5, 'x']);
    if (word === 'a function' && random.chance(0.3)) return hostileFunction(random, this.#mischief);
    if (word === 'bytes') {
      const size = random.chance(0.1) ? mostBytes : 1000;
      const bytes = random.chance(0.5) ? someBytes(random, random.below(size / 8) * 8) : new Uint8Array(10);
      this.#given.add(bytes);
      return bytes;
    }
    const make = this.good[word];
    if (make === undefined) throw new Error(`test/native/children/fuzz.ts: what is ${word}?`);
    return make(random);
  }

  #keep(value: unknown): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    if (this.#handles.length < 50) this.#handles.push(value);
    else this.#handles[this.random.below(50)] = value;
    this.#found(value);
  }

  /** Refusing is right; but only with an error, and with a reason. */
  #refused({ name }: Callable, error: unknown): void {
    if (error instanceof Hostile) return;
    if (!(error instanceof Error)) throw new Error(`${name} threw ${String(error)}`);
    const [, index, word] = wanted.exec(error.message) ?? [];
    if (index !== undefined && word !== undefined) {
      if (Number(index) >= most) throw new Error(`${name}: no such argument: ${error.message}`);
      const learned = this.#learned.get(name) ?? new Map<number, string>();
      learned.set(Number(index), word);
      this.#learned.set(name, learned);
    }
    if (error instanceof TypeError || error instanceof RangeError) return;
    throw new Error(`${name} threw no TypeError: ${error.message}`, { cause: error });
  }
}

function shown(value: unknown): string {
  try {
    const text =
      typeof value === 'string'
        ? JSON.stringify(value)
        : typeof value === 'object' && value !== null
          ? Object.prototype.toString.call(value)
          : String(value);
    return text.slice(0, 60);
  } catch {
    return typeof value;
  }
}
