/** Records whose names try to make two records meet, or one come back as another: archived and restored as they are, or told and kept. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import { openCatalogue } from '../../lib/catalogue/open_catalogue.js';
import { parseTarget } from '../../lib/config/target.js';
import type { ArchiveEvent } from '../../lib/index.js';
import { assertAddsUp, counts, withArchive, type OwnBench } from '../support/archive.js';
import { allRows } from '../support/catalogue.js';
import {
  fateOf,
  hostileNames,
  isOurs,
  printed,
  toldOf,
  type Fate,
  type RawName,
} from '../support/hostile_names.js';
import { assertSame, readTree, writeRaw, type Tree } from '../support/raw_tree.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const asked = process.env['HOSTILE_NAMES'];
const total = asked === undefined ? scaled('hostile names', 300, 6000) : Number(asked);
const batch = Math.min(total, 2000);
/** Other names each day. */
const seed = Number(process.env['HOSTILE_SEED'] ?? Math.floor(Date.now() / 86_400_000));

type Planted = Record<Fate, Tree>;

/** Each with bytes of its own. What has no room beside another name is left out. */
function plant(cache: string, names: readonly RawName[], base: string): Planted {
  const planted: Planted = { carried: new Map(), refused: new Map(), ours: new Map() };
  for (const [index, name] of names.entries()) {
    const bytes = `${index} ${Buffer.from(name, 'latin1').toString('hex')}`;
    if (writeRaw(cache, name, bytes)) planted[fateOf(name, base)].set(name, bytes);
  }
  return planted;
}

/** Those whose path isn't of a file of ours. */
const failuresOf = (events: readonly ArchiveEvent[]) =>
  events.flatMap((event) => (event.type === 'file:failed' && !isOurs(event.path) ? [event] : []));

/** The names of failures are those of what was refused, each once. */
function assertTold(found: readonly string[], { refused, ours }: Planted, what: string): void {
  // A directory that isn't looked into is told, whatever is in it.
  const units = new Set([...refused.keys(), ...ours.keys()].map(toldOf));
  // Whether a name that is put back is seen by the same pass is the file system's affair.
  const open = new Set([...ours.keys()].map((name) => printed(toldOf(putBackName(name)))));
  const times = new Map<string, number>();
  const add = (name: string, one: 1 | -1) => open.has(name) || times.set(name, (times.get(name) ?? 0) + one);
  for (const name of found) add(name, 1);
  for (const name of units) if (!isOurs(name)) add(printed(name), -1);
  assert.deepEqual([...times].filter(([, more]) => more !== 0).slice(0, 10), [], what);
}

const withoutOurs = (tree: Tree): Tree => new Map([...tree].filter(([name]) => !isOurs(name)));
const both = (one: Tree, other: Tree): Tree => new Map([...one, ...other]);

/** A record whose capture would have a name that is taken is archived, told each time, and stays. */
const captureOf = (name: RawName): RawName => name.replace(/[^/]*$/, '.xrootd-archive.removing.$&');

/** `a`, `a/b`, `a/b/c` for `a/b/c`. */
const withParents = (name: RawName): RawName[] =>
  name.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'));

/** A file at the name of a capture of ours is given the name of the record that it is taken for. */
const putBackName = (name: RawName): RawName =>
  name.replace(/\.xrootd-archive\.removing(-[^/]*\/|\.(?=[^/]))/g, '');

/**
 * What became of the files at names of ours: each is where it was, or has the name that such a capture holds, here or on the server.
 * @returns those on the server
 */
function assertOursKept(ours: Tree, cache: Tree, server: Tree): { here: Tree; there: Tree } {
  const here: Tree = new Map();
  const there: Tree = new Map();
  for (const [name, bytes] of ours) {
    if (cache.get(name) === bytes) continue;
    const back = putBackName(name);
    const [[found, into] = []] = [
      ...(cache.get(back) === bytes ? [[cache, here] as const] : []),
      ...(server.get(back) === bytes ? [[server, there] as const] : []),
    ];
    assert.ok(found !== undefined && into !== undefined, `lost: ${JSON.stringify(name)}`);
    // What was put back with its directory may have another name of ours.
    if (!isOurs(back)) into.set(back, bytes);
  }
  return { here, there };
}

async function assertRows({ archive }: OwnBench, wanted: Tree, blocked: Tree): Promise<void> {
  const catalogue = await openCatalogue(archive().config, { mode: 'read' });
  assert.ok(catalogue instanceof Catalogue);
  await using _ = catalogue;
  const rows = await allRows(catalogue);
  const found = new Map(
    rows.map(({ path, size, removed }) => [
      Buffer.from(path).toString('latin1'),
      `${size} ${removed !== null}`,
    ]),
  );
  assert.equal(found.size, rows.length);
  assertSame(
    found,
    new Map([...wanted].map(([name, bytes]) => [name, `${bytes.length} ${!blocked.has(name)}`])),
    'the catalogue',
  );
}

async function tryNames(bench: OwnBench, names: readonly RawName[]): Promise<Planted> {
  const { sandbox, cache } = bench;
  const planted = plant(cache, names, parseTarget(sandbox.url).base);
  const { carried, refused, ours } = planted;
  const taken = new Set([...ours.keys()].flatMap(withParents));
  const blocked = new Map([...carried].filter(([name]) => taken.has(captureOf(name))));
  const backs = new Set([...ours.keys()].map(putBackName));
  // A file of ours that was put back under the name of a record that has left.
  const isPutBack = (path: string, code: string) =>
    code === 'Conflict' && backs.has(Buffer.from(path).toString('latin1'));
  const isBlocked = (path: string, code: string) =>
    code === 'NotRemoved' && blocked.has(Buffer.from(path).toString('latin1'));
  // The second pass removes, and copies what the first has put back from names of ours; the third removes that. What was put back from a
  // directory of ours may have a name of ours again: then all of it takes a pass more.
  for (let pass = 1; pass <= 4; pass += 1) {
    const report = await bench.pass({ autoRemove: 'backed_up' });
    const failures = failuresOf(bench.events);
    const odd = failures.filter(
      ({ code, path }) => code !== 'BadName' && !isBlocked(path, code) && !isPutBack(path, code),
    );
    assert.deepEqual(odd.slice(0, 10), [], `pass ${pass}: ${odd.length} failed otherwise`);
    assertTold(
      failures.filter(({ code }) => code === 'BadName').map(({ path }) => path),
      planted,
      `pass ${pass}`,
    );
    if (pass === 1) assert.ok(report.copied >= carried.size, JSON.stringify(counts(report)));
    if (pass === 2) assert.ok(report.removed >= carried.size - blocked.size, JSON.stringify(counts(report)));
    await sandbox.migrateAll();
  }
  const [left, server] = [readTree(cache), readTree(sandbox.diskPath('.'))];
  const { here, there } = assertOursKept(ours, left, server);
  assertSame(withoutOurs(left), new Map([...refused, ...here, ...blocked]), 'the cache');
  const archived = both(carried, there);
  assertSame(server, archived, 'the server');
  assertSame(readTree(sandbox.tapePath('.')), archived, 'tape');
  await assertRows(bench, archived, blocked);

  await withTemp(async (to) => {
    const report = await bench.archive().restore(['.'], { to, fsync: false });
    assertAddsUp(report);
    // A file of ours that was put back under its record's name: the server's shorter one may be an unfinished copy of it.
    const shadowed = [...archived].filter(([name, bytes]) => (left.get(name)?.length ?? 0) > bytes.length);
    const wanted = without(archived, shadowed);
    assert.deepEqual(
      counts(report),
      {
        scanned: archived.size,
        copied: wanted.size,
        ...(shadowed.length > 0 && { failed: shadowed.length }),
      },
      JSON.stringify(report.failures.slice(0, 3)),
    );
    assert.ok(report.failures.every(({ code }) => code === 'Unfinished'));
    assertSame(readTree(to), wanted, 'what was restored');
  });
  return planted;
}

function without(tree: Tree, others: [string, string][]): Tree {
  const left = new Map(tree);
  for (const [name] of others) left.delete(name);
  return left;
}

describe('hostile names', () => {
  it(`of ${total} records: archived and restored as they are, or told and kept (HOSTILE_SEED=${seed})`, async () => {
    const sums = { carried: 0, refused: 0, ours: 0 };
    for (let done = 0; done < total; done += batch)
      await withArchive({ migrationDelay: 'never' }, async (bench) => {
        const names = hostileNames(Math.min(batch, total - done), seed * 1000 + done / batch);
        const planted = await tryNames(bench, names).finally(() => {
          // Node.js can't remove what lies deeper than PATH_MAX.
          execFileSync('rm', ['-rf', bench.cache]);
        });
        for (const fate of ['carried', 'refused', 'ours'] as const) sums[fate] += planted[fate].size;
        if (asked !== undefined) process.stderr.write(`${JSON.stringify(sums)}\n`);
      });
    // The names are no use if one fate is all that they meet.
    assert.ok(sums.carried > total / 4 && sums.refused > total / 5 && sums.ours > 0, JSON.stringify(sums));
  }).timeout(asked === undefined ? 600_000 : 0);
});
