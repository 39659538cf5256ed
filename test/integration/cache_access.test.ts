import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { diskUsage, usageOf } from '../../lib/cache/usage.js';
import { accessProblems, checkAccess } from '../../lib/config/access.js';
import { asOrdinaryUser } from '../support/ordinary_user.js';
import { withTemp } from '../support/temporary.js';

const text = async (needs: Parameters<typeof accessProblems>[0]): Promise<string> =>
  (await accessProblems(needs)).map((one) => `${one.key}: ${one.message}`).join('\n');

describe('access to cache and keytab', () => {
  it('is fine for a directory of ours', async () => {
    await withTemp(async (directory) => {
      await checkAccess({ cacheDirectory: directory });
      symlinkSync(directory, path.join(directory, 'link'));
      await checkAccess({ cacheDirectory: path.join(directory, 'link') });
    });
  });

  it('tells what is wrong with a cache', async () => {
    await withTemp(async (directory) => {
      writeFileSync(path.join(directory, 'file'), '');
      mkdirSync(path.join(directory, 'wh?t'));
      symlinkSync('wh?t', path.join(directory, 'alias'));
      const table: [string, RegExp][] = [
        ['gone', /^cacheDirectory: .*gone does not exist$/],
        ['file', /is not a directory/],
        ['file/below', /parent that is not a directory/],
        ['alias', /wh\?t" contains "\?".*choose another place/],
      ];
      for (const [name, message] of table)
        assert.match(await text({ cacheDirectory: path.join(directory, name) }), message);
      await assert.rejects(checkAccess({ cacheDirectory: path.join(directory, 'gone') }), {
        name: 'ConfigError',
        exitCode: 2,
      });
    });
  });

  it('refuses a keytab that others can read, with its mode', async () => {
    await withTemp(async (directory) => {
      const keytab = path.join(directory, 'sss.keytab');
      writeFileSync(keytab, 'key');
      for (const [mode, shown] of [
        [0o644, '0644'],
        [0o640, '0640'],
        [0o602, '0602'],
      ] as const) {
        chmodSync(keytab, mode);
        assert.match(await text({ keytabFilePath: keytab }), new RegExp(`mode ${shown}\\): chmod 600`));
      }
      for (const mode of [0o600, 0o400]) {
        chmodSync(keytab, mode);
        assert.equal(await text({ keytabFilePath: keytab }), '');
      }
      assert.match(
        await text({ keytabFilePath: path.join(directory, 'gone') }),
        /keytabFilePath: .* does not exist/,
      );
      assert.match(await text({ keytabFilePath: directory }), /not a regular file/);
      chmodSync(keytab, 0o600);
      writeFileSync(keytab, '');
      assert.match(await text({ keytabFilePath: keytab }), /is empty/);
    });
  });

  it('asks the kernel, not the mode bits', async () => {
    if (process.getuid?.() !== 0) return;
    await withTemp(async (directory) => {
      chmodSync(directory, 0o755);
      const table: [string, number, string][] = [
        ['closed', 0o700, "can't be read: permission denied"],
        ['read-only', 0o555, "can't be written to: permission denied"],
        ['not-searchable', 0o666, "can't be written to: permission denied"],
      ];
      for (const [name, mode] of table) {
        mkdirSync(path.join(directory, name));
        chmodSync(path.join(directory, name), mode);
      }
      const keytab = path.join(directory, 'keytab');
      writeFileSync(keytab, 'key', { mode: 0o600 });
      const mine = path.join(directory, 'mine');
      mkdirSync(mine, { mode: 0o700 });
      chownSync(mine, 65534, 65534);
      const names = [...table.map(([name]) => path.join(directory, name)), mine];
      const found = (await asOrdinaryUser(
        `const { accessProblems } = await import(LIB + 'config/index.js');
         const all = [];
         for (const cacheDirectory of ${JSON.stringify(names)})
           all.push((await accessProblems({ cacheDirectory, keytabFilePath: ${JSON.stringify(keytab)} })).map((one) => one.message));
         return all;`,
      )) as string[][];
      table.forEach(([, , message], index) =>
        assert.ok(found[index]?.[0]?.includes(message), found[index]?.join()),
      );
      assert.match(found[3]?.join() ?? '', /^[^,]*keytab permission denied/);
    });
  });
});

describe('disk usage', () => {
  it('counts as df does: what root keeps for itself is neither used nor available', async () => {
    assert.deepEqual(usageOf({ bsize: 1000, blocks: 100, bfree: 40, bavail: 30 }), {
      total: 100_000,
      used: 60_000,
      available: 30_000,
      usedPercent: 66.7,
    });
    assert.equal(usageOf({ bsize: 1, blocks: 0, bfree: 0, bavail: 0 }).usedPercent, 0);
    const usage = await diskUsage('/');
    assert.ok(usage.total > 0 && usage.usedPercent >= 0 && usage.usedPercent <= 100);
    await assert.rejects(diskUsage('/no/such/place'), { code: 'ENOENT' });
  });
});
