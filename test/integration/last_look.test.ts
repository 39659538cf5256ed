/** S1: the last that is asked before a removal is whether the remote copy still is what was compared. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { open, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XRootDError } from '../../lib/index.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { counts, recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { passUnder, whenCaptured } from '../support/passes.js';
import { writeRecord } from '../support/records.js';
import { pass as retentionPass } from '../support/retention.js';

const CHANGED = 'changed on the server while it was worked on';

async function onTape(bench: Bench): Promise<void> {
  await writeRecord(bench.cache, 'd/r', 5000);
  await bench.pass({ autoRemove: 'never' });
  await bench.sandbox.migrateAll();
}

function expired(): XRootDError {
  return new XRootDError(
    { status: 1, code: 206, errNo: 0, message: 'operation expired' },
    { operation: 'stat', target: 'd/r' },
  );
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
        assert.deepEqual(counts(report), { scanned: 1, copied: 1 });
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
        if (asked === 1) throw expired();
      }, 'each time');
      const { report, events } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.equal(events.filter(({ type }) => type === 'file:retry').length, 1);
      assert.deepEqual(counts(report), { scanned: 1, copied: 1, removedAfterCopy: 1 });
      assert.equal(report.bytesCopied, 5000);
      assert.deepEqual(await recordsIn(bench.cache), []);
    });
  });

  it('one that never has an answer is a failure, and what was copied is told', async () => {
    await withSharedArchive(async (bench) => {
      await writeRecord(bench.cache, 'd/r', 5000);
      const around = whenCaptured(() => {
        throw expired();
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
        if (asked === 1) throw expired();
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
            const sum = await of.readChecksum(...query);
            await store();
            return sum;
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
