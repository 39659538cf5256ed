/** Jobs under limits, which are no excuse: 256 MB of memory, 256 descriptors. */
import fc from 'fast-check';
import { descriptors, has } from '../../../support/job_process.js';
import { elsewhere } from '../elsewhere.js';
import type { AnyStep } from '../step.js';
import { underFault } from '../trouble.js';
import { violated } from '../violation.js';

const MOST_BYTES = 256 * 2 ** 20;
const wrap = has('prlimit') ? descriptors(256) : [];

export const limited: AnyStep[] = [
  underFault({
    ...{ name: 'limits: 256 MB, 256 descriptors', weight: 1, fault: fc.constant({}) },
    jobs: ['backup', 'restore', 'retention'],
    excused: false,
    begin: (world) =>
      elsewhere(
        world,
        {
          onEnd: ({ result }) => {
            const { maxRss = Infinity } = result ?? {};
            if (maxRss > MOST_BYTES) violated(`a job of few small files took ${maxRss} bytes of memory`);
          },
        },
        // A limit of the address space doesn't fit V8, which reserves much more than it uses: the resident set is measured.
        { wrap, flags: ['--max-old-space-size=96'] },
      ),
  }),
];
