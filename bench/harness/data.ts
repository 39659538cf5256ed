/** Sets of records that scenarios work on, made once a run of the benchmarks. */
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface DataShape {
  files: number;
  bytesEach: number;
  /** Default 1,000. */
  filesPerDirectory?: number;
  /** The bytes are zeros that take no room on the disk. Default false. */
  sparse?: boolean;
}

export interface DataSet extends Required<DataShape> {
  directory: string;
  /** A text file with every record's path relative to the directory, a line each. */
  list: string;
  bytes: number;
}

/** Long enough that no two records of a set of 100 kB files are alike, short enough to stay in the processor's cache. */
const noise = randomBytes(1 << 20);

/** @param directory is made; the list lies beside it, so that nobody copies it */
export function makeData(directory: string, shape: DataShape): DataSet {
  const { files, bytesEach, filesPerDirectory = 1000, sparse = false } = shape;
  const list = `${directory}.list`;
  const names = openSync(list, 'w');
  mkdirSync(directory, { recursive: true });
  for (let first = 0; first < files; first += filesPerDirectory) {
    const shard = `shard-${String(first / filesPerDirectory).padStart(4, '0')}`;
    mkdirSync(join(directory, shard));
    const lines: string[] = [];
    for (let file = first; file < Math.min(files, first + filesPerDirectory); file++) {
      const name = `${shard}/record-${String(file).padStart(7, '0')}.h5`;
      writeRecord(join(directory, name), bytesEach, sparse, file);
      lines.push(`${name}\n`);
    }
    writeSync(names, lines.join(''));
  }
  closeSync(names);
  return { files, bytesEach, filesPerDirectory, sparse, directory, list, bytes: files * bytesEach };
}

function writeRecord(path: string, bytes: number, sparse: boolean, seed: number): void {
  const fd = openSync(path, 'w');
  if (sparse) ftruncateSync(fd, bytes);
  else {
    let start = (seed * 4099) % noise.length;
    for (let left = bytes; left > 0; start = 0) {
      left -= writeSync(fd, noise, start, Math.min(left, noise.length - start));
    }
  }
  closeSync(fd);
}
