/** S1: the last that is asked before a removal is whether the remote copy still is what was compared. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { chmod, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTarget, resolveOptions } from '../../lib/config/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { JobRun } from '../../lib/jobs/run/job_run.js';
import { OnlineServer } from '../../lib/jobs/retention/online_server.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { STILL_WRITTEN } from '../../lib/rules/remote_state.js';
import {
  collect,
  counts,
  keepingLogger,
  recordsIn,
  withArchive,
  withSharedArchive,
  type Bench,
} from '../support/archive.js';
import { expired, passUnder, whenCaptured } from '../support/passes.js';
import { writeRecord } from '../support/records.js';
import { pass as retentionPass } from '../support/retention.js';
import { until } from '../support/tape.js';

const CHANGED = 'changed on the server while it was worked on';

async function onTape(bench: Bench): Promise<void> {
  await writeRecord(bench.cache, 'd/r', 5000);
  await bench.pass({ autoRemove: 'never' });
  await bench.sandbox.migrateAll();
}

type Attack = (bench: Bench) => Promise<void>;

const attacks: [string, Attack][] = [
  ['the remote file is removed', async ({ sandbox }) => rm(sandbox.diskPath('d/r'))],
  ['its tape copy goes', async ({ sandbox }) => rm(sandbox.tapePath('d/r'))],
  [
    'another file of the same size and second takes its place',
    async ({ sandbox }) => {
      const path = sandbox.diskPath('d/r');
      const bytes = await readFile(path);
      const { mtime } = (await sandbox.stateOf('d/r')) ?? { mtime: new Date() };
      await writeFile(`${path}.new`, bytes.fill(0, 0, 10));
      await utimes(`${path}.new`, mtime, mtime);
      await rename(`${path}.new`, path);
    },
  ],
  ['it is truncated', async ({ sandbox }) => writeFile(sandbox.diskPath('d/r'), '')],
];

describe('between the comparison and the removal', () => {
  for (const [name, attack] of attacks)
    it(`${name}: the record stays`, async () => {
      await withSharedArchive(async (bench) => {
        await onTape(bench);
        let attacked = 0;
        const around = whenCaptured(async (captured) => {
          assert.equal(captured, 'd/r');
          attacked += 1;
          await attack(bench);
        });
        const { report } = await passUnder(bench, {}, { around });
        assert.equal(attacked, 1);
        assert.deepEqual(report.keptReasons, { [CHANGED]: 1 });
        assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
      });
    });

  // Without a tape copy nothing but the remote file itself tells.
  for (const [name, attack] of attacks.filter(([what]) => what !== 'its tape copy goes'))
    it(`after a copy of the same pass, ${name}: the record stays`, async () => {
      await withSharedArchive(async (bench) => {
        await writeRecord(bench.cache, 'd/r', 5000);
        const around = whenCaptured(() => attack(bench));
        const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
        assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
        assert.equal(report.bytesCopied, 5000);
        assert.match(
          report.failures[0]?.message ?? '',
          /changed or removed on the server as soon as it was made/,
        );
        assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
      });
    });

  it('a look that fails keeps the record under its name, and is told', async () => {
    await withSharedArchive(async (bench) => {
      await onTape(bench);
      const around = whenCaptured(() => Promise.reject(new Error('no answer')));
      const { report } = await passUnder(bench, {}, { around });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
    });
  });

  it('a look that once has no answer is made again, and the record goes', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'd/r', 5000);
      let asked = 0;
      const around = whenCaptured(() => {
        asked += 1;
        if (asked === 1) throw expired('d/r');
      }, 'each time');
      const { report, events } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.equal(events.filter(({ type }) => type === 'file:retry').length, 1);
      assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
      assert.equal(report.bytesCopied, 5000);
      assert.deepEqual(await recordsIn(bench.cache), []);
    });
  });

  it('so it is where records have to settle: that they are put back is no change', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await writeRecord(bench.cache, 'd/r', 5000);
      let asked = 0;
      const around = whenCaptured(() => {
        asked += 1;
        if (asked === 1) throw expired('d/r');
      }, 'each time');
      const { ctimeMs } = await stat(join(bench.cache, 'd/r'));
      await until(() => Promise.resolve(Date.now() - ctimeMs > 1100));
      const { report } = await passUnder(bench, { autoRemove: 'cached', settleSeconds: 1 }, { around });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
    });
  });

  it('one that never has an answer is a failure, and what was copied is told', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'd/r', 5000);
      const around = whenCaptured(() => {
        throw expired('d/r');
      }, 'each time');
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.equal(report.failures[0]?.code, 'OperationExpired');
      assert.equal(report.bytesCopied, 5000);
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
    });
  });

  it('of retention, that once has no answer, is made again', async () => {
    await withSharedArchive(async (bench) => {
      await onTape(bench);
      await utimes(join(bench.cache, 'd/r'), 1, 1);
      let asked = 0;
      const around = whenCaptured(() => {
        asked += 1;
        if (asked === 1) throw expired('d/r');
      }, 'each time');
      const report = await retentionPass(bench, {}, { confirm: true }, (store) =>
        around(store as LimitedStore),
      );
      assert.deepEqual(counts(report), { scanned: 1, removed: 1 });
    });
  });

  it('what was remembered of a record that is put back is still known', async () => {
    await withSharedArchive(async (bench) => {
      await onTape(bench);
      // From now on only adler32 can be had.
      await bench.sandbox.evict(['d/r']);
      const stop = new AbortController();
      const around = whenCaptured(() => {
        stop.abort();
      });
      const { report } = await passUnder(bench, {}, { signal: stop.signal, around });
      assert.equal(report.interrupted, true);
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
      assert.deepEqual(counts(await bench.pass()), { scanned: 1, removed: 1 });
    });
  });

  it('of retention from a directory', async () => {
    await withSharedArchive(async (bench) => {
      await onTape(bench);
      await utimes(join(bench.cache, 'd/r'), 1e9, 1e9);
      const around = whenCaptured(() => rm(bench.sandbox.tapePath('d/r')));
      const report = await retentionPass(bench, {}, { confirm: true }, (store) =>
        around(store as LimitedStore),
      );
      assert.deepEqual(report.keptReasons, { [CHANGED]: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
    });
  });
});

describe('another file that stands at the path only while it is read back', () => {
  /** The bad file has the name but for that moment. */
  async function withBad(bench: Bench, records: readonly string[]): Promise<void> {
    for (const name of records) await writeRecord(bench.cache, name, 5000);
    await bench.pass({ autoRemove: 'never' });
    const path = bench.sandbox.diskPath('d/r');
    const bytes = await readFile(path);
    await writeFile(`${path}.good`, bytes);
    await chmod(`${path}.good`, 0o666);
    await writeFile(path, bytes.fill(0, 0, 10));
  }

  const exchangingIn = (bench: Bench, before: (store: LimitedStore) => Promise<void> | void) => {
    const path = bench.sandbox.diskPath('d/r');
    return (store: LimitedStore): Partial<LimitedStore> => ({
      readChecksum: async (name, ...query) => {
        if (name !== 'd/r') return await store.readChecksum(name, ...query);
        await before(store);
        await rename(path, `${path}.bad`);
        await rename(`${path}.good`, path);
        try {
          return await store.readChecksum(name, ...query);
        } finally {
          await rename(path, `${path}.good`);
          await rename(`${path}.bad`, path);
        }
      },
    });
  };

  for (const known of [false, true])
    it(`the record stays${known ? ', also once the server has shown that its identifiers compare' : ''}`, async () => {
      await withArchive({ migrationDelay: 'never' }, async (bench) => {
        await withBad(bench, known ? ['d/r', 'other'] : ['d/r']);
        const around = exchangingIn(bench, async (store) => {
          if (!known) return;
          const stat = await store.stat('other');
          assert.ok(stat);
          await store.readChecksum('other', 'crc32c', stat);
        });
        const options = { autoRemove: 'cached', unfinishedAfterSeconds: 0 } as const;
        const { report } = await passUnder(bench, options, { around });
        assert.ok((await recordsIn(bench.cache)).includes('d/r'));
        assert.equal(report.keptReasons[STILL_WRITTEN], 1, JSON.stringify(report));
        // What the server really has is found out by the next pass.
        assert.equal((await bench.pass(options)).conflicts, 1);
      });
    });

  it('of retention on a server: the online file counts as changed', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await withBad(bench, ['d/r']);
      const path = bench.sandbox.diskPath('d/r');
      for (const name of [path, `${path}.good`]) await utimes(name, 1e9, 1e9);
      const { url } = bench.sandbox;
      const config = resolveOptions({ targetUrl: 'root://127.0.0.1:1//target' });
      const { logger } = keepingLogger();
      const store = openStore(resolveOptions({ targetUrl: url }));
      const online = { ...store, ...exchangingIn(bench, () => undefined)(store) };
      const dependencies = { config, logger, events: new EventBus(logger), open: () => online };
      const run = new JobRun(online, dependencies, { job: 'retention', place: url, signal: undefined });
      const storage = new OnlineServer(parseTarget(url), online, run, { config, target: online, logger });
      const [file] = (await collect(storage.files())).filter((each) => each.path === 'd/r');
      assert.ok(file);
      const opened = await storage.open(file);
      await assert.rejects(opened.checksum('crc32c'), { message: 'changed while it was worked on' });
    });
  });
});

const mapper = `
import mmap, sys
file = open(sys.argv[1], 'r+b')
pages = mmap.mmap(file.fileno(), 0)
file.close()
pages[0:1] = pages[0:1]
print('mapped', flush=True)
sys.stdin.readline()
pages[0:1] = b'!'
pages.close()
print('stored', flush=True)
sys.stdin.readline()
`;

describe('a writer through a shared mapping whose descriptor is closed', () => {
  it('has stored into a page that is dirty already, which moves no time: the record stays', async () => {
    await withSharedArchive(async (bench) => {
      await onTape(bench);
      const path = join(bench.cache, 'd/r');
      // Else a file system may write the page out when somebody else asks for theirs: the next store then moves the time.
      const file = await open(path);
      await file.sync();
      await file.close();
      const writer = spawn('python3', ['-c', mapper, path], { stdio: ['pipe', 'pipe', 'inherit'] });
      try {
        await once(writer.stdout, 'data');
        const store = async () => {
          writer.stdin.write('\n');
          await once(writer.stdout, 'data');
        };
        // When both checksums would have been compared.
        const around = (of: LimitedStore): Partial<LimitedStore> => ({
          readChecksum: async (...query) => {
            // Also if reading fails, which only keeps the record.
            return await of.readChecksum(...query).finally(store);
          },
        });
        const { report } = await passUnder(bench, {}, { around });
        assert.deepEqual(report.keptReasons, { 'open for writing in another process': 1 });
        assert.equal((await readFile(path)).toString('latin1', 0, 1), '!');
      } finally {
        writer.kill();
      }
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
    });
  });
});
