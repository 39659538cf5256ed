/** What S13 asks of the local side: on which devices a cache lies, and all its directories. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { devicesOf } from '../../lib/cache/devices.js';
import { directoriesFrom } from '../../lib/cache/directories_below.js';
import { collect } from '../support/archive.js';
import { writeRaw } from '../support/raw_tree.js';
import { withTemp } from '../support/temporary.js';

const { signal } = new AbortController();

describe('the devices of a cache', () => {
  it('its own is one of them; what the kernel makes up is not known to be this machine’s', async () => {
    await withTemp(async (directory) => {
      const { numbers } = await devicesOf(directory);
      assert.deepEqual(numbers, [statSync(directory, { bigint: true }).dev]);
    });
    const { elsewhere } = await devicesOf('/proc/sys');
    assert.equal(elsewhere, true);
  });
});

describe('the directories of a cache', () => {
  it('are the root and all below it, but links and our own', async () => {
    await withTemp(async (directory) => {
      const names = ['', 'a', 'a/b', 'c'];
      for (const name of [...names, '.xrootd-archive.removing-0'])
        mkdirSync(join(directory, name), { recursive: true });
      symlinkSync(join(directory, 'a'), join(directory, 'l'));
      const found = await collect(directoriesFrom({ real: directory }, signal));
      assert.deepEqual(
        found.map(({ path, ino }) => [path, ino]).sort(),
        names
          .map((name) => join(directory, name))
          .map((path) => [path, lstatSync(path, { bigint: true }).ino])
          .sort(),
      );
    });
  });

  it('those whose names are not UTF-8 are among them; those that no system call takes are left out', async () => {
    await withTemp(async (directory) => {
      mkdirSync(Buffer.concat([Buffer.from(`${directory}/a`), Buffer.from([0xff])]));
      const deep = Array.from({ length: 18 }, () => 'd'.repeat(250));
      writeRaw(directory, [...deep, 'f'].join('/'), '');
      try {
        const found = await collect(directoriesFrom({ real: directory }, signal));
        const paths = found.map(({ path }) => path.slice(directory.length));
        const reached = Array.from({ length: 16 }, (_, i) => `/${deep.slice(0, i + 1).join('/')}`);
        assert.deepEqual(paths.sort(), ['', '/a\xff', ...reached].sort());
      } finally {
        // Node.js can't remove it.
        execFileSync('rm', ['-rf', directory]);
      }
    });
  });

  it('one that has gone is left out, one that can’t be looked at for another reason is not', async () => {
    await withTemp(async (directory) => {
      assert.deepEqual(await collect(directoriesFrom({ real: join(directory, 'none') }, signal)), []);
      const long = join(directory, 'x'.repeat(300));
      await assert.rejects(collect(directoriesFrom({ real: long }, signal)), { code: 'ENAMETOOLONG' });
    });
  });
});
