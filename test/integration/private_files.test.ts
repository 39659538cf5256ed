/** What is ours, or was private, is readable by nobody else: at no moment, whatever the umask. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { confirm, isConfirmed } from '../../lib/cache/confirmation.js';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { StageJournal } from '../../lib/cache/stage_journal.js';
import { VerifiedMemo } from '../../lib/cache/verified_memo.js';
import { RESERVED_PREFIX } from '../../lib/rules/names.js';
import { copyFile } from '../../lib/xrdcl/index.js';
import { counts, withArchive, withSharedArchive } from '../support/archive.js';
import { writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

const large = 3_000_000;

async function withUmask(mask: number, use: () => Promise<void>): Promise<void> {
  const before = process.umask(mask);
  try {
    await use();
  } finally {
    process.umask(before);
  }
}

/** The worst modes of our own files below, by name, at any event. */
class Seen {
  readonly modes = new Map<string, number>();
  readonly #directories: string[];
  constructor(...directories: string[]) {
    this.#directories = directories;
  }
  readonly look = (): void => {
    for (const directory of this.#directories)
      for (const name of readdirSync(directory)) {
        if (!name.startsWith(RESERVED_PREFIX)) continue;
        const mode = lstatSync(join(directory, name), { throwIfNoEntry: false })?.mode ?? 0;
        this.modes.set(name, (this.modes.get(name) ?? 0) | (mode & 0o7777));
      }
  };
}

describe('private files', () => {
  for (const mask of [0, 0o077])
    it(`locks, memo, catalogue, segment, journal and confirmation, with umask ${mask.toString(8)}`, async () => {
      await withArchive({ migrationDelay: 'never', stageDelay: 0.2 }, async ({ sandbox, cache, archive }) =>
        withTemp(async (to) =>
          withUmask(mask, async () => {
            const seen = new Seen(cache, to);
            for (const name of ['a', 'b']) await writeRecord(cache, name, 3000);
            await utimes(join(cache, 'a'), 1e9, 1e9);
            const run = (more = {}) => {
              const made = archive({ catalogueSegments: true, stagePollMinSeconds: 0.1, ...more });
              made.onAny(seen.look);
              return made;
            };
            await run({ autoRemove: 'never' }).backup();
            await sandbox.migrateAll();
            const retention = { onlineDirectory: cache, period: 'P3Y' };
            await run({ retention }).retention({ confirm: true });
            await run().backup();
            await sandbox.evict(['a', 'b']);
            assert.equal(counts(await run().restore(['.'], { to }))['copied'], 2);
            seen.look();
            for (const part of [
              'lock',
              'verified',
              'catalogue',
              'catalogue-wal',
              'catalogue-shm',
              'catalogue.reserve-1',
              'staged',
              'retention',
            ])
              assert.ok(
                seen.modes.has(RESERVED_PREFIX + part),
                `${part} of ${[...seen.modes.keys()].join()}`,
              );
            for (const [name, mode] of seen.modes) {
              // A restored record whose mode nobody is to keep secret; a record under the name of its capture.
              if (/^(incoming|removing)\./.test(name.slice(RESERVED_PREFIX.length))) continue;
              assert.equal(mode & 0o077, 0, `${name} has ${mode.toString(8)}`);
            }
          }),
        ),
      );
    });

  it('a copy that is asked for it makes its file so that only the owner can read it, and others as ever', async () => {
    await withSharedArchive(async ({ sandbox, cache, archive }) =>
      withTemp(async (to) =>
        withUmask(0, async () => {
          for (const [name, size] of [
            ['small', 300],
            ['large', large],
          ] as const) {
            await writeRecord(cache, name, size);
            await archive({ autoRemove: 'never' }).backup();
            const source = `${sandbox.url}/${name}`;
            for (const [ownerOnly, mode] of [
              [true, 0o600],
              [false, 0o644],
              [true, 0o600],
            ] as const) {
              const target = join(to, `${name} ${String(mode)} ${Math.random()}`);
              assert.equal((await copyFile({ source, target, sizeHint: size, ownerOnly })).error, undefined);
              assert.equal(statSync(target).mode & 0o777, mode, `${name} ${ownerOnly}`);
            }
          }
          writeFileSync(join(to, 'ours'), '');
          assert.equal(statSync(join(to, 'ours')).mode & 0o777, 0o666, 'the umask of others is as it was');
        }),
      ),
    );
  });

  it('a private record that is restored is private under its temporary name, and has its mode at the end', async () => {
    await withSharedArchive(async ({ cache, archive }) =>
      withTemp(async (to) => {
        for (const [name, size, mode] of [
          ['small', 300, 0o600],
          ['large', large, 0o640],
        ] as const) {
          await writeRecord(cache, name, size);
          await chmod(join(cache, name), mode);
        }
        await archive({ autoRemove: 'never' }).backup();
        const seen = new Seen(to);
        const restoring = archive({ maxRate: 2_000_000 });
        restoring.onAny(seen.look);
        assert.deepEqual(counts(await restoring.restore(['.'], { to })), { scanned: 2, copied: 2 });
        const temporary = [...seen.modes].filter(([name]) => name.startsWith(`${RESERVED_PREFIX}incoming.`));
        assert.ok(temporary.length > 0, 'no temporary file was seen');
        // Each gets its record's mode when it is complete, just before it gets its name.
        for (const [name, mode] of temporary)
          assert.ok([0o600, 0o640].includes(mode), `${name} has ${mode.toString(8)}`);
        assert.equal((await stat(join(to, 'small'))).mode & 0o777, 0o600);
        assert.equal((await stat(join(to, 'large'))).mode & 0o777, 0o640);
      }),
    );
  });

  it('links and pipes in place of our small files are neither followed nor waited for', async () => {
    await withTemp(async (directory) => {
      const others = join(directory, 'others');
      await writeFile(others, 'precious');
      await mkdir(join(directory, 'cache'));
      const root = await CacheDirectory.openRoot(join(directory, 'cache'));
      try {
        const at = (name: string) => join(root.real, name);
        const settings = { period: 'P3Y' };
        for (const name of ['retention', 'retention.new', 'verified', 'verified.new', 'staged'])
          symlinkSync(others, at(RESERVED_PREFIX + name));
        const journal = new StageJournal(root, 'target');
        await assert.rejects(journal.add({ requestId: 'id', names: ['a'] }), { code: 'ELOOP' });
        await confirm(root, settings, new Date());
        assert.equal(await isConfirmed(root, settings), true);
        await (await VerifiedMemo.load(root, 'scope')).save(true);
        assert.equal(readFileSync(others, 'utf8'), 'precious');
        for (const name of ['retention', 'verified']) {
          execFileSync('rm', [at(RESERVED_PREFIX + name)]);
          execFileSync('mkfifo', [at(RESERVED_PREFIX + name)]);
        }
        execFileSync('rm', [at(`${RESERVED_PREFIX}staged`)]);
        execFileSync('mkfifo', [at(`${RESERVED_PREFIX}staged`)]);
        await assert.rejects(isConfirmed(root, settings), /no regular file/);
        await assert.rejects(new StageJournal(root, 'target').read(), /no regular file/);
        assert.equal((await VerifiedMemo.load(root, 'scope')).isEmpty, true);
      } finally {
        await root.close();
      }
    });
  });
});
