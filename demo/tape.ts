/** The simulated tape, given its files a batch at a time, so that no disk holds everything three times. */
import type { TapeSandbox } from '../lib/sandbox/index.js';
import { retrying } from '../lib/jobs/run/retry.js';
import type { ListedFile } from './listing.js';

const batchBytes = 256e6;
const batchFiles = 32;

/** Which files the tape takes: none until they are released. Paths are relative to the sandbox's base. */
export class TapeGate {
  readonly #released = new Set<string>();

  /** For the sandbox's `failMigration`. */
  readonly holds = (path: string): boolean => !this.#released.has(path);

  release(paths: readonly string[]): void {
    for (const path of paths) this.#released.add(path);
  }
}

/** Writes all files to tape, each batch then leaves the disk buffer. `tell` gets files and bytes on tape so far. */
export async function letTapeTake(
  sandbox: TapeSandbox,
  gate: TapeGate,
  files: readonly ListedFile[],
  tell: (done: { files: number; bytes: number }) => void,
  signal: AbortSignal,
): Promise<void> {
  const done = { files: 0, bytes: 0 };
  for (const batch of batches(files)) {
    signal.throwIfAborted();
    const paths = batch.map(({ path }) => path);
    gate.release(paths);
    await sandbox.migrateAll();
    // The server sums files before they go; under load xrootd's checksums fail now and then.
    const config = { retryAttempts: 6, retryDelaySeconds: 0.2, retryMaxDelaySeconds: 10 };
    await retrying(
      { config, signal, onRetry: () => undefined },
      () => sandbox.evict(paths),
      () => undefined,
    );
    done.files += batch.length;
    done.bytes += sizeOf(batch);
    tell({ ...done });
  }
}

function* batches(files: readonly ListedFile[]): Generator<ListedFile[]> {
  let batch: ListedFile[] = [];
  for (const file of files) {
    if (batch.length === batchFiles || (batch.length > 0 && sizeOf(batch) + file.size > batchBytes)) {
      yield batch;
      batch = [];
    }
    batch.push(file);
  }
  if (batch.length > 0) yield batch;
}

function sizeOf(files: readonly ListedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
