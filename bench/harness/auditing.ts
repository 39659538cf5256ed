/** Contestants that compare a catalogue with the server: all of its records are there. */
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Catalogue } from '../../lib/catalogue/catalogue.js';
import { openCatalogue } from '../../lib/catalogue/open_catalogue.js';
import { resolveOptions } from '../../lib/config/index.js';
import { checksumFile } from '../../lib/index.js';
import type { Bench } from './bench.js';
import type { Contestant } from './contestant.js';
import { amountOf } from './copying.js';
import type { DataSet } from './data.js';
import { jobOf, nodeCommand } from './ours.js';

/** @param bytes compare checksums, too */
export async function auditing(
  bench: Bench,
  data: DataSet,
  name: string,
  { bytes }: { bytes: boolean },
): Promise<Contestant> {
  const targetUrl = `${bench.server.url}/${await bench.onServer(data)}`;
  const cataloguePath = bench.path(`catalogue-${data.files}-${data.bytesEach}`);
  const job = { ...jobOf(bench, undefined, targetUrl, { cataloguePath }), audit: { bytes } };
  const command = nodeCommand(bench, 'ours.js', job, { scanned: data.files, verified: data.files });
  return {
    name,
    amount: amountOf(data, 'files'),
    basis: 'innerSeconds',
    prepare: () => fill(data, { targetUrl, cataloguePath }),
    run: () => bench.measure(command),
  };
}

/** As a pass leaves it that has removed all local files. */
async function fill(data: DataSet, options: { targetUrl: string; cataloguePath: string }): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(options.cataloguePath + suffix, { force: true });
  const opened = await openCatalogue(resolveOptions(options), { mode: 'write' });
  if (!(opened instanceof Catalogue)) throw new Error('there is no catalogue');
  await using catalogue = opened;
  const [at, list] = [Date.now(), await open(data.list)];
  let notes = 0;
  for await (const path of list.readLines()) {
    const types = data.bytesEach === 0 ? [] : (['adler32', 'crc32c'] as const);
    const checksums = await Promise.all(
      types.map((type) => checksumFile(join(data.directory, path), { type })),
    );
    const facts = { path, size: data.bytesEach, mtime: at * 1000, mode: 0o644, checksums, remoteMtime: at };
    const row = {
      copied: at,
      compared: at,
      onTape: null,
      removing: at,
      removed: at,
      rule: 'cached' as const,
    };
    const never = { onlineRemoved: null, followed: null, lost: null, loss: null, audited: null, audit: null };
    catalogue.note({ kind: 'imported', row: { ...facts, source: 'read', ...row, ...never } });
    if (++notes % 5000 === 0) await catalogue.flush();
  }
  await catalogue.flush();
}
