/** Values that no caller should give, and that must do no harm. */
import { types } from 'node:util';
import type { Random } from './random.js';

/** What hostile getters, traps and callbacks throw. */
export class Hostile extends Error {
  constructor() {
    super('hostile');
  }
}

/** What values do in the middle of a call: call the addon again, take bytes away, change another argument. */
export interface Mischief {
  reenter: () => void;
  /** Empties all buffers that were given so far. */
  takeBytes: () => void;
  /** Objects that calls gave back. */
  handles: readonly object[];
  /** Length of the longest array: JavaScript's own methods look at all of it. */
  longest: number;
}

const numbers = [NaN, -0, 0.5, -1, -2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53, -(2 ** 53), 1e300, -1e300];
const texts = ['', 'a\0b', '\ud800', '%00', '\n', '?#&', '*', 'root://', 'root://127.0.0.1:1//x'];
const throwing = () => {
  throw new Hostile();
};

/** Bytes that somebody may take away. */
export function someBytes(random: Random, size: number): ArrayBufferView {
  const buffer = random.of([
    () => new ArrayBuffer(size),
    () => new SharedArrayBuffer(size),
    () => resizable(size),
  ])();
  const kind = random.of<new (of: ArrayBuffer) => ArrayBufferView>([
    ...[Uint8Array, Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Float64Array, DataView],
  ]);
  return new kind(buffer as ArrayBuffer);
}

function resizable(size: number): ArrayBuffer {
  const Buffer_ = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer;
  return new Buffer_(size, { maxByteLength: size * 2 });
}

/** Shrinks or detaches what the bytes lie in, if that can be done. */
export function takeAway({ buffer }: ArrayBufferView): void {
  const { resizable: shrinks, resize } = buffer as unknown as {
    resizable?: boolean;
    resize?: (length: number) => void;
  };
  if (shrinks === true) resize?.call(buffer, 0);
  else if (buffer instanceof ArrayBuffer && buffer.byteLength > 0)
    structuredClone(buffer, { transfer: [buffer] });
}

function detached(random: Random): ArrayBufferView {
  const bytes = someBytes(random, 64);
  takeAway(bytes);
  return bytes;
}

/** An array whose elements do something when they are read. */
function trapped(random: Random, mischief: Mischief): unknown[] {
  const array: unknown[] = ['adler32', 'x', 'y'];
  const get = random.of([
    throwing,
    () => {
      array.length = 0;
      return 'adler32';
    },
    () => {
      mischief.takeBytes();
      return 'adler32';
    },
    () => {
      mischief.reenter();
      return 'adler32';
    },
  ]);
  Object.defineProperty(array, random.below(3), { get });
  return array;
}

function proxy(random: Random, mischief: Mischief, target: object): object {
  if (random.chance(0.2)) {
    const { proxy: revoked, revoke } = Proxy.revocable(target, {});
    revoke();
    return revoked;
  }
  const inform = random.of([throwing, mischief.reenter, mischief.takeBytes]);
  const handler: ProxyHandler<object> = {
    get: (of, name, self) => (inform(), Reflect.get(of, name, self) as unknown),
    ownKeys: (of) => (inform(), Reflect.ownKeys(of)),
    has: (of, name) => (inform(), Reflect.has(of, name)),
    getPrototypeOf: (of) => (inform(), Reflect.getPrototypeOf(of)),
    getOwnPropertyDescriptor: (of, name) => (inform(), Reflect.getOwnPropertyDescriptor(of, name)),
  };
  return new Proxy(target, handler);
}

function converted(random: Random, mischief: Mischief): object {
  const convert = random.of([throwing, () => ({}), () => (mischief.reenter(), 5), () => Symbol('no text')]);
  return { toString: convert, valueOf: convert, [Symbol.toPrimitive]: convert };
}

/** Callbacks that misbehave. */
export function hostileFunction(random: Random, mischief: Mischief): unknown {
  return random.of<() => unknown>([
    () => throwing,
    () => mischief.reenter,
    () => mischief.takeBytes,
    () => Map,
    () => throwing.bind(undefined),
    () => proxy(random, mischief, () => undefined),
    () => () => Promise.resolve(),
    () => function* generator() {},
  ])();
}

/** Somebody else's native object, which isn't the addon's. */
function foreign(): unknown {
  const { _handle } = process.stdout as unknown as { _handle?: { _externalStream?: unknown } };
  return _handle?._externalStream ?? process;
}

/** Node.js 24 and 26 crash on `Object.create(external)`, whosever external it is: a fault of V8. */
const canBePrototype = (value: object) => !types.isExternal(value);

export function hostile(random: Random, mischief: Mischief): unknown {
  return random.of<() => unknown>([
    () => random.of(numbers),
    () => random.of([Infinity, -Infinity]),
    () => random.of([1n, -1n, 2n ** 64n, 2n ** 4096n]),
    () => random.of(texts),
    () => 'x'.repeat(random.of([300, 5000, 100_000])),
    () => random.of([undefined, null, true, false, Symbol('s')]),
    () => random.of([{}, [], [1], [undefined], new Date(NaN), /x/, new Map(), globalThis]),
    () => new Array(random.of([1, 1000, mischief.longest])) as unknown,
    () => new Array<string>(2000).fill(random.of(texts)),
    () => trapped(random, mischief),
    () => proxy(random, mischief, random.of([{}, [], ['adler32'], () => undefined, new Uint8Array(8)])),
    () => proxy(random, mischief, random.of([...mischief.handles, {}])),
    () => converted(random, mischief),
    () => ({ source: converted(random, mischief), target: random.of(texts) }),
    () => ({
      source: random.of(texts),
      chunkSize: random.of(numbers),
      get target() {
        return throwing();
      },
    }),
    () => hostileFunction(random, mischief),
    () => someBytes(random, 64),
    () => detached(random),
    () => random.of([...mischief.handles, {}]),
    () => Object.create(random.of([...mischief.handles.filter(canBePrototype), {}])) as object,
    foreign,
  ])();
}
