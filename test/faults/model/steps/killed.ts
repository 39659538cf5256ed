/** Our own process is killed in a job. */
import { join } from 'node:path';
import fc from 'fast-check';
import { bytesOf, content, hashOf } from '../content.js';
import { childOf, elsewhere, runChild } from '../elsewhere.js';
import { cache, name } from '../names.js';
import { step, type AnyStep } from '../step.js';
import { underFault } from '../trouble.js';
import { violated } from '../violation.js';
import { World } from '../world.js';

const when = fc.oneof(
  fc.record({ killAfterEvents: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ killAfterMilliseconds: fc.nat(120) }),
);

export const killed: AnyStep[] = [
  underFault({
    ...{ name: 'killed: in a job', weight: 4, fault: when },
    jobs: ['backup', 'restore', 'retention', 'rebuild'],
    begin: (world, when) => elsewhere(world, when),
  }),
  step({
    name: 'killed: in a put',
    weight: 2,
    args: fc.record({ cache, name, content, overwrite: fc.boolean(), killAfterMilliseconds: fc.nat(30) }),
    async run(world, truth, { cache, name, content, overwrite, killAfterMilliseconds }) {
      const bytes = bytesOf(content);
      const path = join(world.caches[cache]!, name);
      const was = world.looker.file(path)?.hash;
      const before = new Map(truth.local[cache]);
      const { config } = World.prototype.archive.call(world, cache);
      const put = { path: name, bytes: bytes.toString('base64'), overwrite };
      const job = { config, job: 'put', arguments: [put] };
      const done = await runChild(childOf(world), job, { killAfterMilliseconds }).then(
        () => true,
        (error: unknown) => {
          truth.log.push(`  ${String(error)}`);
          return false;
        },
      );
      const is = world.looker.file(path)?.hash;
      if (is !== hashOf(bytes) && (done || is !== was))
        violated(`a put of ${name} that was killed left ${String(is)}, before there was ${String(was)}`);
      if (is !== was && was !== undefined && !overwrite) violated(`put without overwrite replaced ${name}`);
      truth.adopt(cache, world.looker.tree(world.caches[cache]!));
      for (const [path, hash] of before)
        if (path !== name && truth.local[cache]!.get(path) !== hash)
          violated(`put of ${name} changed ${path}`);
    },
  }),
];
