/** Contestants that copy a set of records to the server or back: what is the same for all of them. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.js';
import type { Amount, Contestant } from './contestant.js';
import type { DataSet } from './data.js';
import type { Command } from './measured_process.js';

/** Where the records come from and go to, as one contestant's program writes it. */
export interface Route {
  /** A directory, or its path on the server. */
  from: string;
  to: string;
  /** `root://host:port` */
  server: string;
  data: DataSet;
}

/** Makes a contestant's command line for a route. */
export type Copier = (route: Route) => Command;

export interface CopyOptions {
  /** What its rate counts. Default files. */
  unit?: 'files' | 'MB';
  /** Default: the server itself, with no delay. */
  server?: string;
}

const target = '/target';
const ownFiles = '.xrootd-archive.';

/** Into an empty directory of the server; afterwards its disk must hold every file and every byte. */
export function uploading(
  bench: Bench,
  data: DataSet,
  name: string,
  copier: Copier,
  { unit = 'files', server = bench.server.url }: CopyOptions = {},
): Contestant {
  const onDisk = bench.server.file(target);
  const command = copier({ from: data.directory, to: target, server, data });
  return {
    name,
    amount: amountOf(data, unit),
    prepare: async () => {
      await bench.remove(onDisk);
      bench.server.mkdir(target);
      removeOwnFiles(data.directory);
    },
    run: () => bench.measure(command),
    check: async () => {
      assertHolds(onDisk, data);
      await bench.remove(onDisk);
    },
  };
}

/** From the server into an empty directory, which afterwards must hold every file and every byte. */
export function downloading(
  bench: Bench,
  data: DataSet,
  from: string,
  name: string,
  copier: Copier,
  { unit = 'files', server = bench.server.url }: CopyOptions = {},
): Contestant {
  const to = bench.path('received');
  const command = copier({ from, to, server, data });
  return {
    name,
    amount: amountOf(data, unit),
    prepare: () => bench.empty(to),
    run: () => bench.measure(command),
    check: async () => {
      assertHolds(to, data);
      await bench.remove(to);
    },
  };
}

export function amountOf(data: DataSet, unit: 'files' | 'MB'): Amount {
  return { unit, count: unit === 'files' ? data.files : data.bytes / 1e6 };
}

/** Others would copy them as if they were records. */
export function removeOwnFiles(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(ownFiles)) rmSync(join(directory, name), { recursive: true });
  }
}

function assertHolds(directory: string, data: DataSet): void {
  let [files, bytes] = [0, 0];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // A catalogue's segments lie in a directory of ours.
    if (!entry.isFile() || path.includes(`/${ownFiles}`)) continue;
    files++;
    bytes += statSync(path).size;
  }
  if (files !== data.files || bytes !== data.bytes) {
    throw new Error(`${directory} has ${files} files, ${bytes} bytes, not ${data.files} and ${data.bytes}`);
  }
}
