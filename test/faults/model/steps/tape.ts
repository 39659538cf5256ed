/** Tape does its work, or doesn't. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { SandboxError } from '../../../../lib/sandbox/index.js';
import { XRootDError } from '../../../../lib/xrdcl/index.js';
import { name, pick, picked } from '../names.js';
import { step, type AnyStep } from '../step.js';

export const byTape: AnyStep[] = [
  step({
    name: 'migrate',
    weight: 6,
    args: fc.constant({}),
    async run(world) {
      await world.sandbox.migrateAll();
    },
  }),
  step({
    name: 'evict',
    weight: 8,
    args: fc.record({ pick }),
    async run(world, _truth, { pick }) {
      const online = [...world.remote()].filter(([, { offline, tape }]) => tape !== undefined && !offline);
      const [path] = picked(online, pick) ?? [];
      if (path === undefined) return;
      if ((await world.sandbox.stateOf(path))?.onTape !== true) return;
      await world.sandbox.evict([path]).catch((error: unknown) => {
        // The server may not have closed it yet: then it stays where it is.
        if (error instanceof SandboxError && error.code === 'WrongState') return;
        // The robot asks for the checksum first, which xrootd 5.5 forgets once in a while; then it isn't evicted.
        if (!(error instanceof XRootDError) || error.code !== 'OperationExpired') throw error;
      });
    },
  }),
  step({
    name: 'recall',
    weight: 3,
    args: fc.record({ pick }),
    async run(world, _truth, { pick }) {
      const [path] =
        picked(
          [...world.remote()].filter(([, { offline }]) => offline),
          pick,
        ) ?? [];
      if (path === undefined) return;
      await world.sandbox.stage([path]);
      while ((await world.sandbox.stateOf(path))?.requested === true) await sleep(2);
    },
  }),
  step({
    name: 'lose the tape',
    weight: 1,
    args: fc.record({ pick }),
    run(world, truth, { pick }) {
      const onTape = [...world.remote()].filter(([, { tape }]) => tape !== undefined);
      const [path, remote] = picked(onTape, pick) ?? [];
      if (path === undefined || remote === undefined) return;
      truth.harmed(path, { tape: true });
      rmSync(world.sandbox.tapePath(path));
    },
  }),
  step({
    name: 'tape refuses',
    weight: 2,
    args: fc.record({ name, write: fc.boolean(), read: fc.boolean() }),
    run(_world, truth, { name, write, read }) {
      if (write) truth.notMigrated.add(name);
      else truth.notMigrated.delete(name);
      if (read) truth.notStaged.add(name);
      else truth.notStaged.delete(name);
    },
  }),
];
