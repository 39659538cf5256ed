/** What isn't a record: directories, links, files that nobody may read. */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { cache, name, pick, picked } from '../names.js';
import { step, type AnyStep } from '../step.js';
import { byUser } from './write.js';

const ready = (truth: { local: readonly Map<string, string>[] }, { cache }: { cache: number }) =>
  truth.local[cache]!.size > 0;

export const odd: AnyStep[] = [
  step({
    name: 'mkdir',
    weight: 2,
    args: fc.record({ cache, name }),
    run(world, truth, { cache, name }) {
      byUser(world, truth, cache, (root) => mkdirSync(join(root, name), { recursive: true }));
    },
  }),
  step({
    name: 'symlink',
    weight: 1,
    args: fc.record({ cache, name, to: name }),
    run(world, truth, { cache, name, to }) {
      byUser(world, truth, cache, (root) => {
        mkdirSync(dirname(join(root, name)), { recursive: true });
        symlinkSync(join(root, to), join(root, name));
      });
    },
  }),
  step({
    name: 'unlink odd ones',
    weight: 2,
    args: fc.record({ cache, pick }),
    run(world, truth, { cache, pick }) {
      const links = [...world.looker.tree(world.caches[cache]!)].filter(([, { hash }]) =>
        hash.startsWith('link:'),
      );
      const [path] = picked(links, pick) ?? [];
      if (path !== undefined) byUser(world, truth, cache, (root) => rmSync(join(root, path)));
    },
  }),
  step({
    name: 'chmod',
    weight: 2,
    args: fc.record({ cache, pick, mode: fc.constantFrom(0, 0o400, 0o644) }),
    ready,
    run(world, truth, { cache, pick, mode }) {
      byUser(world, truth, cache, (root) =>
        chmodSync(join(root, picked(truth.local[cache]!.keys(), pick)!), mode),
      );
    },
  }),
];
