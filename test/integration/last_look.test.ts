/** S1: the last that is asked before a removal is whether the remote copy still is what was compared. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { counts, recordsIn, withArchive, type Bench } from '../support/archive.js';
import { passUnder, whenCaptured } from '../support/passes.js';
import { writeRecord } from '../support/records.js';
import { pass as retentionPass } from '../support/retention.js';

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
      await withArchive({ migrationDelay: 'never' }, async (bench) => {
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

  it('after a copy of the same pass, too', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await writeRecord(bench.cache, 'd/r', 5000);
      const around = whenCaptured(() => rm(bench.sandbox.diskPath('d/r')));
      const { report } = await passUnder(bench, { autoRemove: 'cached' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
    });
  });

  it('a look that fails keeps the record under its name, and is told', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await onTape(bench);
      const around = whenCaptured(() => Promise.reject(new Error('no answer')));
      const { report } = await passUnder(bench, {}, { around });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['d/r']);
    });
  });

  it('of retention from a directory', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
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
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await onTape(bench);
      const path = join(bench.cache, 'd/r');
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
