/** Servers that take a cancel and go on (dCache/dcache#7938), or refuse it: what comes afterwards is given up all the same. */
import assert from 'node:assert/strict';
import { resolveOptions } from '../../lib/config/index.js';
import { XRootDError, type Report } from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { restore } from '../../lib/jobs/restore/restore.js';
import { openStore } from '../../lib/remote/open_store.js';
import type { RemoteStore } from '../../lib/remote/store.js';
import { keepingLogger, type Bench, type Line } from '../support/archive.js';
import { offlineOf, quick, until, withBuffered, type Records } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const records: Records = [
  ['late', 500],
  ['other', 500],
];
const isOffline = async (bench: Bench) => (await offlineOf(bench, records)).includes('late');

async function restored(
  bench: Bench,
  around: (store: RemoteStore) => Partial<RemoteStore>,
  signal?: AbortSignal,
): Promise<{ report: Report; lines: Line[] }> {
  const config = resolveOptions({ targetUrl: bench.sandbox.url, ...quick, stageDeadlineSeconds: 1 });
  const { logger, lines } = keepingLogger();
  const store = openStore(config);
  const dependencies = {
    ...{ config, logger, events: new EventBus(logger) },
    open: () => ({ ...store, ...around(store) }),
  };
  return withTemp(async (to) => ({
    report: await restore(dependencies, ['.'], { to, evict: true, ...(signal && { signal }) }),
    lines,
  }));
}

describe('restore --evict, when a file comes after its request was withdrawn', () => {
  const cancels: [title: string, cancelStage: RemoteStore['cancelStage']][] = [
    ['and the server said that it was', () => Promise.resolve()],
    [
      'in vain',
      () =>
        Promise.reject(
          new XRootDError(
            { status: 1, code: 400, errNo: 3013, message: 'no' },
            { operation: 'prepare cancel' },
          ),
        ),
    ],
  ];
  for (const [title, cancelStage] of cancels)
    it(`${title}: it is evicted at the end`, async () => {
      await withBuffered({ stageDelay: 2 }, records, async (bench) => {
        await bench.sandbox.evict(['late']);
        const { report } = await restored(bench, (store) => ({
          cancelStage,
          download: async (name, ...more) => {
            // Keeps the restore going until the other file has come.
            await until(async () => !(await isOffline(bench)));
            return store.download(name, ...more);
          },
        }));
        assert.deepEqual(
          report.failures.map(({ code, path }) => `${code} ${path}`),
          ['StageTimeout late'],
        );
        assert.equal(report.evicted, 1);
        await until(() => isOffline(bench));
      });
    });

  it('later than the end: that is told, with what to do', async () => {
    await withBuffered({ stageDelay: 600 }, records, async (bench) => {
      await bench.sandbox.evict(['late']);
      const { report, lines } = await restored(bench, () => ({}));
      assert.deepEqual([report.copied, report.failed, report.evicted], [1, 1, 0]);
      const warnings = lines.filter(({ message }) => message.includes('may still come'));
      assert.deepEqual(
        warnings.map(({ level, fields }) => [level, fields['files']]),
        [['warn', 1]],
      );
    });
  });
});
