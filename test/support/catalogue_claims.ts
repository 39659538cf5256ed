/** What S14 says of a catalogue, held against the files themselves: in the cache, and on the server. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CatalogueRow } from '../../lib/catalogue/row.js';
import { captureName } from '../../lib/cache/own_files.js';
import { checksumsOfFile, type Checksum } from '../../lib/posix/index.js';
import type { Bench } from './archive.js';
import { catalogueConfig, fileIn, mustOpen } from './catalogue.js';
import { holdsRecord, writeRecord } from './records.js';

interface Known {
  size: number;
  checksums: Checksum[];
}

/** How many records were found in which state. */
export type States = Record<
  'removed' | 'gone without the note' | 'to go' | 'stays' | 'without a row',
  number
>;

export class Claims {
  readonly #bench: Bench;
  readonly #records = new Map<string, Known>();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  get names(): string[] {
    return [...this.#records.keys()];
  }

  get #config() {
    return { ...catalogueConfig(this.#bench.cache), targetUrl: this.#bench.sandbox.url };
  }

  async write(name: string, size: number): Promise<void> {
    await writeRecord(this.#bench.cache, name, size);
    const checksums = await checksumsOfFile(join(this.#bench.cache, name), [
      'adler32',
      'crc32c',
      'md5',
      'crc32',
    ]);
    this.#records.set(name, { size, checksums });
  }

  /** Under its name, or captured. */
  isLocal(name: string): boolean {
    const path = join(this.#bench.cache, name);
    return existsSync(path) || existsSync(join(dirname(path), captureName(basename(path))));
  }

  /** In the cache under its name. */
  local(): string[] {
    return this.names.filter((name) => existsSync(join(this.#bench.cache, name)));
  }

  /**
   * Opens the catalogue and holds it against the files.
   * @param how `read`, then `write` as the next pass does; or a copy of file and log, so that the next pass finds them as they were left
   */
  async check(how: 'read and write' | 'copy', names = this.names): Promise<States> {
    const states = noStates();
    const file = fileIn(this.#bench.cache);
    if (!existsSync(file)) {
      for (const name of names) assert.ok(this.isLocal(name), `${name} has gone, and there is no catalogue`);
      return { ...states, 'without a row': names.length };
    }
    const rows =
      how === 'copy'
        ? await this.#rowsOfCopy(file, names)
        : await this.#rowsOf(file, names, ['read', 'write']);
    for (const [index, name] of names.entries()) states[await this.#stateOf(name, rows[index])] += 1;
    return states;
  }

  async #rowsOfCopy(file: string, names: readonly string[]): Promise<(CatalogueRow | undefined)[]> {
    const directory = `${this.#bench.cache}-copy`;
    await mkdir(directory);
    try {
      for (const suffix of ['', '-wal'])
        if (existsSync(file + suffix)) await copyFile(file + suffix, join(directory, `c${suffix}`));
      return await this.#rowsOf(join(directory, 'c'), names, ['write']);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  async #rowsOf(
    cataloguePath: string,
    names: readonly string[],
    modes: readonly ('read' | 'write')[],
  ): Promise<(CatalogueRow | undefined)[]> {
    let rows: (CatalogueRow | undefined)[] = [];
    for (const mode of modes) {
      await using catalogue = await mustOpen({ ...this.#config, cataloguePath }, { mode });
      assert.deepEqual([catalogue.damaged, catalogue.isNew], [undefined, false]);
      await catalogue.check();
      const found = await catalogue.rowsOf(names);
      if (mode !== modes[0]) assert.deepEqual(found, rows);
      rows = found;
    }
    return rows;
  }

  async #stateOf(name: string, row: CatalogueRow | undefined): Promise<keyof States> {
    const known = this.#records.get(name);
    assert.ok(known);
    const said = `${name}: ${JSON.stringify(row)}`;
    if (row !== undefined) {
      assert.equal(row.size, known.size, said);
      assert.ok(row.checksums.length > 0, said);
      for (const sum of row.checksums)
        assert.equal(sum.value, known.checksums.find(({ type }) => type === sum.type)?.value, said);
      assert.ok(row.lost === null, said);
    }
    if (this.isLocal(name)) {
      assert.ok(row?.removed == null, said);
      if (row === undefined) return 'without a row';
      return row.removing === null ? 'stays' : 'to go';
    }
    assert.ok(row !== undefined && row.removing !== null && row.rule !== null, `gone: ${said}`);
    assert.ok(await holdsRecord(this.#bench.sandbox.diskPath(name), name, known.size), `gone: ${said}`);
    return row.removed === null ? 'gone without the note' : 'removed';
  }
}

export function noStates(): States {
  return { removed: 0, 'gone without the note': 0, 'to go': 0, stays: 0, 'without a row': 0 };
}

export function addStates(sum: States, more: States): void {
  for (const state of Object.keys(sum) as (keyof States)[]) sum[state] += more[state];
}

/** Records that have left the cache. */
export function goneOf(states: States): number {
  return states.removed + states['gone without the note'];
}
