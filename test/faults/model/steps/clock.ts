/** Our machine's clock jumps. */
import fc from 'fast-check';
import { jump } from '../../../support/jumping_clock.js';
import { underFault } from '../trouble.js';

const HOUR = 3_600_000;

export const aheadOfTime = underFault({
  ...{ name: 'clock: jumps', weight: 3 },
  fault: fc.record({
    milliseconds: fc.constantFrom(HOUR, 365.25 * 24 * HOUR, -HOUR),
    inMilliseconds: fc.option(fc.nat(30), { nil: undefined }),
  }),
  jobs: ['backup', 'restore', 'retention', 'drill', 'verify'],
  // Anything that is shorter is older than any time by such a clock.
  change: ({ name, args }) => ({
    name,
    args: name === 'backup' ? { ...(args as object), unfinishedAfter: 0 } : args,
  }),
  begin(_world, { milliseconds, inMilliseconds }) {
    let back = inMilliseconds === undefined ? jump(milliseconds) : undefined;
    const timer =
      inMilliseconds === undefined
        ? undefined
        : setTimeout(() => {
            back = jump(milliseconds);
          }, inMilliseconds);
    return () => {
      clearTimeout(timer);
      back?.();
    };
  },
});
