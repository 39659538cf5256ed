/** Two passes on one cache at the same moment. */
import fc from 'fast-check';
import type { Archive, BackupOptions } from '../../../../lib/index.js';
import { underFault } from '../trouble.js';
import { violated } from '../violation.js';
import { World } from '../world.js';

export const twoAtOnce = underFault({
  ...{ name: 'two passes at once', weight: 2, fault: fc.record({ later: fc.nat(5) }) },
  jobs: ['backup'],
  excused: false,
  begin(world, { later }) {
    const own = world as { archive?: World['archive'] };
    own.archive = (cache, options) => {
      const [one, other] = [0, 1].map(() => World.prototype.archive.call(world, cache, options));
      const backup = async (given: BackupOptions) => {
        const second = new Promise((resolve) => setTimeout(resolve, later)).then(() => other!.backup(given));
        const ends = await Promise.allSettled([one!.backup(given), second]);
        const reports = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
        for (const end of ends)
          if (end.status === 'rejected' && (end.reason as Error).name !== 'LockedError') throw end.reason;
        return reports.at(-1) ?? violated('two passes refused each other');
      };
      return { config: one!.config, backup } as unknown as Archive;
    };
    return () => {
      delete own.archive;
    };
  },
});
