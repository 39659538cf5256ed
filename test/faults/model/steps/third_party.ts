/** Somebody else is at work on the server's disk: with the same times or others, with or without the stored checksum. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { bytesOf, content } from '../content.js';
import { name, pick, picked } from '../names.js';
import { step, type AnyStep } from '../step.js';
import type { Truth } from '../truth.js';
import type { World } from '../world.js';
import { store } from './write.js';

/** A file in the disk buffer, and one on tape only: what a third party can do to it differs. */
function online(world: World, index: number): string | undefined {
  return picked(
    [...world.remote()].filter(([, { offline }]) => !offline),
    index,
  )?.[0];
}

/**
 * Changes a file of the server, and tells the truth how well that can be seen: by size and second, and by the checksum that the
 * server has stored with it.
 */
function change(
  world: World,
  truth: Truth,
  path: string,
  { timeBack, keepsSum }: { timeBack: boolean; keepsSum: boolean },
  act: (file: string) => void,
): void {
  const file = world.sandbox.diskPath(path);
  const onTape = world.remote().get(path)?.tape !== undefined;
  const was = statSync(file);
  act(file);
  if (timeBack) utimesSync(file, was.atimeMs / 1000, was.mtimeMs / 1000);
  const is = statSync(file);
  const quiet = was.size === is.size && Math.floor(was.mtimeMs / 1000) === Math.floor(is.mtimeMs / 1000);
  // What tape has of it is another file then, with the same size and second, and the flags say nothing of that.
  truth.harmed(path, { quiet, unseen: quiet && (keepsSum || onTape), tape: quiet && onTape });
}

const how = fc.record({ pick, seed: fc.nat(255), timeBack: fc.boolean() });

export const byOthers: AnyStep[] = [
  step({
    name: 'others rewrite',
    weight: 3,
    args: how,
    run(world, truth, { pick, seed, timeBack }) {
      const path = online(world, pick);
      if (path === undefined) return;
      // In place: the inode keeps the checksum that the server stored with it.
      change(world, truth, path, { timeBack, keepsSum: true }, (file) => {
        const { size } = statSync(file);
        store(file, Buffer.alloc(Math.min(size, 16), seed), Math.floor(size / 2));
        truncateSync(file, size);
      });
    },
  }),
  step({
    name: 'others truncate',
    weight: 3,
    args: fc.record({ pick, to: fc.constantFrom(0, 10, 50, 90), timeBack: fc.boolean() }),
    run(world, truth, { pick, to, timeBack }) {
      const path = online(world, pick);
      if (path === undefined) return;
      change(world, truth, path, { timeBack, keepsSum: true }, (file) =>
        truncateSync(file, Math.floor((statSync(file).size * to) / 100)),
      );
    },
  }),
  step({
    name: 'others replace',
    weight: 3,
    args: fc.record({ pick, content, sameSize: fc.boolean(), timeBack: fc.boolean() }),
    run(world, truth, { pick, content, sameSize, timeBack }) {
      const path = online(world, pick);
      if (path === undefined) return;
      // Another inode, without a stored checksum; its adler32 can be that of the file before, if both are twins.
      change(world, truth, path, { timeBack, keepsSum: content.kind === 'twin' }, (file) => {
        const size = sameSize ? statSync(file).size : content.size;
        const beside = join(dirname(file), '.beside');
        place(beside, bytesOf({ ...content, size }));
        renameSync(beside, file);
      });
    },
  }),
  step({
    name: 'others rename',
    weight: 2,
    args: fc.record({ pick, onto: pick }),
    run(world, truth, { pick, onto }) {
      const from = online(world, pick);
      const to = online(world, onto);
      if (from === undefined || to === undefined || from === to) return;
      change(world, truth, to, { timeBack: false, keepsSum: true }, (file) =>
        renameSync(world.sandbox.diskPath(from), file),
      );
      rmSync(world.sandbox.tapePath(from), { force: true });
      truth.gone(from);
    },
  }),
  step({
    name: 'others delete',
    weight: 8,
    args: fc.record({ pick }),
    run(world, truth, { pick }) {
      const path = picked(world.remote().keys(), pick);
      if (path === undefined) return;
      rmSync(world.sandbox.diskPath(path));
      rmSync(world.sandbox.tapePath(path), { force: true });
      truth.gone(path);
    },
  }),
  step({
    name: 'corrupt',
    weight: 3,
    args: fc.record({
      pick,
      copy: fc.constantFrom('disk' as const, 'tape' as const, 'both' as const),
      keepChecksums: fc.boolean(),
    }),
    async run(world, truth, { pick, copy, keepChecksums }) {
      const path = picked(world.remote().keys(), pick);
      if (path === undefined) return;
      const state = await world.sandbox.stateOf(path);
      if (state === undefined || state.size === 0) return;
      if ((copy === 'disk' && state.offline) || (copy === 'tape' && !state.onTape)) return;
      const unseen = keepChecksums || state.offline || (copy !== 'disk' && state.onTape);
      // Whichever copy it is: what tape has is another file than the one on disk from now on, and the flags say nothing of that.
      truth.harmed(path, { quiet: true, unseen, tape: state.onTape });
      await world.sandbox.corrupt(path, { copy, keepChecksums });
    },
  }),
  step({
    name: 'others make',
    weight: 3,
    args: fc.record({ name, content, directory: fc.constantFrom(false, false, false, true) }),
    run(world, truth, { name, content, directory }) {
      const file = world.sandbox.diskPath(name);
      if (existsSync(file) || !madeFor(file)) return;
      if (directory) mkdirSync(file);
      else place(file, bytesOf(content));
      if (directory) chmodSync(file, 0o777);
      rmSync(world.sandbox.tapePath(name), { force: true, recursive: true });
      truth.gone(name);
    },
  }),
];

/** A file as the server's own user would make it. */
function place(file: string, bytes: Uint8Array): void {
  writeFileSync(file, bytes);
  const { uid, gid } = statSync(dirname(file));
  chownSync(file, uid, gid);
}

/** False: a file is in the way. */
function madeFor(file: string): boolean {
  const parent = dirname(file);
  try {
    mkdirSync(parent, { recursive: true });
    chmodSync(parent, 0o777);
    return statSync(parent).isDirectory();
  } catch {
    return false;
  }
}
