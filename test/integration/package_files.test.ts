/** What `npm pack` puts into the package: all that it needs, and nothing twice. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Packed {
  files: { path: string; size: number; mode: number }[];
  unpackedSize: number;
}

/** The parts of package.json that others rely on. */
interface Manifest {
  bin: Record<string, string>;
  exports: Record<string, string | { types: string; default: string }>;
  repository: { url: string };
  license: string;
  engines: { node: string };
  scripts: { install: string };
  publishConfig: object;
}

describe('the package', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  let packed: Packed;
  let names: Set<string>;

  before(() => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
    const answer: unknown = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
    // npm 12 has an object with a key for each package, older ones a list.
    [packed] = Object.values(answer as Record<string, Packed>) as [Packed];
    names = new Set(packed.files.map(({ path }) => path));
  });

  it('has what its exports and its command name', () => {
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : [entry.types, entry.default],
    );
    for (const entry of entries) assert.ok(names.has(entry.replace('./', '')), entry);
    for (const file of Object.values(manifest.bin)) {
      assert.ok(names.has(file), file);
      assert.match(readFileSync(join(root, file), 'utf8'), /^#!\/usr\/bin\/env node\n/);
    }
    for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) assert.ok(names.has(file), file);
  });

  it('has what a build from source needs', () => {
    const { targets } = JSON.parse(readFileSync(join(root, 'native/sources.json'), 'utf8')) as {
      targets: Record<string, { sources: string[] }>;
    };
    const sources = Object.values(targets).flatMap((target) => target.sources);
    const script = manifest.scripts.install.replace(/^node /, '');
    const build = ['binding.gyp', 'native/sources.json', 'scripts/build-info.cjs', 'scripts/find-xrootd.cjs'];
    for (const file of [...sources, ...build, script]) assert.ok(names.has(file), file);
  });

  it('has each source once, no tests, no benchmarks and nothing of a build of its own', () => {
    const places = /^(dist\/(bundle|lib)|native|prebuilds|docs|deploy|examples)\//;
    const single = [
      ...['package.json', 'binding.gyp', 'LICENSE'],
      ...['README', 'CHANGELOG', 'CONTRIBUTING', 'SECURITY'].map((name) => `${name}.md`),
    ];
    const scripts = ['build-info', 'find-xrootd', 'install'].map((name) => `scripts/${name}.cjs`);
    const stray = [...names].filter((name) => !places.test(name) && ![...single, ...scripts].includes(name));
    assert.deepEqual(stray, []);
    const unwanted = [...names].filter((name) =>
      /\.(map|png|test\.js)$|\/(test|bench|demo)\/|\.o$/.test(name),
    );
    assert.deepEqual(unwanted, []);
    for (const name of names) {
      const declared = /^dist\/(lib\/.*?)\.d\.ts$/.exec(name);
      if (declared?.[1] !== undefined)
        assert.ok(existsSync(join(root, `${declared[1]}.ts`)), `${name} has no source`);
      else
        assert.ok(!name.startsWith('dist/') || /^dist\/bundle\/([^/]+\.js|zod\.LICENSE)$/.test(name), name);
    }
  });

  it('has what its documents link to, but for screenshots', () => {
    const there = (place: string) =>
      [...names].some((name) => name === place || name.startsWith(`${place}/`));
    const documents = [...names].filter((name) => name.endsWith('.md'));
    assert.ok(documents.length > 20);
    const dead = documents.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\]\(([^)#\s]+)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^https?:|\.png$/.test(link))
        .filter((link) => !there(posix.join(posix.dirname(file), link).replace(/\/$/, '')))
        .map((link) => `${file}: ${link}`),
    );
    assert.deepEqual(dead, []);
  });

  it('stays small without the prebuilt addons', () => {
    const own = packed.files.filter(({ path }) => !path.startsWith('prebuilds/'));
    const bytes = own.reduce((sum, { size }) => sum + size, 0);
    assert.ok(bytes < 4e6, `${bytes} bytes unpacked`);
  });

  it('says where it comes from and what it needs', () => {
    assert.match(manifest.repository.url, /^git\+https:\/\/\S+\.git$/);
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(manifest.engines.node, /^>=\d/);
    assert.deepEqual(manifest.publishConfig, { access: 'public', provenance: true });
    assert.ok(!('funding' in manifest));
  });
});
