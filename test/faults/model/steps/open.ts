/** Programs that keep a record open for writing, or mapped, for as long as they like: such a record may not go (S2). */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { cache, pick, picked } from '../names.js';
import { step, type AnyStep } from '../step.js';
import type { Truth } from '../truth.js';
import type { World } from '../world.js';

/** A program with a record in its hands. */
interface Writer {
  cache: number;
  ino: bigint;
  /** False: the program has died of it, and holds the record no longer. */
  store(byte: number): Promise<boolean> | boolean;
  close(): Promise<void> | void;
}

const writers = new WeakMap<World, Writer[]>();

function writersOf(world: World): Writer[] {
  let all = writers.get(world);
  if (all === undefined) {
    const made: Writer[] = [];
    all = made;
    writers.set(world, made);
    world.undo.push(async () => {
      for (const writer of made) await writer.close();
    });
  }
  return all;
}

/** Maps a file, closes its descriptor, and stores what it is told to; each line is answered when it is done. */
const mapper = `
import mmap, sys
file = open(sys.argv[1], 'r+b')
pages = mmap.mmap(file.fileno(), 0)
file.close()
pages[0:1] = pages[0:1]
print('mapped', flush=True)
for line in sys.stdin:
    pages[len(pages) // 2] = int(line)
    print('stored', flush=True)
`;

async function map(path: string): Promise<Omit<Writer, 'cache' | 'ino'>> {
  const child: ChildProcess & { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream } = spawn(
    'python3',
    ['-S', '-c', mapper, path],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  // Of the signal that a store beyond the end gives it, if the record was truncated meanwhile.
  const ended = once(child, 'exit').then(() => false);
  // By whole lines: an unbuffered Python writes the end of a line by itself.
  const lines = createInterface(child.stdout);
  const answered = () => Promise.race([once(lines, 'line').then(() => true), ended]);
  if (!(await answered())) throw new Error(`a program could not map ${path}`);
  return {
    store(byte) {
      const stored = answered();
      child.stdin.write(`${byte}\n`);
      return stored;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

function open(path: string): Omit<Writer, 'cache' | 'ino'> {
  const fd = openSync(path, 'r+');
  return {
    store: (byte) => writeSync(fd, Buffer.of(byte), 0, 1, Math.floor(fstatSync(fd).size / 2)) === 1,
    close: () => closeSync(fd),
  };
}

async function gone(world: World, writer: Writer): Promise<void> {
  await writer.close();
  const all = writersOf(world);
  all.splice(all.indexOf(writer), 1);
  if (!all.some(({ ino }) => ino === writer.ino)) world.written.delete(writer.ino);
}

const ready = (truth: Truth, { cache }: { cache: number }) => truth.local[cache]!.size > 0;

export const opened: AnyStep[] = [
  step({
    name: 'open',
    weight: 3,
    args: fc.record({ cache, pick, mapped: fc.constantFrom(false, false, false, true) }),
    ready,
    async run(world, truth, { cache, pick, mapped }) {
      const all = writersOf(world);
      const path = join(world.caches[cache]!, picked(truth.local[cache]!.keys(), pick)!);
      const seen = world.looker.file(path);
      if (all.length >= 3 || seen === undefined) return;
      const writer = mapped && seen.size > 0 ? await map(path) : open(path);
      all.push({ cache, ino: seen.ino, ...writer });
      world.written.add(seen.ino);
      truth.adopt(cache, world.looker.tree(world.caches[cache]!));
    },
  }),
  step({
    name: 'store',
    weight: 6,
    args: fc.record({ pick, byte: fc.nat(255) }),
    async run(world, truth, { pick, byte }) {
      const writer = picked(writersOf(world), pick);
      if (writer === undefined) return;
      if (!(await writer.store(byte))) await gone(world, writer);
      truth.adopt(writer.cache, world.looker.tree(world.caches[writer.cache]!, 'anew'));
    },
  }),
  step({
    name: 'close',
    weight: 3,
    args: fc.record({ pick }),
    async run(world, _truth, { pick }) {
      const writer = picked(writersOf(world), pick);
      if (writer !== undefined) await gone(world, writer);
    },
  }),
];
