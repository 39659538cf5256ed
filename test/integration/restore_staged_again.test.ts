/** A file that leaves the disk buffer between its copy and the question for its checksum is staged again. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'mocha';
import { resolveOptions } from '../../lib/config/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { restore } from '../../lib/jobs/restore/restore.js';
import { openStore } from '../../lib/remote/open_store.js';
import { XRootDError } from '../../lib/xrdcl/index.js';
import { counts, keepingLogger } from '../support/archive.js';
import { quick, withBuffered, type Records } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const records: Records = [['record', 500]];

describe('restore of a file that is evicted before its checksum was asked for', () => {
  it('stages and fetches it again, and asks again', async () => {
    await withBuffered({}, records, async (bench) => {
      const config = resolveOptions({ targetUrl: bench.sandbox.url, ...quick });
      const store = openStore(config);
      let downloads = 0;
      const open = () => ({
        ...store,
        download: async (...query: Parameters<typeof store.download>) => {
          const downloaded = await store.download(...query);
          downloads += 1;
          if (downloads === 1) await bench.sandbox.evict(['record']);
          return downloaded;
        },
        // Of a server that computes it when it is asked.
        checksum: async (...query: Parameters<typeof store.checksum>) => {
          const offline = (await store.stat(query[0]))?.offline === true;
          if (offline)
            throw new XRootDError(
              { status: 1, code: 400, errNo: 3005, message: 'not on disk' },
              { operation: 'query checksum' },
            );
          return store.checksum(...query);
        },
      });
      await withTemp(async (to) => {
        const { logger } = keepingLogger();
        const report = await restore({ config, logger, events: new EventBus(logger), open }, ['.'], { to });
        assert.deepEqual(counts(report), { scanned: 1, copied: 1 }, JSON.stringify(report.failures));
        assert.equal(downloads, 2);
        assert.deepEqual(readdirSync(to), ['record']);
      });
    });
  });
});
