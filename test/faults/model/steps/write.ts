/** Programs that know nothing of us write into the cache. */
import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { bytesOf, content } from '../content.js';
import { cache, name, pick, picked } from '../names.js';
import { step, type AnyStep } from '../step.js';
import type { Truth } from '../truth.js';
import type { World } from '../world.js';

/** What a program may run into: names that are directories, below files, or links that lead nowhere. */
const IN_THE_WAY = new Set([
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ENOENT',
  'ENOTEMPTY',
  'EINVAL',
  'ENAMETOOLONG',
  'ELOOP',
]);

/** A user's program does something in a cache; what it leaves is what the user wants. */
export function byUser(world: World, truth: Truth, index: number, act: (root: string) => void): void {
  try {
    act(world.caches[index]!);
  } catch (error) {
    if (!IN_THE_WAY.has(String((error as NodeJS.ErrnoException).code)) && !truth.trouble) throw error;
  }
  truth.adopt(index, world.looker.tree(world.caches[index]!));
}

const one = fc.record({ cache, pick });
type One = { cache: number; pick: number };

/** A record that is there. */
function nameOf(truth: Truth, { cache, pick }: One): string {
  return picked(truth.local[cache]!.keys(), pick)!;
}

const ready = (truth: Truth, { cache }: { cache: number }) => truth.local[cache]!.size > 0;

/** Writes bytes into the file that is there, from this offset. */
export function store(path: string, bytes: Uint8Array, at: number): void {
  const fd = openSync(path, 'r+');
  try {
    writeSync(fd, bytes, 0, bytes.byteLength, at);
  } finally {
    closeSync(fd);
  }
}

export const written: AnyStep[] = [
  step({
    name: 'write',
    weight: 20,
    args: fc.record({ cache, name, content }),
    run(world, truth, { cache, name, content }) {
      byUser(world, truth, cache, (root) => {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), bytesOf(content));
      });
    },
  }),
  step({
    name: 'replace',
    weight: 10,
    args: fc.record({ cache, name, content }),
    run(world, truth, { cache, name, content }) {
      byUser(world, truth, cache, (root) => {
        const path = join(root, name);
        mkdirSync(dirname(path), { recursive: true });
        const beside = join(world.directory, 'beside');
        writeFileSync(beside, bytesOf(content));
        renameSync(beside, path);
      });
    },
  }),
  step({
    name: 'rewrite',
    weight: 10,
    args: fc.record({ cache, pick, seed: fc.nat(255), timeBack: fc.boolean() }),
    ready,
    run(world, truth, { seed, timeBack, ...which }) {
      byUser(world, truth, which.cache, (root) => {
        const path = join(root, nameOf(truth, which));
        const { size, atimeMs, mtimeMs } = statSync(path);
        store(path, Buffer.alloc(Math.min(size, 16), seed), Math.floor(size / 2));
        if (size > 0) truncateSync(path, size);
        if (timeBack) utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
      });
    },
  }),
  step({
    name: 'append',
    weight: 8,
    args: fc.record({ cache, pick, content }),
    ready,
    run(world, truth, { content, ...which }) {
      byUser(world, truth, which.cache, (root) =>
        appendFileSync(join(root, nameOf(truth, which)), bytesOf(content)),
      );
    },
  }),
  step({
    name: 'truncate',
    weight: 5,
    args: fc.record({ cache, pick, to: fc.nat(100) }),
    ready,
    run(world, truth, { to, ...which }) {
      byUser(world, truth, which.cache, (root) => {
        const path = join(root, nameOf(truth, which));
        truncateSync(path, Math.floor((statSync(path).size * to) / 100));
      });
    },
  }),
  step({
    name: 'rename',
    weight: 8,
    args: fc.record({ cache, pick, name }),
    ready,
    run(world, truth, { name, ...which }) {
      byUser(world, truth, which.cache, (root) => {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        renameSync(join(root, nameOf(truth, which)), join(root, name));
      });
    },
  }),
  step({
    name: 'link',
    weight: 4,
    args: fc.record({ cache, pick, name }),
    ready,
    run(world, truth, { name, ...which }) {
      byUser(world, truth, which.cache, (root) => {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        linkSync(join(root, nameOf(truth, which)), join(root, name));
      });
    },
  }),
  step({
    name: 'delete',
    weight: 8,
    args: one,
    ready,
    run(world, truth, which) {
      byUser(world, truth, which.cache, (root) => rmSync(join(root, nameOf(truth, which))));
    },
  }),
];
