/** S13: what is removed lies on other storage than what is called its copy. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, symlinkSync } from 'node:fs';
import { chmod, link, mkdir, open as openFile, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../lib/index.js';
import { counts, recordsIn } from '../support/archive.js';
import { expired, passOn } from '../support/passes.js';
import { openToAll, archiveOf, withServerOn } from '../support/server_on.js';
import { withTemp } from '../support/temporary.js';

const NAMES = ['a', 'd/b', 'd/c', 'd/e/f', 'g'];

/** In directories that the server may write to. */
async function writeRecords(cache: string, names: readonly string[] = NAMES): Promise<void> {
  for (const name of names) {
    const parts = name.split('/').slice(0, -1);
    for (let depth = 0; depth <= parts.length; depth += 1)
      await openToAll(join(cache, ...parts.slice(0, depth)));
    await writeFile(join(cache, name), `the bytes of ${name}`);
    await chmod(join(cache, name), 0o666);
  }
}

async function open(directory: string): Promise<void> {
  await chmod(directory, 0o777);
}

/** A cache with these records, and a directory that a server can export. */
async function withPlaces(
  names: readonly string[],
  use: (places: { cache: string; storage: string }) => Promise<void>,
): Promise<void> {
  await withTemp(async (directory) => {
    const [cache, storage] = [join(directory, 'cache'), join(directory, 'storage')];
    await open(directory);
    await writeRecords(cache, names);
    await openToAll(storage);
    await use({ cache, storage });
  });
}

/** Three passes, each of which ends with exit code 2 and a message that names both. */
async function refused(cache: string, targetUrl: string, message: RegExp): Promise<void> {
  for (let pass = 0; pass < 3; pass += 1) {
    const { archive } = archiveOf({
      ...{ cacheDirectory: cache, targetUrl, autoRemove: 'cached' },
      // What the server has of it is looked at in each pass.
      pruneEmptyDirectories: false,
    });
    await assert.rejects(archive.backup(), (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.equal(error.exitCode, 2);
      assert.match(error.message, message);
      assert.ok(error.message.includes(cache) && error.message.includes(targetUrl), error.message);
      return true;
    });
  }
}

describe('a target that is the cache', () => {
  it('by the same path: nothing goes, exit 2', async () => {
    await withTemp(async (directory) => {
      await open(directory);
      const cache = join(directory, 'cache');
      await writeRecords(cache);
      await withServerOn(cache, async ({ url }) => {
        await refused(cache, url('/'), /are one directory/);
      });
      assert.deepEqual(await recordsIn(cache), NAMES);
    });
  });

  it('as a directory of what is exported', async () => {
    await withTemp(async (directory) => {
      const cache = join(directory, 'cache');
      await writeRecords(cache);
      await withServerOn(directory, async ({ url }) => {
        await refused(cache, url('/cache'), /are one directory/);
      });
      assert.deepEqual(await recordsIn(cache), NAMES);
    });
  });

  it('by a symbolic link on the server', async () => {
    await withTemp(async (directory) => {
      const [cache, storage] = [join(directory, 'cache'), join(directory, 'storage')];
      await open(directory);
      await writeRecords(cache);
      await openToAll(storage);
      await symlink(cache, join(storage, 'base'));
      await withServerOn(storage, async ({ url }) => {
        await refused(cache, url('/base'), /are one directory/);
      });
      assert.deepEqual(await recordsIn(cache), NAMES);
    });
  });

  it('for one directory only, by a link: its records stay', async () => {
    await withPlaces(NAMES, async ({ cache, storage }) => {
      await symlink(join(cache, 'd'), join(storage, 'd'));
      await withServerOn(storage, async ({ url }) => {
        await refused(cache, url('/'), /\/d(\/e)? is .*\/cache\/d/);
      });
      assert.deepEqual(
        (await recordsIn(cache)).filter((name) => name.startsWith('d/')),
        NAMES.filter((name) => name.startsWith('d/')),
      );
    });
  });

  it('for one directory only, where identifiers say nothing: its records stay', async () => {
    await withPlaces(NAMES, async ({ cache, storage }) => {
      await symlink(join(cache, 'd'), join(storage, 'd'));
      await withServerOn(storage, async ({ url }) => {
        const without = <T extends { id: string }>(stat: T) => ({ ...stat, id: '' });
        const pass = passOn(
          { cacheDirectory: cache, targetUrl: url('/'), autoRemove: 'cached' },
          {
            around: (store) => ({
              stat: async (...query) => {
                const stat = await store.stat(...query);
                return stat && without(stat);
              },
              surroundings: async (...query) =>
                (await store.surroundings(...query)).map((each) => ({ ...each, stat: without(each.stat) })),
            }),
          },
        );
        await assert.rejects(pass, /is found in .*\/d(\/e)? on the server, too/);
      });
      assert.deepEqual(
        (await recordsIn(cache)).filter((name) => name.startsWith('d/')),
        NAMES.filter((name) => name.startsWith('d/')),
      );
    });
  });

  it('for one directory only, by a mount: its records stay', async function () {
    await withPlaces(NAMES, async ({ cache, storage }) => {
      await openToAll(join(storage, 'd'));
      await open(storage);
      mount(['--bind', join(cache, 'd'), join(storage, 'd')], this);
      try {
        await withServerOn(storage, async ({ url }) => {
          await refused(cache, url('/'), /\/d(\/e)? is .*\/cache\/d/);
        });
      } finally {
        execFileSync('umount', [join(storage, 'd')]);
      }
      assert.deepEqual(
        (await recordsIn(cache)).filter((name) => name.startsWith('d/')),
        NAMES.filter((name) => name.startsWith('d/')),
      );
    });
  });
});

describe('a directory of the server that is another one of the cache', () => {
  it('by a link: what would end under a wrong name stays, exit 2', async () => {
    await withPlaces(['sub/x', 'other/y'], async ({ cache, storage }) => {
      await symlink(join(cache, 'other'), join(storage, 'sub'));
      await withServerOn(storage, async ({ url }) => {
        await refused(cache, url('/'), /\/sub is .*\/cache\/other/);
      });
      assert.deepEqual(
        (await recordsIn(cache)).filter((name) => name !== 'other/y'),
        ['sub/x'],
      );
    });
  });
});

describe('what is made, or linked, on the server', () => {
  it('a directory that becomes a link while a pass copies to it: its records stay', async () => {
    await withPlaces(['sub/x', 'sub/y', 'other/z'], async ({ cache, storage }) => {
      await withServerOn(storage, async ({ url }) => {
        let made = false;
        const pass = passOn(
          { cacheDirectory: cache, targetUrl: url('/'), autoRemove: 'cached' },
          {
            around: (store) => ({
              upload: async (...query) => {
                if (!made) symlinkSync(join(cache, 'other'), join(storage, 'sub'));
                made = true;
                return await store.upload(...query);
              },
            }),
          },
        );
        await assert.rejects(pass, /\/sub is .*\/cache\/other/);
      });
      const kept = await recordsIn(cache);
      assert.ok(kept.includes('sub/x') && kept.includes('sub/y'), kept.join());
    });
  });

  it('a file that is another record, by a link: it is not removed as the unfinished copy of one', async () => {
    await withPlaces(['sub/x', 'other/x'], async ({ cache, storage }) => {
      await writeFile(join(cache, 'sub/x'), 'the only bytes, whole');
      await writeFile(join(cache, 'other/x'), 'the only bytes');
      await utimes(join(cache, 'other/x'), 1e9, 1e9);
      await openToAll(join(storage, 'sub'));
      await symlink(join(cache, 'other/x'), join(storage, 'sub/x'));
      // Somebody still writes it, so that it isn't archived before.
      const writer = await openFile(join(cache, 'other/x'), 'r+');
      try {
        await withServerOn(storage, async ({ url }) => {
          const { archive } = archiveOf({ cacheDirectory: cache, targetUrl: url('/'), autoRemove: 'cached' });
          const report = await archive.backup();
          assert.deepEqual(counts(report), { scanned: 2, kept: 1, failed: 1 });
          assert.equal(report.failures[0]?.code, 'SharedStorage');
          assert.match(report.failures[0].message, /is other\/x of the cache, by a link/);
        });
      } finally {
        await writer.close();
      }
      assert.equal(await readFile(join(cache, 'other/x'), 'utf8'), 'the only bytes');
      assert.equal(await readFile(join(cache, 'sub/x'), 'utf8'), 'the only bytes, whole');
    });
  });

  it('two disks of their own are two, though their roots have one number and one time', async function () {
    await withTemp(async (directory) => {
      const [cache, storage] = [join(directory, 'cache'), join(directory, 'storage')];
      await open(directory);
      const mounted: string[] = [];
      try {
        for (const place of [cache, storage]) {
          await mkdir(place);
          mount(['-t', 'tmpfs', '-o', 'mode=777', 'tmpfs', place], this);
          mounted.push(place);
        }
        await writeRecords(cache);
        await openToAll(join(storage, 'd/e'));
        await chmod(join(storage, 'd'), 0o777);
        await withServerOn(storage, async ({ url }) => {
          for (const place of ['', 'd', 'd/e'])
            for (const root of [cache, storage]) await utimes(join(root, place), 1e9, 1e9);
          const options = { cacheDirectory: cache, targetUrl: url('/'), autoRemove: 'cached' } as const;
          const report = await archiveOf(options).archive.backup();
          assert.deepEqual(counts(report), { scanned: 5, copied: 5, removedAfterCopy: 5 });
        });
      } finally {
        for (const place of mounted) execFileSync('umount', ['-l', place]);
      }
    });
  });
});

/** Leaves the test out where that isn't allowed. */
function mount(options: readonly string[], test: Mocha.Context): void {
  try {
    execFileSync('mount', options, { stdio: 'ignore' });
  } catch {
    test.skip();
  }
}

describe('the search for storage in the cache', () => {
  async function withStorageBeside(
    use: (options: { cacheDirectory: string; targetUrl: string }) => Promise<void>,
  ): Promise<void> {
    await withPlaces(NAMES, async ({ cache, storage }) => {
      await withServerOn(storage, async ({ url }) => {
        await use({ cacheDirectory: cache, targetUrl: url('/') });
      });
    });
  }

  it('ends before the first record is captured', async () => {
    await withStorageBeside(async ({ cacheDirectory, targetUrl }) => {
      const captured: string[] = [];
      const { report } = await passOn(
        { cacheDirectory, targetUrl, autoRemove: 'cached' },
        {
          around: (store) => ({
            surroundings: (...query) => {
              const names = readdirSync(cacheDirectory, { recursive: true, encoding: 'utf8' });
              captured.push(...names.filter((name) => name.includes('.removing')));
              return store.surroundings(...query);
            },
          }),
        },
      );
      assert.deepEqual(counts(report), { scanned: 5, copied: 5, removedAfterCopy: 5 });
      assert.deepEqual(captured, []);
    });
  });

  it('is made again when it failed', async () => {
    await withStorageBeside(async ({ cacheDirectory, targetUrl }) => {
      let calls = 0;
      const { report } = await passOn(
        { cacheDirectory, targetUrl, autoRemove: 'cached' },
        {
          around: (store) => ({
            surroundings: (...query) => {
              calls += 1;
              if (calls === 2) throw expired(targetUrl);
              return store.surroundings(...query);
            },
          }),
        },
      );
      assert.ok(calls >= 3, String(calls));
      assert.deepEqual(counts(report), { scanned: 5, copied: 5, removedAfterCopy: 5 });
      assert.deepEqual(await recordsIn(cacheDirectory), []);
    });
  });

  it('a storage in the cache that changes all the time is found, too', async () => {
    await withTemp(async (directory) => {
      const cache = join(directory, 'cache');
      await open(directory);
      await writeRecords(cache);
      await openToAll(join(cache, 'srv'));
      const data = join(cache, 'srv/data');
      await withServerOn(data, async ({ url }) => {
        // Something comes and goes in it during each look.
        const change = () => {
          mkdirSync(join(data, 'busy'), { recursive: true });
          rmdirSync(join(data, 'busy'));
        };
        const pass = passOn(
          { cacheDirectory: cache, targetUrl: url('/'), autoRemove: 'cached' },
          {
            around: (store) => ({
              surroundings: async (...query) => {
                change();
                const answer = await store.surroundings(...query);
                change();
                return answer;
              },
            }),
          },
        );
        await assert.rejects(pass, /the server's storage lies in/);
      });
      assert.deepEqual(
        (await recordsIn(cache)).filter((name) => !name.startsWith('srv/')),
        NAMES,
      );
    });
  });
});

describe('a target beside, in and around a cache', () => {
  it("the server's storage lies in the cache: nothing goes", async () => {
    await withTemp(async (directory) => {
      const cache = join(directory, 'cache');
      await open(directory);
      await writeRecords(cache);
      await withServerOn(join(cache, 'srv/data'), async ({ url }) => {
        await chmod(join(cache, 'srv'), 0o777);
        await refused(cache, url('/'), /the server's storage lies in/);
      });
      const kept = (await recordsIn(cache)).filter((name) => !name.startsWith('srv/'));
      assert.deepEqual(kept, NAMES);
    });
  });

  it("the target's base lies in the cache", async () => {
    await withTemp(async (directory) => {
      const cache = join(directory, 'cache');
      await writeRecords(cache);
      await withServerOn(directory, async ({ url }) => {
        await refused(cache, url('/cache/new/base'), /the target's base lies in/);
      });
      assert.deepEqual(await recordsIn(cache), NAMES);
    });
  });

  it("the cache lies in the server's storage", async () => {
    await withTemp(async (directory) => {
      const cache = join(directory, 'sub/cache');
      await writeRecords(cache);
      await withServerOn(directory, async ({ url }) => {
        await refused(cache, url('/'), /lies in the server's storage/);
      });
      assert.deepEqual(await recordsIn(cache), NAMES);
    });
  });

  it('the base lies in the cache of another archive', async () => {
    await withTemp(async (directory) => {
      const [cache, other] = [join(directory, 'cache'), join(directory, 'other')];
      await open(directory);
      await writeRecords(cache);
      await writeRecords(other, ['x']);
      await withServerOn(join(directory, 'elsewhere'), async ({ url }) => {
        await archiveOf({ cacheDirectory: other, targetUrl: url('/'), autoRemove: 'never' }).archive.backup();
      });
      await withServerOn(directory, async ({ url }) => {
        await refused(cache, url('/other/base'), /lies in a cache/);
      });
      assert.deepEqual(await recordsIn(cache), NAMES);
    });
  });

  it('a record that is a hard link of its copy stays; the others go', async () => {
    await withPlaces(NAMES, async ({ cache, storage }) => {
      await link(join(cache, 'a'), join(storage, 'a'));
      await withServerOn(storage, async ({ url }) => {
        const options = { cacheDirectory: cache, targetUrl: url('/'), autoRemove: 'cached' } as const;
        const { archive } = archiveOf({ ...options, unfinishedAfterSeconds: 0 });
        const report = await archive.backup();
        assert.deepEqual(counts(report), { scanned: 5, copied: 4, removedAfterCopy: 4, failed: 1 });
        assert.equal(report.failures[0]?.code, 'SharedStorage');
      });
      assert.deepEqual(await recordsIn(cache), ['a']);
    });
  });

  it('side by side on one disk they are two', async () => {
    await withTemp(async (directory) => {
      const [cache, storage] = [join(directory, 'cache'), join(directory, 'storage')];
      await writeRecords(cache);
      await openToAll(storage);
      await withServerOn(directory, async ({ url }) => {
        const options = { cacheDirectory: cache, targetUrl: url('/storage'), autoRemove: 'cached' } as const;
        const report = await archiveOf(options).archive.backup();
        assert.deepEqual(counts(report), { scanned: 5, copied: 5, removedAfterCopy: 5 });
      });
      assert.deepEqual(await recordsIn(storage), NAMES);
    });
  });
});

describe('online storage and its target', () => {
  const retention = { period: '1d', confirmed: true };

  it('a directory that is the storage of the target: refused', async () => {
    await withTemp(async (directory) => {
      const [cache, storage] = [join(directory, 'cache'), join(directory, 'storage')];
      await open(directory);
      await mkdir(cache);
      await writeRecords(storage);
      await withServerOn(directory, async ({ url }) => {
        const { archive } = archiveOf({
          ...{ cacheDirectory: cache, targetUrl: url('/storage') },
          retention: { ...retention, onlineDirectory: storage },
        });
        await assert.rejects(archive.retention(), /are one directory/);
      });
      assert.deepEqual(await recordsIn(storage), NAMES);
    });
  });

  it('a directory in the cache, or around it: refused', async () => {
    await withTemp(async (directory) => {
      const cache = join(directory, 'cache');
      await open(directory);
      await writeRecords(cache);
      await withServerOn(join(directory, 'storage'), async ({ url }) => {
        for (const [onlineDirectory, how] of [
          [directory, /has the cache in it/],
          [join(cache, 'd'), /lies in the cache/],
        ] as const) {
          const { archive } = archiveOf({
            ...{ cacheDirectory: cache, targetUrl: url('/') },
            retention: { ...retention, onlineDirectory },
          });
          await assert.rejects(archive.retention(), how);
        }
      });
      assert.deepEqual(await recordsIn(cache), NAMES);
    });
  });

  it('a server that is a second door to the target: refused', async () => {
    await withTemp(async (directory) => {
      const [cache, storage] = [join(directory, 'cache'), join(directory, 'storage')];
      await open(directory);
      await mkdir(cache);
      await writeRecords(storage);
      await withServerOn(storage, async ({ url: door }) => {
        await withServerOn(directory, async ({ url }) => {
          const { archive } = archiveOf({
            ...{ cacheDirectory: cache, targetUrl: url('/storage') },
            retention: { ...retention, onlineUrl: door('/') },
          });
          await assert.rejects(archive.retention(), /are one directory/);
        });
      });
      assert.deepEqual(await recordsIn(storage), NAMES);
    });
  });
});
