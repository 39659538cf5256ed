import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import Database from 'libsql';
import { kindOf } from '../../lib/catalogue/header.js';
import { checkLog } from '../../lib/catalogue/log.js';
import { catalogueConfig, fileIn, mustOpen } from '../support/catalogue.js';
import { withTemp } from '../support/temporary.js';

describe('a log beside the catalogue that a writer begins anew while it is read', () => {
  const { readSync } = fs;
  afterEach(() => {
    fs.readSync = readSync;
    syncBuiltinESMExports();
  });

  /** @param meanwhile is called before the read at this position */
  function atReadOf(position: number, meanwhile: () => void): void {
    let isDone = false;
    fs.readSync = (...args: unknown[]) => {
      if (!isDone && Number(args[4]) >= position) {
        isDone = true;
        meanwhile();
      }
      return (readSync as (...args: unknown[]) => number)(...args);
    };
    syncBuiltinESMExports();
  }

  for (const frame of [0, 1, 5, 9])
    it(`before frame ${frame} is read: is read again`, async () => {
      await withTemp(async (cache) => {
        await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write' });
        await catalogue.close();
        using writer = closing(new Database(fileIn(cache)));
        const commit = (times: number) => {
          for (let i = 0; i < times; i++) {
            const [batch] = writer.prepare('PRAGMA user_version').raw().get() as [number];
            writer.exec(`PRAGMA user_version = ${batch + 1}`);
          }
        };
        writer.exec('PRAGMA wal_autocheckpoint = 0');
        commit(10);
        // The file has all of them, and the next commit begins the log anew.
        writer.exec('PRAGMA wal_checkpoint(FULL)');
        const pageSize = 4096;
        let isBegunAnew = false;
        atReadOf(32 + frame * (24 + pageSize), () => {
          // Over what was read of the old log, and the frame that is read next.
          commit(frame + 1);
          isBegunAnew = true;
        });
        checkLog(fileIn(cache));
        assert.ok(isBegunAnew);
      });
    });
});

describe('a catalogue whose log is being moved into its file', () => {
  const { lstatSync } = fs;
  const replaceLstat = (by: typeof lstatSync) => {
    Object.assign(fs, { lstatSync: by });
    syncBuiltinESMExports();
  };
  afterEach(() => {
    replaceLstat(lstatSync);
  });

  for (const look of [1, 2, 3])
    it(`is not called damaged if the writer ends, and the log goes, before look ${look} at it`, async () => {
      await withTemp(async (cache) => {
        await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write' });
        await catalogue.close();
        const file = fileIn(cache);
        const whole = fs.readFileSync(file);
        // Read while the first page was written.
        fs.writeFileSync(file, Buffer.concat([Buffer.alloc(100), whole.subarray(100)]));
        fs.writeFileSync(`${file}-wal`, 'log');
        let looks = 0;
        replaceLstat(((...args: Parameters<typeof lstatSync>) => {
          if (args[0] === `${file}-wal` && ++looks === look) {
            fs.writeFileSync(file, whole);
            fs.rmSync(`${file}-wal`);
          }
          return lstatSync(...args);
        }) as typeof lstatSync);
        assert.equal(kindOf(file, true), 'ours');
        assert.ok(looks >= look);
      });
    });

  it('is not called damaged while pages of which page 1 speaks are not there yet', async () => {
    await withTemp(async (cache) => {
      await using catalogue = await mustOpen(catalogueConfig(cache), { mode: 'write' });
      await catalogue.close();
      const file = fileIn(cache);
      const last = fs.readFileSync(file).subarray(-4096);
      fs.truncateSync(file, fs.statSync(file).size - last.length);
      assert.throws(() => kindOf(file, true), { code: 'Damaged' });
      // As a living writer has one.
      fs.writeFileSync(`${file}-wal`, 'log');
      fs.writeFileSync(`${file}.page`, last);
      const writer = spawn('sh', ['-c', `sleep 0.3; cat "${file}.page" >> "${file}"`], { stdio: 'ignore' });
      const ended = once(writer, 'exit');
      assert.equal(kindOf(file, true), 'ours');
      await ended;
    });
  });
});

function closing(database: Database.Database): Database.Database & Disposable {
  return Object.assign(database, {
    [Symbol.dispose]: () => {
      database.close();
    },
  });
}
