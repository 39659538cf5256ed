/** What is where: in the cache, on the tape system's disk, on tape. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { requireCache } from '../lib/config/index.js';
import type { Archive } from '../lib/index.js';
import { bytes, count } from '../lib/cli/format.js';
import { filesIn } from './folder.js';
import type { Narrator } from './narrator.js';

export interface Amount {
  files: number;
  bytes: number;
}

export interface Whereabouts {
  cache: Amount;
  /** The disk buffer: what can be read at once. */
  disk: Amount;
  tape: Amount;
}

export async function whereabouts(archive: Archive, signal: AbortSignal): Promise<Whereabouts> {
  const found: Whereabouts = { cache: nothing(), disk: nothing(), tape: nothing() };
  const cacheDirectory = requireCache(archive.config);
  for await (const file of filesIn(cacheDirectory)) {
    // Ours, not a record: the lock.
    if (path.basename(file).startsWith('.xrootd-archive.')) continue;
    add(found.cache, (await stat(path.join(cacheDirectory, file))).size);
  }
  for await (const entry of archive.ls([], { recursive: true, signal })) {
    if ('failed' in entry) throw new Error(`${entry.path}: ${entry.message}`);
    if (entry.isDirectory) continue;
    if (entry.online) add(found.disk, entry.size);
    if (entry.onTape) add(found.tape, entry.size);
  }
  return found;
}

export function showWhereabouts(narrator: Narrator, { cache, disk, tape }: Whereabouts): void {
  const row = (name: string, amount: Amount): string[] => [name, count(amount.files), bytes(amount.bytes)];
  narrator.table(
    [
      ['where', 'files', 'bytes'],
      row('cache (this machine)', cache),
      row('disk buffer (tape system)', disk),
      row('tape', tape),
    ],
    [1, 2],
  );
}

function nothing(): Amount {
  return { files: 0, bytes: 0 };
}

function add(amount: Amount, size: number): void {
  amount.files++;
  amount.bytes += size;
}
