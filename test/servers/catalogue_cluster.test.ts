/** A catalogue compared with a redirector: what a data server has that is down is not lost. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveOptions } from '../../lib/config/index.js';
import { checksumFile, type ArchiveOptions, type Report } from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { verify } from '../../lib/jobs/verify/verify.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openTarget } from '../../lib/remote/open_store.js';
import { assertAddsUp, counts, keepingLogger } from '../support/archive.js';
import { allRows, factsOf, mustOpen, rowOf } from '../support/catalogue.js';
import { Cluster } from '../support/cluster.js';
import { writeRecord } from '../support/records.js';
import { archiveOf } from '../support/server_on.js';
import { TemporaryDirectory } from '../support/temporary.js';

const names = ['a', 'd/a', 'd/b', 'd/c', 'd/e/a', 'd/e/b'];

describe('a catalogue, and a redirector with two data servers', () => {
  let cluster: Cluster;
  const cache = new TemporaryDirectory();
  const options = (more: Partial<ArchiveOptions> = {}): ArchiveOptions => ({
    ...{ targetUrl: `${cluster.url}//base`, cacheDirectory: cache.path, dataServers: 2, retryAttempts: 1 },
    ...more,
  });
  const open = (mode: 'read' | 'write') => mustOpen(resolveOptions(options()), { mode });

  before(async () => {
    cluster = await Cluster.start();
    for (const name of names) await writeRecord(cache.path, name, 1000);
    const copied = await archiveOf(options({ autoRemove: 'never', catalogue: false })).archive.backup();
    assert.equal(copied.copied, names.length, JSON.stringify(copied.failures));
    await using catalogue = await open('write');
    for (const name of names) {
      const local = join(cache.path, name);
      const facts = factsOf(name, { checksums: [await checksumFile(local)] });
      catalogue.note({
        kind: 'imported',
        row: { ...rowOf(name), ...facts, removing: 1, removed: 1, rule: 'cached' },
      });
      await rm(local);
    }
    await catalogue.flush();
  });
  after(async () => {
    await cluster.stop();
    cache.remove();
  });

  async function audit(around: (store: LimitedStore) => Partial<LimitedStore> = () => ({})): Promise<Report> {
    const config = resolveOptions(options());
    const store = openTarget(config);
    const { logger } = keepingLogger();
    const dependencies = {
      config,
      logger,
      events: new EventBus(logger),
      open: () => ({ ...store, ...around(store) }),
    };
    const report = await verify(dependencies, [], { against: { catalogue: true, extra: true } });
    assertAddsUp(report);
    return report;
  }

  async function lost(): Promise<string[]> {
    await using catalogue = await open('read');
    return (await allRows(catalogue, { state: 'lost' })).map(({ path }) => path);
  }

  it('each record is found on the server that has it', async () => {
    assert.deepEqual(counts(await audit()), { scanned: 6, verified: 6 });
  });

  it('a data server that goes while the catalogue is compared: what it has fails, and is not lost', async () => {
    let gone: Promise<void> | undefined;
    const report = await audit((store) => ({
      statMany: async (asked, signal) => {
        await (gone ??= cluster.down(1));
        return await store.statMany(asked, signal);
      },
    }));
    await cluster.up(1);
    assert.ok(report.failed > 0 && report.failed < 6, JSON.stringify(counts(report)));
    assert.equal(report.verified, 6 - report.failed);
    for (const { code } of report.failures) assert.notEqual(code, 'LostCopy');
    assert.deepEqual(await lost(), []);
    assert.deepEqual(counts(await audit()), { scanned: 6, verified: 6 });
  });
});
