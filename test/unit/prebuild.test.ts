/** What a prebuilt addon may ask of a machine, and how it is built: scripts/prebuild/. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withTemp } from '../support/temporary.js';

interface Symbols {
  newestVersions: (table: string) => Map<string, string>;
  tooNew: (newest: Map<string, string>, most?: Record<string, string>) => string[];
  tableOf: (file: string) => string;
  processorOf: (file: string) => string;
}

interface BuildScript {
  buildScript: (sources: object, generation: string, arch: string) => string;
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
    symbols = await load<Symbols>('symbols.mjs');
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

  it('are old enough in every addon that is to be published, and it is for the processor of its place', function () {
    const files = prebuiltFiles();
    if (files.length === 0) this.skip();
    for (const { file, arch } of files) {
      assert.equal(symbols.processorOf(file), arch, file);
      assert.deepEqual(symbols.tooNew(symbols.newestVersions(symbols.tableOf(file))), [], file);
    }
  });
});

describe('the processor of a binary', () => {
  let symbols: Symbols;
  before(async () => {
    symbols = await load<Symbols>('symbols.mjs');
  });

  it('is told of its header', async () => {
    assert.equal(symbols.processorOf(process.execPath), process.arch);
    await withTemp((directory) => {
      const file = join(directory, 'a');
      for (const [machine, name] of [
        [0x3e, 'x64'],
        [0xb7, 'arm64'],
        [0xf3, 'ELF machine 243'],
      ] as const) {
        const header = Buffer.alloc(64);
        header.write('\x7fELF', 'latin1');
        header.writeUInt16LE(machine, 18);
        writeFileSync(file, header);
        assert.equal(symbols.processorOf(file), name);
      }
      writeFileSync(file, '#!/bin/sh');
      assert.equal(symbols.processorOf(file), 'no ELF file');
      return Promise.resolve();
    });
  });
});

describe('the script that builds for another processor', () => {
  const sources = {
    common: { standard: '17', defines: ['A=1'], cflags: ['-Wall'] },
    targets: {
      xrootd_archive: { sources: ['native/addon.cc'], libraries: ['XrdCl', 'z'], linuxLdflags: ['-pthread'] },
      tape_prepare: { sources: ['native/p.cc'], libraries: [] },
    },
  };
  let script: BuildScript;
  before(async () => {
    script = await load<BuildScript>('build_script.mjs');
  });

  for (const [arch, triplet] of [
    ['x64', 'x86_64-linux-gnu'],
    ['arm64', 'aarch64-linux-gnu'],
  ] as const) {
    it(`calls nothing but the tools of ${arch}`, () => {
      const text = script.buildScript(sources, '6', arch);
      const tools = text.match(/\S*\b(gcc|g\+\+|strip)(?= )/g) ?? [];
      assert.deepEqual(
        [...new Set(tools)].sort(),
        ['g++', 'gcc', 'strip'].map((each) => `${triplet}-${each}`),
      );
      assert.match(text, /-soname,libXrdCl\.so\.6 /);
      assert.match(text, /-shared .*-o out\/xrootd_archive\.node /);
      assert.doesNotMatch(text, /-shared .*-o out\/tape_prepare /);
    });
  }

  it('is not made for others', () => {
    assert.throws(
      () => script.buildScript(sources, '6', 'riscv64'),
      /--arch riscv64: there are x64 and arm64/,
    );
  });
});

async function load<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(join('scripts/prebuild', name)).href)) as T;
}

/** What scripts/prebuild.mjs has left here, for every processor. */
function prebuiltFiles(): { file: string; arch: string }[] {
  if (!existsSync('prebuilds')) return [];
  return readdirSync('prebuilds', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({
      file: join(parentPath, name),
      arch: /linux-(\w+)/.exec(parentPath)?.[1] ?? '',
    }));
}
