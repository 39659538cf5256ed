/** `verify --catalogue`: what is missing, differs or is no longer on tape is named, and nothing else; what can't be asked is no loss. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalogue } from '../../lib/catalogue/catalogue.js';
import type { Change } from '../../lib/catalogue/changes.js';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { resolveOptions } from '../../lib/config/index.js';
import {
  checksumFile,
  ConfigError,
  XRootDError,
  type ArchiveOptions,
  type CatalogueAudit,
  type Report,
} from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { verify, type VerifyOptions } from '../../lib/jobs/verify/verify.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import { inSample } from '../../lib/rules/sampling.js';
import { inShard } from '../../lib/rules/sharding.js';
import {
  assertAddsUp,
  counts,
  keepingLogger,
  withArchive,
  withSharedArchive,
  type Bench,
} from '../support/archive.js';
import { allRows, factsOf, fileIn, mustOpen } from '../support/catalogue.js';
import { expired } from '../support/passes.js';
import { bytesOf, writeRecord } from '../support/records.js';
import { many, type Records } from '../support/tape.js';

const failures = ({ failures }: Report) => failures.map(({ code, path }) => `${code} ${path}`).sort();

async function change(bench: Bench, changes: readonly Change[]): Promise<void> {
  await using catalogue = await mustOpen(bench.archive().config, { mode: 'write' });
  for (const each of changes) catalogue.note(each);
  await catalogue.flush();
}

async function rowsBy(bench: Bench): Promise<Map<string, CatalogueRow>> {
  await using catalogue = await mustOpen(bench.archive().config, { mode: 'read' });
  return new Map((await allRows(catalogue)).map((row) => [row.path, row]));
}

const rowIn = async (bench: Bench, path: string) => (await rowsBy(bench)).get(path);

/** Copies records and notes them as a pass does; their files stay in the cache. */
async function copied(bench: Bench, records: Records): Promise<void> {
  for (const [name, size] of records) await writeRecord(bench.cache, name, size);
  await bench.pass({ autoRemove: 'never', catalogue: false });
  const changes = records.map(async ([path, size]): Promise<Change> => {
    const checksums = await Promise.all(
      (['adler32', 'crc32c'] as const).map((type) => checksumFile(join(bench.cache, path), { type })),
    );
    return {
      kind: 'compared',
      facts: factsOf(path, { size, checksums }),
      at: 1000,
      copied: true,
      onTape: null,
    };
  });
  await change(bench, await Promise.all(changes));
  bench.events.length = 0;
}

/** The local files go. */
async function gone(bench: Bench, paths: readonly string[]): Promise<void> {
  const rows = await rowsBy(bench);
  await change(
    bench,
    paths.flatMap((path): Change[] => {
      const facts = rows.get(path);
      assert.ok(facts);
      return [
        { kind: 'removing', facts, at: 2000, rule: 'cached', onTape: null },
        { kind: 'removed', path, at: 2000 },
      ];
    }),
  );
  for (const path of paths) await rm(join(bench.cache, path));
}

async function withGone(records: Records, use: (bench: Bench) => Promise<void>): Promise<void> {
  await withSharedArchive(async (bench) => {
    await copied(bench, records);
    await gone(
      bench,
      records.map(([name]) => name),
    );
    await use(bench);
  });
}

async function audit(
  bench: Bench,
  more: Partial<CatalogueAudit> = {},
  options: Partial<ArchiveOptions> = {},
) {
  bench.events.length = 0;
  const report = await bench.archive(options).verify([], { against: { catalogue: true, ...more } });
  assertAddsUp(report);
  return report;
}

/** With something around the store. */
async function auditUnder(
  bench: Bench,
  around: (store: LimitedStore) => Partial<LimitedStore>,
  options: VerifyOptions = {},
): Promise<Report> {
  const { cache: cacheDirectory, sandbox } = bench;
  const config = resolveOptions({ cacheDirectory, targetUrl: sandbox.url, retryDelaySeconds: 0 });
  const store = openStore(config);
  const { logger } = keepingLogger();
  const dependencies = {
    config,
    logger,
    events: new EventBus(logger),
    open: () => ({ ...store, ...around(store) }),
  };
  const report = await verify(dependencies, [], { against: { catalogue: true }, ...options });
  assertAddsUp(report);
  return report;
}

const lostIn = async (bench: Bench) =>
  [...(await rowsBy(bench)).values()].filter(({ lost }) => lost !== null);

describe('verify --catalogue', () => {
  it('names exactly what is missing, truncated, changed with its stored checksum, no longer on tape, and extra', async () => {
    await withSharedArchive(async (bench) => {
      const { sandbox } = bench;
      const onTape = many(10);
      const later = many(30).slice(10);
      await copied(bench, onTape);
      await sandbox.migrateAll();
      await copied(bench, later);
      await gone(
        bench,
        many(30).map(([name]) => name),
      );
      await sandbox.evict(['d0/r0', 'd1/r1']);
      const names = later.map(([name]) => name);
      const [missing, truncated, changed, off = ''] = [
        names.slice(0, 3),
        names.slice(3, 6),
        names.slice(6, 9),
        names[9],
      ];
      for (const name of missing) await rm(sandbox.diskPath(name));
      for (const name of truncated) await truncate(sandbox.diskPath(name), 7);
      // Its stored checksum goes with it, its time stays.
      for (const name of changed) await sandbox.corrupt(name);
      await change(bench, [{ kind: 'on_tape', path: off, at: 3000 }]);
      await writeFile(sandbox.diskPath('d1/extra'), 'extra');
      await mkdir(sandbox.diskPath('.xrootd-archive.catalogue'));
      await writeFile(sandbox.diskPath('.xrootd-archive.catalogue/1.jsonl.zst'), 'a segment');

      const before = Date.now();
      const report = await audit(bench, { extra: true });
      assert.deepEqual(failures(report), [
        ...[...missing, ...truncated, ...changed].map((name) => `LostCopy ${name}`).sort(),
        'NotInCatalogue d1/extra',
        `NotOnTape ${off}`,
      ]);
      assert.deepEqual(counts(report), { scanned: 31, verified: 20, failed: 11 });
      const messageOf = (name = '') => report.failures.find(({ path }) => path === name)?.message ?? '';
      assert.equal(messageOf(missing[0]), 'it has left the cache, and the server has no such file');
      assert.match(
        messageOf(truncated[0]),
        /^it has left the cache, and the remote file has 7 bytes, 51\d are expected$/,
      );
      assert.match(messageOf(changed[0]), /and the remote file has (adler32|crc32c):\w+, .* is expected$/);
      assert.equal(messageOf('d1/extra'), "the server has it (5 bytes), the catalogue doesn't");
      assert.equal(bench.events.filter(({ type }) => type === 'file:verified').length, 20);
      const progress = bench.events.flatMap((event) => (event.type === 'progress' ? [event] : [])).at(-1);
      const bytes = many(30).reduce((sum, [, size]) => sum + size, 0);
      const { filesDone, filesKnown, bytesKnown, walkDone, etaSeconds } = progress ?? {};
      assert.deepEqual([filesDone, filesKnown, bytesKnown, walkDone, etaSeconds], [30, 30, bytes, true, 0]);

      const rows = await rowsBy(bench);
      for (const [path, { audited, audit: result, lost, loss, onTape: since }] of rows) {
        assert.ok(audited !== null && audited >= before, path);
        const isLost = [...missing, ...truncated, ...changed].includes(path);
        assert.equal(lost !== null && lost >= before, isLost, path);
        if (isLost) assert.equal(loss, result);
        else
          assert.equal(result, path === off ? 'it was on tape, and no longer is, as the server says' : 'ok');
        const isMigrated = onTape.some(([name]) => name === path);
        assert.equal(since !== null, isMigrated || path === off, path);
      }
      assert.equal(rows.get(missing[0] ?? '')?.audit, 'the server has no such file');
      assert.deepEqual('prepares' in sandbox ? sandbox.prepares : [], []);
    });
  });

  it("what was changed under the server's own checksum is found where that was asked for", async () => {
    await withGone(
      [
        ['a', 2_000_000],
        ['b', 2_000_000],
      ],
      async (bench) => {
        const { sandbox } = bench;
        for (const name of ['a', 'b']) await utimes(sandbox.diskPath(name), 1e9, 1e9);
        assert.deepEqual(counts(await audit(bench)), { scanned: 2, verified: 2 });
        await sandbox.corrupt('b');
        assert.deepEqual(failures(await audit(bench)), ['LostCopy b']);
        // The stored checksum still is that of the old bytes: whoever asks for it learns nothing; reading does.
        await sandbox.corrupt('a', { keepChecksums: true });
        assert.deepEqual(failures(await audit(bench)), ['LostCopy b']);
        assert.deepEqual(failures(await audit(bench, {}, { verify: 'read' })), ['LostCopy a', 'LostCopy b']);
      },
    );
  });

  it('a record that is still in the cache is not lost', async () => {
    await withSharedArchive(async (bench) => {
      await copied(bench, many(3));
      await rm(bench.sandbox.diskPath('d0/r0'));
      await bench.sandbox.corrupt('d1/r1');
      const report = await audit(bench);
      assert.deepEqual(failures(report), ['Conflict d1/r1', 'NotFound d0/r0']);
      assert.deepEqual(counts(report), { scanned: 3, verified: 1, failed: 1, conflicts: 1 });
      assert.deepEqual(await lostIn(bench), []);
      const rows = await rowsBy(bench);
      assert.deepEqual(
        ['d0/r0', 'd2/r2'].map((path) => rows.get(path)?.audit),
        ['the server has no such file', 'ok'],
      );
    });
  });

  it('what is found again, identical, is no longer lost; a size alone takes nothing back', async () => {
    await withGone(many(3), async (bench) => {
      const path = bench.sandbox.diskPath('d0/r0');
      await rename(path, `${path}.away`);
      assert.deepEqual(failures(await audit(bench)), ['LostCopy d0/r0']);
      const first = (await lostIn(bench))[0]?.lost;
      assert.deepEqual(failures(await audit(bench)), ['LostCopy d0/r0']);
      assert.equal((await lostIn(bench))[0]?.lost, first);
      await rename(`${path}.away`, path);
      assert.deepEqual(counts(await audit(bench, { bytes: false })), { scanned: 3, verified: 3 });
      assert.equal((await lostIn(bench)).length, 1);
      assert.deepEqual(counts(await audit(bench)), { scanned: 3, verified: 3 });
      assert.deepEqual(await lostIn(bench), []);
    });
  });

  it('sizes alone are no proof: nothing counts as audited; what is missing is found', async () => {
    await withGone(many(3), async (bench) => {
      await bench.sandbox.corrupt('d0/r0');
      await rm(bench.sandbox.diskPath('d1/r1'));
      const report = await audit(bench, { bytes: false });
      assert.deepEqual(failures(report), ['LostCopy d1/r1']);
      assert.deepEqual(counts(report), { scanned: 3, verified: 2, failed: 1 });
      const audits = [...(await rowsBy(bench)).values()].map(({ audit }) => audit);
      assert.deepEqual(audits, [null, 'the server has no such file', null]);
    });
  });

  it('a dry run writes nothing', async () => {
    await withGone(many(3), async (bench) => {
      await rm(bench.sandbox.diskPath('d1/r1'));
      const rows = await rowsBy(bench);
      const options = { against: { catalogue: true, samplePercent: 70 } as const, dryRun: true };
      const report = await bench.archive().verify([], options);
      assert.deepEqual(failures(report), ['LostCopy d1/r1']);
      assert.equal(report.dryRun, true);
      assert.deepEqual(await rowsBy(bench), rows);
      assert.deepEqual(await bench.archive().verify([], options).then(failures), ['LostCopy d1/r1']);
    });
  });

  it('paths choose rows; what is not in the catalogue is told', async () => {
    await withGone(many(20), async (bench) => {
      const report = await bench
        .archive()
        .verify(['d1', 'd2/r2', 'no', 'd2/*9*'], { against: { catalogue: true, extra: true } });
      assertAddsUp(report);
      assert.deepEqual(counts(report), { scanned: 6, verified: 5, failed: 1 });
      assert.deepEqual(failures(report), ['NotFound no']);
      assert.equal(report.failures[0]?.message, 'nothing in the catalogue is named so');
    });
  });

  it('a random sample is that of its seed', async () => {
    await withGone(many(40), async (bench) => {
      const options = { against: { catalogue: true } as const, sample: 50, seed: 'x' };
      const report = await bench.archive().verify([], options);
      assertAddsUp(report);
      const drawn = many(40).filter(([name]) => inSample(name, 'x', 50));
      assert.deepEqual(counts(report), { scanned: drawn.length, verified: drawn.length });
      assert.equal(report.seed, 'x');
    });
  });

  it('a shard compares the rows of its own file', async () => {
    await withGone(many(10), async (bench) => {
      const rows = await rowsBy(bench);
      for (const index of [0, 1]) {
        const shard = { index, count: 2 };
        const own = [...rows.values()].filter(({ path }) => inShard(path, shard));
        await using file = await mustOpen(bench.archive().config, { mode: 'write', shard });
        for (const row of own) file.note({ kind: 'imported', row });
        await file.flush();
        const report = await bench.archive().verify([], { against: { catalogue: true }, shard });
        assert.deepEqual(counts(report), { scanned: own.length, verified: own.length });
        assert.ok((await allRows(file)).every(({ audit }) => audit === 'ok'));
      }
    });
  });

  it('without a shard the rows of all files are compared; what is found goes into those that have the record', async () => {
    await withGone(many(10), async (bench) => {
      const rows = [...(await rowsBy(bench)).values()];
      const { config } = bench.archive();
      await using one = await mustOpen(config, { mode: 'write', shard: { index: 0, count: 2 } });
      await using two = await mustOpen(config, { mode: 'write', shard: { index: 1, count: 2 } });
      for (const row of rows.slice(0, 6)) one.note({ kind: 'imported', row });
      for (const row of rows.slice(5)) two.note({ kind: 'imported', row });
      // An earlier record of that name.
      const earlier = { copied: 800, compared: 900, removing: 900, removed: 900 };
      const [first, , , , , shared] = rows;
      assert.ok(first && shared);
      two.note({ kind: 'imported', row: { ...first, size: first.size + 1, ...earlier } });
      await one.flush();
      await two.flush();
      await rm(fileIn(bench.cache));
      await rm(bench.sandbox.diskPath(shared.path));

      const half = await audit(bench, { samplePercent: 50 });
      const rest = await audit(bench, { samplePercent: 50 });
      assert.equal((half.verified ?? 0) + (rest.verified ?? 0), 9);
      assert.deepEqual([...failures(half), ...failures(rest)], [`LostCopy ${shared.path}`]);
      const result = async (file: Catalogue) =>
        (await allRows(file)).map(({ path, audit: found, lost }) => [path, found, lost !== null]);
      const missing = 'the server has no such file';
      const wanted = rows.map(({ path }) =>
        path === shared.path ? [path, missing, true] : [path, 'ok', false],
      );
      assert.deepEqual(await result(one), wanted.slice(0, 6));
      assert.deepEqual(await result(two), [[first.path, null, false], ...wanted.slice(5)]);
      assert.equal(await two.meta('audit_round'), undefined);
      assert.ok((await one.meta('audit_round')) !== undefined);
    });
  });

  it('a record that no pass has noted yet, but that is in the cache, is not extra', async () => {
    await withGone(many(2), async (bench) => {
      await writeRecord(bench.cache, 'new', 10);
      await bench.pass({ autoRemove: 'never', catalogue: false });
      const report = await audit(bench, { extra: true });
      assert.deepEqual(counts(report), { scanned: 3, verified: 2, kept: 1 });
    });
  });

  it('the pass is remembered, without names', async () => {
    await withGone(many(2), async (bench) => {
      await rm(bench.sandbox.diskPath('d1/r1'));
      await audit(bench);
      await using catalogue = await mustOpen(bench.archive().config, { mode: 'read' });
      const [last] = await catalogue.passes(1);
      assert.equal(last?.job, 'verify');
      const { scanned, failed } = JSON.parse(last.report) as Report;
      assert.deepEqual([scanned, failed, last.report.includes('r1')], [2, 1, false]);
    });
  });
});

describe('verify --catalogue, where the server has no fitting checksum', () => {
  it('reads back what is small and online; keeps the rest, with the reason', async () => {
    const extraConfig = ['xrootd.chksum max 4 md5'];
    await withArchive({ migrationDelay: 'never', extraConfig }, async (bench) => {
      const records: Records = [
        ['small', 1000],
        ['large', 2_000_000],
        ['offline', 1000],
        ['empty', 0],
      ];
      await copied(bench, records);
      await bench.sandbox.migrateAll();
      await bench.sandbox.evict(['offline']);
      await gone(
        bench,
        records.map(([name]) => name),
      );
      const report = await audit(bench);
      assert.deepEqual(counts(report), { scanned: 4, verified: 2, kept: 2 });
      const reason = 'not compared: the server has no checksum of a type that the catalogue has';
      const moment = 'not compared: it was written on the server a moment ago';
      for (const each of Object.keys(report.keptReasons)) assert.ok([reason, moment].includes(each), each);
      const rows = await rowsBy(bench);
      assert.deepEqual(
        [...rows.values()].map(({ path, audit }) => [path, audit]),
        [
          ['empty', 'ok'],
          ['large', null],
          ['offline', null],
          ['small', 'ok'],
        ],
      );
      assert.ok([...rows.values()].every(({ onTape }) => onTape !== null));
      assert.deepEqual(bench.sandbox.prepares, []);
      await bench.sandbox.corrupt('small', { copy: 'disk' });
      assert.deepEqual(failures(await audit(bench)), ['LostCopy small']);
    });
  });
});

describe('verify --catalogue, where only a prepare query tells of tape', () => {
  it('tape_state says who is asked whether a record still is on tape', async () => {
    await withArchive({ migrationDelay: 'never', backUpFlag: false }, async (bench) => {
      await copied(bench, many(2));
      await gone(
        bench,
        many(2).map(([name]) => name),
      );
      await bench.sandbox.migrateAll();
      await change(bench, [{ kind: 'on_tape', path: 'd0/r0', at: 3000 }]);
      assert.deepEqual(failures(await audit(bench)), ['NotOnTape d0/r0']);
      assert.equal((await rowIn(bench, 'd1/r1'))?.onTape, null);
      const report = await audit(bench, {}, { tapeState: 'query' });
      assert.deepEqual(counts(report), { scanned: 2, verified: 2 });
      assert.notEqual((await rowIn(bench, 'd1/r1'))?.onTape, null);
    });
  });
});

describe('verify --catalogue: a check that could not be made is no loss', () => {
  it('the server is gone: the job fails, and nothing is lost', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await copied(bench, many(300));
      await gone(
        bench,
        many(300).map(([name]) => name),
      );
      const archive = bench.archive({ requestTimeoutSeconds: 2, retryAttempts: 1 });
      const against = { catalogue: true } as const;
      let killed: Promise<void> | undefined;
      archive.on('file:verified', () => void (killed ??= bench.sandbox.kill()));
      await assert.rejects(archive.verify([], { against }), XRootDError);
      assert.ok(killed !== undefined);
      await assert.rejects(archive.verify([], { against }), XRootDError);
      assert.deepEqual(await lostIn(bench), []);
      const rows = [...(await rowsBy(bench)).values()];
      assert.ok(rows.every(({ audit }) => audit === null || audit === 'ok'));
    });
  });

  it('a stat that fails for one file: failed, not lost', async () => {
    await withGone(many(5), async (bench) => {
      const report = await auditUnder(bench, (store) => ({
        statMany: async (names, signal) =>
          (await store.statMany(names, signal)).map((stat, i) =>
            names[i] === 'd1/r1' ? expired('d1/r1') : stat,
          ),
        stat: (name, signal) => (name === 'd1/r1' ? Promise.reject(expired(name)) : store.stat(name, signal)),
      }));
      assert.deepEqual(counts(report), { scanned: 5, verified: 4, failed: 1 });
      assert.deepEqual(failures(report), ['OperationExpired d1/r1']);
      assert.deepEqual(await lostIn(bench), []);
      assert.equal((await rowIn(bench, 'd1/r1'))?.audited, null);
    });
  });

  it('a checksum that cannot be had: failed, not lost', async () => {
    await withGone([['large', 2_000_000]], async (bench) => {
      await utimes(bench.sandbox.diskPath('large'), 1e9, 1e9);
      const report = await auditUnder(bench, () => ({
        checksum: (name) => {
          const status = { status: 1, code: 400, errNo: 3012, message: 'Program failed' };
          return Promise.reject(new XRootDError(status, { operation: 'query checksum', target: name }));
        },
      }));
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
      assert.notEqual(report.failures[0]?.code, 'LostCopy');
      assert.deepEqual(await lostIn(bench), []);
    });
  });

  it('a server that says for a moment that a file is missing, or not on tape, is asked again', async () => {
    await withGone(many(5), async (bench) => {
      await change(bench, [{ kind: 'on_tape', path: 'd2/r2', at: 3000 }]);
      await bench.sandbox.migrateAll();
      const report = await auditUnder(bench, (store) => ({
        statMany: async (names, signal) =>
          (await store.statMany(names, signal)).map((stat, i) => {
            if (names[i] === 'd1/r1') return null;
            return names[i] === 'd2/r2' && stat !== null && !(stat instanceof Error)
              ? { ...stat, backUpExists: false }
              : stat;
          }),
      }));
      assert.deepEqual(counts(report), { scanned: 5, verified: 5 });
      assert.deepEqual(await lostIn(bench), []);
    });
  });

  it('a row that a pass changes meanwhile is compared as it is then', async () => {
    await withGone(many(3), async (bench) => {
      const path = 'd1/r1';
      const bytes = bytesOf('other', 900);
      await writeFile(bench.sandbox.diskPath(path), bytes);
      await writeFile(join(bench.cache, 'other'), bytes);
      const checksums = [await checksumFile(join(bench.cache, 'other'), { type: 'crc32c' })];
      await rm(join(bench.cache, 'other'));
      let asked = false;
      const report = await auditUnder(bench, (store) => ({
        ping: async (signal) => {
          await store.ping(signal);
          if (!asked) return;
          const facts = factsOf(path, { size: 900, checksums });
          await change(bench, [{ kind: 'compared', facts, at: Date.now(), copied: true, onTape: null }]);
        },
        statMany: async (names, signal) => {
          asked = true;
          return await store.statMany(names, signal);
        },
      }));
      assert.equal((await rowIn(bench, path))?.size, 900);
      assert.equal(report.verified, 3);
      // The record that the pass replaced had left the cache: that one is lost.
      assert.deepEqual(failures(report), [`LostCopy ${path}`]);
    });
  });

  it("data servers with different files: the check can't be made", async () => {
    await withGone(many(3), async (bench) => {
      await bench.sandbox.corrupt('d1/r1');
      const report = await auditUnder(bench, () => ({
        differing: () => Promise.resolve(['root://a', 'root://b']),
      }));
      assert.deepEqual(failures(report), ['Unverified d1/r1']);
      assert.match(
        report.failures[0]?.message ?? '',
        /several data servers have different files of this name: root:\/\/a/,
      );
      assert.deepEqual(await lostIn(bench), []);
    });
  });

  it('a base that is gone as a whole, as of a storage that is not mounted, ends the job', async () => {
    await withGone(many(300), async (bench) => {
      const base = bench.sandbox.diskPath('.');
      await rename(base, `${base.replace(/\/\.?$/, '')}-away`);
      await assert.rejects(audit(bench), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /is its storage mounted\?/);
        return true;
      });
      assert.deepEqual(await lostIn(bench), []);
    });
  });

  it('without a catalogue, or with a damaged one, nothing is made and nothing put aside', async () => {
    await withSharedArchive(async (bench) => {
      await assert.rejects(audit(bench), /there is no catalogue at/);
      await assert.rejects(audit(bench, {}, { catalogue: false }), ConfigError);
      const file = join(bench.cache, '.xrootd-archive.catalogue');
      await assert.rejects(readFile(file), { code: 'ENOENT' });
      await writeFile(file, 'no database at all, but some text');
      await assert.rejects(audit(bench), { name: 'CatalogueError' });
      assert.equal(await readFile(file, 'utf8'), 'no database at all, but some text');
    });
  });
});

describe('verify --catalogue --sample-percent', () => {
  const verifiedIn = ({ events }: Bench) =>
    events.flatMap((event) => (event.type === 'file:verified' ? [event.path] : []));

  it('walks through all rows, and begins anew; rows that come behind its place are in the next round', async () => {
    const records = Array.from({ length: 10 }, (_, i): [string, number] => [`r${i}`, 100 + i]);
    await withGone(records, async (bench) => {
      const take = async () => {
        const report = await audit(bench, { samplePercent: 30 });
        const paths = verifiedIn(bench).sort();
        assert.equal(report.scanned, paths.length);
        return paths;
      };
      assert.deepEqual(await take(), ['r0', 'r1', 'r2']);
      await writeRecord(bench.cache, 'r1a', 10);
      await copied(bench, [['r1a', 10]]);
      assert.deepEqual(await take(), ['r3', 'r4', 'r5']);
      assert.deepEqual(await take(), ['r6', 'r7', 'r8']);
      assert.deepEqual(await take(), ['r9']);
      const rows = await rowsBy(bench);
      assert.deepEqual(
        [...rows.values()].filter(({ audit }) => audit !== 'ok').map(({ path }) => path),
        ['r1a'],
      );
      assert.deepEqual(await take(), ['r0', 'r1', 'r1a', 'r2']);
    });
  });

  it('an interrupted run goes on where it was', async () => {
    await withGone(many(600), async (bench) => {
      const archive = bench.archive();
      const stop = new AbortController();
      archive.on('file:verified', () => {
        stop.abort();
      });
      const options = { against: { catalogue: true, samplePercent: 100 } as const, signal: stop.signal };
      const report = await archive.verify([], options);
      assert.equal(report.interrupted, true);
      assert.ok(report.scanned < 600);
      const rest = await audit(bench, { samplePercent: 100 });
      assert.equal(rest.failed, 0);
      assert.ok([...(await rowsBy(bench)).values()].every(({ audit }) => audit === 'ok'));
    });
  });

  it('refuses what would leave rows out', async () => {
    await withGone(many(2), async (bench) => {
      const archive = bench.archive();
      const against = { catalogue: true, samplePercent: 10 } as const;
      for (const attempt of [
        archive.verify(['*.h5'], { against }),
        archive.verify([], { against, sample: 5 }),
        archive.verify([], { against: { ...against, extra: true } }),
        archive.verify([], { against: { ...against, samplePercent: 0 } }),
      ])
        await assert.rejects(attempt, ConfigError);
    });
  });
});
