/** Hostile names on every way that a record's name takes: catalogue, lists, options, requests to tape, online storage, log, terminal. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { parseTarget } from '../../lib/config/target.js';
import { createLogger } from '../../lib/config/logger.js';
import { Archive } from '../../lib/index.js';
import { Monitor } from '../../lib/service/monitor.js';
import { collect, counts, keepingLogger, withArchive, type OwnBench } from '../support/archive.js';
import { allRows } from '../support/catalogue.js';
import { cli, jsonLines } from '../support/cli.js';
import { fateOf, hostileNames, type RawName } from '../support/hostile_names.js';
import { assertSame, readTree, writeRaw, type Tree } from '../support/raw_tree.js';
import { cut, pass as retentionPass } from '../support/retention.js';
import { opened } from '../support/segments.js';
import { quick } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const seed = Number(process.env['HOSTILE_SEED'] ?? Math.floor(Date.now() / 86_400_000));
const count = scaled('hostile names on each way', 40, 300);
const each = 8;
const utf8 = (name: RawName) => Buffer.from(name, 'latin1').toString();
const latin1 = (name: string): RawName => Buffer.from(name).toString('latin1');

/** Names of all fates in a cache. @returns those that are archived */
function plant({ cache, sandbox }: OwnBench): Tree {
  const { base } = parseTarget(sandbox.url);
  const carried: Tree = new Map();
  for (const name of hostileNames(count, seed)) {
    const bytes = `bytes of ${Buffer.from(name, 'latin1').toString('hex')}`;
    const fate = fateOf(name, base);
    if (fate === 'ours') continue;
    if (writeRaw(cache, name, bytes) && fate === 'carried') carried.set(name, bytes);
  }
  return carried;
}

/** All carried ones archived, on tape, and gone from the cache. */
/** Node.js can't remove what lies deeper than PATH_MAX. */
function removingAtEnd(directory: string): Disposable {
  return {
    [Symbol.dispose]: () => {
      execFileSync('rm', ['-rf', directory]);
    },
  };
}

async function withArchived(
  use: (bench: OwnBench, carried: Tree, names: string[]) => Promise<void>,
): Promise<void> {
  await withArchive({ migrationDelay: 'never' }, async (bench) => {
    using _removing = removingAtEnd(bench.cache);
    const carried = plant(bench);
    await bench.pass({ autoRemove: 'backed_up' });
    await bench.sandbox.migrateAll();
    const { removed } = await bench.pass({ autoRemove: 'backed_up', catalogueSegments: true });
    assert.equal(removed, carried.size);
    await use(bench, carried, [...carried.keys()].map(utf8));
  });
}

/** Of names that are tried one by one. */
const some = (names: string[]) => names.filter((_, index) => index % each === 0);

const namesOf = (paths: Iterable<string>) => [...paths].map(latin1).sort();

describe(`hostile names on all ways (HOSTILE_SEED=${seed})`, () => {
  it('come through the catalogue: found one by one, exported, imported, and rebuilt from segments and from the listing', async () => {
    await withArchived(async (bench, carried, names) => {
      const archive = bench.archive();
      const found = await collect(archive.find([], { list: names }));
      const paths = found.flatMap((item) => ('failed' in item ? [] : [item.path]));
      assert.deepEqual(namesOf(paths), [...carried.keys()].sort());
      for (const name of some(names)) {
        const [one, ...more] = await collect(archive.find([], { list: [name] }));
        assert.ok(one !== undefined && !('failed' in one) && more.length === 0, name);
        assert.equal(one.path, name);
      }
      await using catalogue = await opened(bench);
      const rows = await allRows(catalogue);
      assert.deepEqual(namesOf(rows.map(({ path }) => path)), [...carried.keys()].sort());

      await withTemp(async (cacheDirectory) => {
        const other = bench.archive({ cacheDirectory });
        // A list of checksums adds to rows that are there, and can't hold each name; what it does hold is right.
        for (const format of ['jsonl', 'checksums'] as const) {
          const lines = (await collect(archive.catalogue.export({ format }))).flatMap((each) =>
            'failed' in each ? [] : [each.line],
          );
          assert.ok(lines.length > rows.length * 0.9, `${format}: ${lines.length} of ${rows.length}`);
          const { imported, failed } = await other.catalogue.import(lines, { format });
          assert.deepEqual([imported, failed], [lines.length, 0], format);
        }
        await using again = await opened(bench, { cacheDirectory });
        assert.deepEqual((await allRows(again)).map(facts), rows.map(facts));
      });
      for (const from of ['segments', 'listing'] as const)
        await withTemp(async (cacheDirectory) => {
          const report = await bench.archive({ ...quick, cacheDirectory }).rebuild({ from });
          assert.deepEqual(report.failures, [], from);
          await using again = await opened(bench, { cacheDirectory });
          const rebuilt = await allRows(again);
          assert.deepEqual(namesOf(rebuilt.map(({ path }) => path)), [...carried.keys()].sort(), from);
          if (from === 'segments') assert.deepEqual(rebuilt, rows);
        });
    });
  });

  const facts = ({ path, size, checksums }: CatalogueRow) => [path, size, checksums];

  it('are restored by name, staged, evicted and verified: each the one that is meant', async () => {
    await withArchived(async (bench, carried, names) => {
      const archive = bench.archive(quick);
      const all = { scanned: names.length };
      assert.deepEqual(counts(await archive.evict([], { list: names })), { ...all, evicted: names.length });
      for (const name of names) assert.equal((await bench.sandbox.stateOf(name))?.offline, true, name);
      assert.deepEqual(counts(await archive.stage([], { list: names, wait: true })), {
        ...all,
        staged: names.length,
      });
      for (const name of names) assert.equal((await bench.sandbox.stateOf(name))?.offline, false, name);
      const verified = await archive.verify([], { against: { catalogue: true } });
      assert.deepEqual(counts(verified), { ...all, verified: names.length });

      for (const name of some(names)) {
        await withTemp(async (to) => {
          await archive.restore([], { list: [name], to });
          assertSame(readTree(to), new Map([[latin1(name), carried.get(latin1(name)) ?? '']]), 'by a list');
        });
        // As a pattern it can mean others as well.
        const pattern = await withTemp(async (to) => {
          const report = await archive.restore([name], { to }).catch((error: unknown) => error as Error);
          const tree = readTree(to);
          for (const [each, bytes] of tree) assert.equal(bytes, carried.get(each), each);
          return report instanceof Error ? report.message : tree.has(latin1(name));
        });
        assert.ok(
          pattern === true || /alternatives|pattern/.test(String(pattern)),
          `${name}: ${String(pattern)}`,
        );
      }
      await withTemp(async (to) => {
        assert.equal((await archive.restore([], { list: names, to })).copied, names.length);
        assertSame(readTree(to), carried, 'by a list of all');
        const against = await archive.verify([], { against: { directory: to } });
        assert.deepEqual(counts(against), { ...all, verified: names.length });
      });
    });
  });

  it('come through the command: as arguments, in lists by lines and by NUL bytes, and to a terminal', async () => {
    await withArchived(async (bench, carried, names) => {
      const target = ['--target', bench.sandbox.url];
      const listed = await cli(['ls', '-R', '--json', ...target]);
      assert.equal(listed.code, 0, listed.stderr);
      const files = jsonLines(listed.stdout).filter(
        ({ isDirectory, path }) => isDirectory === false && !String(path).startsWith('.xrootd-archive.'),
      );
      assert.deepEqual(namesOf(files.map(({ path }) => String(path))), [...carried.keys()].sort());
      const shown = await cli(['ls', '-R', ...target]);
      assert.doesNotMatch(shown.stdout, /(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      assert.equal(shown.stdout.split('\n').length, listed.stdout.split('\n').length);

      await withTemp(async (to) => {
        const input = names.map((name) => `${name}\0`).join('');
        const { code, stderr } = await cli(['restore', '-0', '--from-file', '-', '--to', to, ...target], {
          input,
        });
        assert.equal(code, 0, stderr);
        assertSame(readTree(to), carried, 'by NUL bytes');
      });
      await withTemp(async (to) => {
        // The first line must not begin with a mark that editors write.
        const input = ['no-such-file', ...names, ''].join('\n');
        const { code } = await cli(['restore', '--from-file', '-', '--to', to, ...target], { input });
        assert.equal(code, 1);
        assertSame(readTree(to), carried, 'by lines');
      });
      await withTemp(async (to) => {
        const args = names.filter((name) => !/[*?[{\\]|[+@!]\(/.test(name)).slice(0, 60);
        const { code, stderr } = await cli(['restore', '--to', to, ...target, '--', ...args]);
        assert.equal(code, 0, stderr);
        assertSame(
          readTree(to),
          new Map([...carried].filter(([name]) => args.includes(utf8(name)))),
          'arguments',
        );
      });
    });
  });

  it('go from online storage as records of other names do; the others are told and stay', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      using _removing = removingAtEnd(bench.cache);
      const carried = plant(bench);
      const before = readTree(bench.cache);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      for (const name of carried.keys())
        utimesSync(Buffer.from(`${bench.cache}/${name}`, 'latin1'), cut - 1000, cut - 1000);
      const report = await retentionPass(bench, {});
      assert.equal(report.removed, carried.size);
      assert.ok(report.failures.every(({ code }) => code === 'BadName'));
      const left = new Map(
        [...readTree(bench.cache)].filter(([name]) => !name.startsWith('.xrootd-archive.')),
      );
      assertSame(left, new Map([...before].filter(([name]) => !carried.has(name))), 'online storage');
    });
  });

  it('forge no line of a log, and nothing of the status page', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      using _removing = removingAtEnd(bench.cache);
      plant(bench);
      for (const name of [
        '<script>alert(1)\x01',
        '"><img onerror=alert(1)>?',
        "'><b>\n2026-01-01T00:00:00Z ERROR   forged",
      ])
        writeRaw(bench.cache, name, name);
      const { cacheDirectory, targetUrl } = bench.archive().config;
      for (const json of [false, true]) {
        const stream = new PassThrough();
        const written = text(stream);
        const http = { port: 0 };
        const options = { cacheDirectory, targetUrl, settleSeconds: 0, catalogueSegments: false, http };
        const archive = new Archive(options, { logger: createLogger({ level: 'debug', json, stream }) });
        const monitor = new Monitor(() => archive.config, keepingLogger().logger);
        archive.onAny(monitor.hear);
        await monitor.start();
        try {
          const report = await archive.backup();
          assert.ok(report.failed > count / 6);
          const page = await (await fetch(monitor.url ?? '')).text();
          assert.doesNotMatch(page, /<script>alert|<img|<b>/);
          assert.match(page, /&lt;|BadName/);
        } finally {
          await monitor.stop();
        }
        stream.end();
        const lines = (await written).split('\n').slice(0, -1);
        assert.ok(lines.length > count / 3, `${lines.length} lines of ${count} names`);
        for (const line of lines)
          if (json) assert.equal(typeof (JSON.parse(line) as { message: unknown }).message, 'string');
          else
            assert.match(
              line,
              /^\d{4}-\d\d-\d\dT[\d:.]+Z (ERROR|WARNING|INFO|DEBUG) [^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u,
            );
      }
    });
  });
});
