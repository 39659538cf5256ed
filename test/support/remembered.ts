/** Twenty records that an archive with a catalogue has copied and removed, and what happens to nine of them behind the server's back. */
import assert from 'node:assert/strict';
import { chmod, open, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { checksumFile, type ChecksumType } from '../../lib/posix/index.js';
import { recordsIn, type Bench } from './archive.js';
import { mustOpen, rowOf } from './catalogue.js';
import { bytesOf, writeRecord } from './records.js';

export const names = Array.from({ length: 20 }, (_, i) => `d${i % 4}/r${String(i).padStart(2, '0')}`);
export const sizeOf = (name: string) => 1000 + names.indexOf(name);
export const [deleted, truncated, changed] = [names.slice(0, 3), names.slice(3, 6), names.slice(6, 9)];
export const wrong = [...deleted, ...truncated, ...changed];
export const good = names.filter((name) => !wrong.includes(name)).sort();
/** Fractions of a second that a double holds exactly, as utimes() takes it. */
export const microsecondsOf = (name: string) =>
  Date.UTC(2021, 2, 4, 5, 6, 7) * 1000 + names.indexOf(name) * 1_015_625;
export const modeOf = (name: string) => (names.indexOf(name) % 2 === 0 ? 0o640 : 0o444);

/** The row of a record that is in the cache, as if it had been removed. */
async function rowOfRecord(
  cache: string,
  name: string,
  types: readonly ChecksumType[],
): Promise<CatalogueRow> {
  await using file = await open(join(cache, name));
  const { size } = await file.stat();
  const checksums = await Promise.all(types.map((type) => checksumFile(file, { type })));
  const own = { size, mtime: microsecondsOf(name), mode: modeOf(name), checksums };
  return rowOf(name, { ...own, removing: Date.now(), removed: Date.now(), rule: 'cached' });
}

export async function remember(bench: Bench, rows: readonly CatalogueRow[]): Promise<void> {
  await using catalogue = await mustOpen(bench.archive().config, { mode: 'write' });
  for (const row of rows) catalogue.note({ kind: 'imported', row });
  await catalogue.flush();
}

/** Copies the records, remembers and removes them. */
export async function archived(
  bench: Bench,
  records: readonly string[] = names,
  types: readonly ChecksumType[] = ['adler32'],
): Promise<void> {
  const rows: CatalogueRow[] = [];
  for (const name of records) {
    const path = join(bench.cache, name);
    await writeRecord(bench.cache, name, sizeOf(name));
    await chmod(path, modeOf(name));
    await utimes(path, microsecondsOf(name) / 1e6, microsecondsOf(name) / 1e6);
    rows.push(await rowOfRecord(bench.cache, name, types));
  }
  assert.equal((await bench.pass({ autoRemove: 'cached' })).removed + records.length, records.length);
  assert.deepEqual(await recordsIn(bench.cache), []);
  await remember(bench, rows);
}

/** Behind the server's back; it sums changed bytes anew. */
export async function spoil({ sandbox }: Bench): Promise<void> {
  for (const name of deleted) await rm(sandbox.diskPath(name));
  for (const name of truncated) await truncate(sandbox.diskPath(name), 500);
  for (const name of changed) await writeFile(sandbox.diskPath(name), bytesOf('other', sizeOf(name)));
}
