/** S14 while the catalogue's file is damaged, removed or short of room in mid-pass: no record goes without its row, and copies go on. */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../lib/index.js';
import { recordsIn, withSharedArchive, type Bench } from '../support/archive.js';
import { allRows, catalogueConfig, mustOpen } from '../support/catalogue.js';
import { jsonLines, RunningCli } from '../support/cli.js';
import { REACHED, stepIn, type StepPlace } from '../support/passes_to_kill.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { fillBlocks, withSmallDisk } from '../support/small_disk.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const SIZE = 2000;
const names = Array.from({ length: 40 }, (_, i) => `d${i % 5}/r${i}`);

interface Place {
  bench: Bench;
  /** The catalogue's. */
  file: string;
  /** Outside the cache. */
  scratch: string;
}

async function withPlace(directory: string | undefined, use: (place: Place) => Promise<void>): Promise<void> {
  await withSharedArchive((bench) =>
    withTemp(async (scratch) => {
      const file = join(directory ?? scratch, 'catalogue');
      // It has rows of other records, in more than a few pages.
      for (let i = 0; i < 80; i += 1) await writeRecord(bench.cache, `old/r${i}`, 10);
      await bench.pass({ autoRemove: 'never', cataloguePath: file, catalogueSegments: false });
      for (const name of names) await writeRecord(bench.cache, name, SIZE);
      await use({ bench, file, scratch });
    }),
  );
}

/** A pass of the command; something happens at a step, for which it waits. */
async function passWhile({ bench, file, scratch }: Place, [step, nth]: At, act: () => void) {
  const config = join(scratch, 'config.yaml');
  const go = join(scratch, 'go');
  const { cache, sandbox } = bench;
  const lines = [`cache_directory: ${cache}`, `target_url: ${sandbox.url}`, `catalogue_path: ${file}`];
  const more = ['auto_remove: cached', 'catalogue_segments: false', 'settle_seconds: 0', 'log_level: error'];
  writeFileSync(config, ['backup:', ...[...lines, ...more].map((line) => `  ${line}`), ''].join('\n'));
  const running = new RunningCli(['backup', '-c', config, '--json'], { env: stepIn({ step, nth, go }) });
  await running.until(({ stderr }) => stderr.includes(REACHED));
  act();
  writeFileSync(go, '');
  const { code, stdout, stderr } = await running.ended;
  const last = jsonLines(stdout).at(-1);
  assert.equal(last?.['type'], 'pass:finished', stderr);
  return { code, report: last['report'] as Report };
}

type At = readonly [step: StepPlace, nth: number];

/** Records that may go by the catalogue, as the next pass opens it. */
async function durableRows(bench: Bench, cataloguePath: string): Promise<Set<string>> {
  const config = { ...catalogueConfig(bench.cache), targetUrl: bench.sandbox.url, cataloguePath };
  await using catalogue = await mustOpen(config, { mode: 'write' });
  const rows = await allRows(catalogue);
  return new Set(rows.filter(({ removing }) => removing !== null).map(({ path }) => path));
}

/** In mid-pass, while the catalogue's thread stands still. */
function copyOf(file: string, scratch: string): string {
  const copy = join(scratch, 'before');
  for (const suffix of ['', '-wal'])
    if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
  return copy;
}

function overwrite(file: string, from: number): void {
  const fd = openSync(file, 'r+');
  try {
    const { size } = fstatSync(fd);
    if (size > from) writeSync(fd, Buffer.alloc(size - from, 0xa5), 0, size - from, from);
  } finally {
    closeSync(fd);
  }
}

describe('a catalogue that is spoilt while a pass removes', () => {
  const spoil: Record<string, (file: string) => void> = {
    'the file is deleted': (file) => rmSync(file),
    'the file and its log are deleted': (file) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix);
    },
    'the log is deleted': (file) => rmSync(`${file}-wal`),
    'the file is moved away': (file) => renameSync(file, `${file}.away`),
    'the file is overwritten': (file) => overwrite(file, 0),
    'all but the first page is overwritten': (file) => overwrite(file, 4096),
    'the log is overwritten': (file) => overwrite(`${file}-wal`, 0),
    'the file is cut': (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
    'the file is emptied': (file) => truncateSync(file, 0),
    'the log is emptied': (file) => truncateSync(`${file}-wal`, 0),
  };
  const all: At[] = [
    ['in the transaction', 2],
    ['before it asks for the commit', 1],
  ];
  const moments = all.slice(0, scaled('moments', 1, 2));
  for (const [what, act] of Object.entries(spoil))
    for (const at of moments)
      it(`${what}, ${at[0]}`, async () => {
        await withPlace(undefined, async (place) => {
          const { bench, file, scratch } = place;
          let copy = '';
          const { code, report } = await passWhile(place, at, () => {
            copy = copyOf(file, scratch);
            act(file);
          });
          for (const name of names)
            assert.ok(await holdsRecord(bench.sandbox.diskPath(name), name, SIZE), name);
          const local = await recordsIn(bench.cache);
          const gone = names.filter((name) => !local.includes(name));
          const before = await durableRows(bench, copy);
          const after = await durableRows(bench, file);
          const without = gone.filter((name) => !before.has(name) && !after.has(name));
          const told = {
            code,
            gone: gone.length,
            before: before.size,
            after: after.size,
            failures: report.failures,
          };
          assert.deepEqual(without, [], JSON.stringify(told));
          if (gone.length < names.length) assert.equal(code, 1, JSON.stringify(told));
        });
      });
});

describe('a full disk under the catalogue in mid-pass', () => {
  it('no record goes without its row, copies go on, and the command ends with 1', async function () {
    await withSmallDisk(this, 'size=1m', async (disk) => {
      await withPlace(disk, async (place) => {
        const { bench, file, scratch } = place;
        const { code, report } = await passWhile(place, ['before it asks for the commit', 3], () => {
          fillBlocks(disk);
        });
        const local = await recordsIn(bench.cache);
        const gone = names.filter((name) => !local.includes(name));
        assert.equal(code, 1);
        assert.deepEqual(
          report.failures.map(({ code: each }) => each),
          ['CatalogueUnusable'],
        );
        assert.match(report.failures[0]?.message ?? '', /Free some MB on its disk/);
        assert.ok(gone.length < names.length);
        for (const name of names)
          assert.ok(await holdsRecord(bench.sandbox.diskPath(name), name, SIZE), name);
        rmSync(join(disk, 'filler'));
        const rows = await durableRows(bench, file);
        assert.deepEqual(
          gone.filter((name) => !rows.has(name)),
          [],
        );
        const next = await passWhile({ bench, file, scratch }, ['after it closed', 1], () => undefined);
        assert.equal(next.code, 0);
        assert.deepEqual(await recordsIn(bench.cache), []);
      });
    });
  });
});
