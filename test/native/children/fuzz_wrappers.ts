/**
 * fuzz_wrappers <seed> <calls> <server> <directory>: as fuzz, of all that lib/xrdcl and lib/posix export. What they take
 * nobody tells, so it is guessed; what they return is waited for, for a while.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as posix from '../../../lib/posix/index.js';
import * as xrdcl from '../../../lib/xrdcl/index.js';
import { Fuzzer } from './fuzz/calls.js';
import { Diary, isOfHostiles } from './fuzz/diary.js';
import { hostile, type Mischief } from './fuzz/hostile.js';
import { Random } from './fuzz/random.js';
import { Callables, goodValues } from './fuzz/world.js';

const [seed = '1', calls = '1000', url = '', directory = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
const diary = new Diary(directory);
const callables = new Callables(random);
for (const [name, value] of Object.entries({ ...posix, ...xrdcl })) callables.add(name, value);
callables.learning = false;
for (const object of [
  new xrdcl.FileSystem(url),
  new xrdcl.CopyProcess(),
  new xrdcl.RateLimit(2 ** 20),
  new posix.RunningSums(['md5']),
])
  callables.found(object);
const good = goodValues(random, url, directory);

/** Names of options and fields that anything here knows. */
const fields: Record<string, () => unknown> = {
  ...Object.fromEntries(
    ['source', 'target', 'root', 'temporary', 'name', 'path', 'id'].map((name) => [name, good['a string']]),
  ),
  ...Object.fromEntries(
    ['timeout', 'mode', 'sizeHint', 'parallel', 'chunkSize', 'fd', 'offset', 'length', 'mtime', 'size'].map(
      (name) => [name, () => random.of([0, 1, 5, 4096, 0o644])],
    ),
  ),
  ...Object.fromEntries(
    ['force', 'sync', 'fsync', 'overwrite', 'stat', 'parents', 'deep', 'heldUp', 'complete'].map((name) => [
      name,
      () => random.chance(0.5),
    ]),
  ),
  ...Object.fromEntries(['onProgress', 'onJobStart', 'onJobEnd'].map((name) => [name, good['a function']])),
  fd: () => good['a file descriptor']?.(random),
  parent: () => '',
  type: () => random.of(['adler32', 'md5']),
  checksumTypes: () => ['adler32'],
  signal,
  rateLimit: () => random.of([undefined, new xrdcl.RateLimit(2 ** 20)]),
};

/** One that aborts at some time, or that is none. */
function signal(): unknown {
  const controller = new AbortController();
  if (random.chance(0.5))
    setTimeout(() => {
      controller.abort();
    }, random.below(20));
  else if (random.chance(0.2)) controller.abort();
  return random.of<() => unknown>([
    () => controller.signal,
    () => controller.signal,
    () => controller,
    () => new Proxy(controller.signal, {}),
    () => ({ aborted: false }),
    () => ({
      aborted: false,
      throwIfAborted: () => undefined,
      addEventListener: () => {
        throw new Error('hostile');
      },
    }),
  ])();
}

function options(mischief: Mischief): object {
  const names = Object.keys(fields).filter(() => random.chance(0.3));
  return Object.fromEntries(
    names.map((name) => [name, random.chance(0.1) ? hostile(random, mischief) : fields[name]?.()]),
  );
}

const goodOnes = Object.values(good);
function guess(mischief: Mischief): unknown[] {
  // As most of them take it: texts, then options.
  if (random.chance(0.5))
    return [...Array.from({ length: random.below(3) }, () => good['a string']?.(random)), options(mischief)];
  return Array.from({ length: random.below(6) }, () => {
    const choice = random.next();
    if (choice < 0.3) return options(mischief);
    if (choice < 0.35) return fuzzer.someBytes();
    if (choice < 0.7) return random.of(goodOnes)(random);
    return hostile(random, mischief);
  });
}

/** Errors that a caller can do nothing with are faults of ours. */
function judge(name: string, error: unknown): void {
  if (error instanceof ReferenceError || error instanceof SyntaxError)
    throw new Error(`${name} failed by a fault of its own`, { cause: error });
}

async function settled(name: string, value: object): Promise<void> {
  try {
    if (Symbol.asyncIterator in value) {
      for await (const each of value as AsyncIterable<unknown>)
        if (each === undefined || random.chance(0.3)) break;
    } else await (value as Promise<unknown>);
  } catch (error) {
    if (!isOfHostiles(error)) judge(name, error);
  }
}

const waiting = new Set<Promise<void>>();
const fuzzer: Fuzzer = new Fuzzer(random, good, callables, diary, guess, (name, value) => {
  if (typeof value === 'function') {
    (value as () => void)();
    return;
  }
  if (!('then' in value || Symbol.asyncIterator in value)) return;
  const end = settled(name, value).finally(() => waiting.delete(end));
  waiting.add(end);
});

for (let i = 0; i < Number(calls); i += 1) {
  fuzzer.callOne();
  if (random.chance(0.01)) fuzzer.takeBytes();
  if (random.chance(0.1)) await new Promise(setImmediate);
  if (random.chance(0.01)) await sleep(5);
}
await Promise.race([Promise.all(waiting), sleep(1000)]);
process.stdout.write(JSON.stringify({ names: callables.list.map(({ name }) => name), shallow: [] }));
process.exit(0);
