/** Disks are full, out of inodes or read-only; directories and files may not be changed. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CATALOGUE_NAME } from '../../../../lib/catalogue/place.js';
import { unchangeable, type DiskFault } from '../../../support/failing_disk.js';
import { picked } from '../names.js';
import type { AnyStep } from '../step.js';
import { byte, troubleOf, underFault } from '../trouble.js';

/** The model's others read the catalogue, or make directories, before their job begins. */
const jobs = ['put', 'backup'];

/** Of requests; undefined: before the job begins. */
const at = fc.option(byte, { nil: undefined });
const FAULTS: Record<'ours' | 'servers', DiskFault[]> = {
  ours: ['full', 'nearly full', 'no inodes', 'read-only'],
  // A read-only one shows a server what a directory shows that it may not write to.
  servers: ['full', 'nearly full', 'no inodes'],
};

function disk(whose: 'ours' | 'servers', weight: number): AnyStep {
  return underFault({
    ...{ name: whose === 'ours' ? 'disk: ours' : "disk: the server's", weight, jobs },
    fault: fc.record({ fault: fc.constantFrom(...FAULTS[whose]), at }),
    begin(world, { fault, at }) {
      const trouble = troubleOf(world);
      const failing = trouble[whose];
      if (failing === undefined) return undefined;
      if (at === undefined) failing.fail(fault);
      else trouble.line.arm({ kind: 'act', direction: 'requests', at, act: () => failing.fail(fault) });
      return () => {
        trouble.line.disarm();
        failing.mend();
      };
    },
  });
}

export const diskFaults: AnyStep[] = [
  disk('ours', 4),
  disk('servers', 3),
  underFault({
    ...{ name: 'may not change: our directories or catalogue', weight: 2, jobs },
    fault: fc.record({ pick: fc.nat(99) }),
    begin(world, { pick }) {
      const places = [...world.caches, ...world.restores, world.online].flatMap((directory) => [
        directory,
        ...readdirSync(directory, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.xrootd-archive.'))
          .map(({ name }) => join(directory, name)),
      ]);
      const catalogues = world.caches.map((cache) => join(cache, CATALOGUE_NAME)).filter(existsSync);
      return unchangeable(picked([...places, ...catalogues], pick)!);
    },
  }),
];
