/** The server dies, stands still, or comes back without its disk. */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { killAndLose } from '../../../support/lost_disk.js';
import { picked } from '../names.js';
import { step, type AnyStep } from '../step.js';
import { byte, troubleOf, underFault } from '../trouble.js';
import { bytesAt } from '../world.js';

const after = fc.record({ at: byte, milliseconds: fc.nat(1500) });

export const serverFaults: AnyStep[] = [
  underFault({
    ...{ name: 'server: killed in mid-job', weight: 3, fault: after },
    begin(world, { at, milliseconds }) {
      const { line } = troubleOf(world);
      let back: Promise<void> | undefined;
      const kill = async () => {
        const killed = world.sandbox.kill();
        // Known before it is dead: the job may end meanwhile.
        back = killed.then(() => sleep(milliseconds)).then(() => world.sandbox.restart());
        back.catch(() => undefined);
        await killed;
      };
      line.arm({ kind: 'act', direction: 'requests', at, act: kill });
      return async () => {
        line.disarm();
        await back;
      };
    },
  }),
  underFault({
    ...{ name: 'server: dead during the job', weight: 1, fault: fc.constant({}) },
    async begin({ sandbox }) {
      await sandbox.kill();
      return () => sandbox.restart();
    },
  }),
  underFault({
    ...{ name: 'server: stands still', weight: 2, fault: after },
    begin(world, { at, milliseconds }) {
      const { line } = troubleOf(world);
      let timer: NodeJS.Timeout | undefined;
      const act = () => {
        world.sandbox.pause();
        timer = setTimeout(() => {
          world.sandbox.resume();
        }, milliseconds);
      };
      line.arm({ kind: 'act', direction: 'requests', at, act });
      return () => {
        line.disarm();
        clearTimeout(timer);
        world.sandbox.resume();
      };
    },
  }),
  underFault({
    ...{ name: 'server: may not write', weight: 1 },
    fault: fc.record({ pick: fc.nat(9), mode: fc.constantFrom(0o555, 0o000, 0o333) }),
    begin({ diskRoot }, { pick, mode }) {
      const below = readdirSync(diskRoot, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const directory = picked([diskRoot, ...below.map(({ name }) => join(diskRoot, name))], pick)!;
      const was = statSync(directory).mode & 0o7777;
      chmodSync(directory, mode);
      return () => {
        chmodSync(directory, was);
      };
    },
  }),
  step({
    ...{ name: 'server: restarts', weight: 1, args: fc.constant({}) },
    run: (world) => world.sandbox.restart(),
  }),
  step({
    name: 'server: comes back without its disk',
    weight: 1,
    args: fc.record({ loss: fc.constantFrom('buffer' as const, 'buffer' as const, 'all' as const) }),
    async run(world, truth, { loss }) {
      const before = world.remote();
      await killAndLose(world.sandbox, loss);
      await world.sandbox.restart();
      const after = world.remote();
      for (const [path, was] of before) {
        if (!after.has(path)) truth.gone(path);
        else if (bytesAt(after.get(path))?.hash !== bytesAt(was)?.hash) truth.harmed(path, {});
      }
    },
  }),
];
