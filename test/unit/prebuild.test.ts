/** What a prebuilt addon may ask of a machine: scripts/prebuild/symbols.mjs. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Symbols {
  newestVersions: (table: string) => Map<string, string>;
  tooNew: (newest: Map<string, string>, most?: Record<string, string>) => string[];
  tableOf: (file: string) => string;
}

const table = `
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.2.5) strlen
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.34) pthread_create
0000000000000000      DF *UND*  0000000000000000 (GLIBCXX_3.4.9) _ZSt16__ostream_insert
0000000000000000      DF *UND*  0000000000000000 (GLIBCXX_3.4.29) _ZNSt9bad_alloc
0000000000000000      DO *UND*  0000000000000000 (CXXABI_1.3.13) __cxa`;

describe('the versions of symbols that a binary asks for', () => {
  let symbols: Symbols;
  before(async () => {
    symbols = (await import(pathToFileURL('scripts/prebuild/symbols.mjs').href)) as Symbols;
  });

  it('are compared as versions, not as texts', () => {
    const newest = symbols.newestVersions(table);
    assert.deepEqual(Object.fromEntries(newest), { GLIBC: '2.34', GLIBCXX: '3.4.29', CXXABI: '1.3.13' });
    assert.deepEqual(symbols.tooNew(newest), []);
  });

  it('are too new above those of RHEL 9', () => {
    const newest = symbols.newestVersions(`${table} (GLIBC_2.36) x (GLIBCXX_3.4.30) y`);
    assert.deepEqual(symbols.tooNew(newest), [
      'asks for GLIBC_2.36, and GLIBC_2.34 is the newest that may be',
      'asks for GLIBCXX_3.4.30, and GLIBCXX_3.4.29 is the newest that may be',
    ]);
  });

  it('are old enough in every addon that is to be published', function () {
    const places = join('prebuilds', `${process.platform}-${process.arch}`);
    if (!existsSync(places)) this.skip();
    for (const generation of readdirSync(places))
      for (const name of readdirSync(join(places, generation))) {
        const file = join(places, generation, name);
        assert.deepEqual(symbols.tooNew(symbols.newestVersions(symbols.tableOf(file))), [], file);
      }
  });
});
