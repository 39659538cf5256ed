/** The packed tarball in empty projects, as each kind of them takes it. Its dependencies are those of this clone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { addonFile } from '../../lib/addon/addon.js';
import { cli } from '../support/cli.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const modules = join(root, 'node_modules');

/** Uses all three entries; the addon must be there. */
const uses = `
  new Archive({ targetUrl: 'root://localhost//a' });
  if (typeof TapeSandbox.start !== 'function') throw new Error('no sandbox');
  console.log(environment.clientVersion);`;
const esm = `import { Archive } from 'xrootd-archive';
  import { environment } from 'xrootd-archive/xrdcl';
  import { TapeSandbox } from 'xrootd-archive/sandbox';${uses}`;
const cjs = `const { Archive } = require('xrootd-archive');
  const { environment } = require('xrootd-archive/xrdcl');
  const { TapeSandbox } = require('xrootd-archive/sandbox');${uses}`;
const typed = `import { Archive, type ArchiveOptions, type Report } from 'xrootd-archive';
  import { environment, FileSystem, type StatInfo } from 'xrootd-archive/xrdcl';
  import { TapeSandbox, type SandboxOptions } from 'xrootd-archive/sandbox';
  const options: ArchiveOptions = { targetUrl: 'root://localhost//a', autoRemove: 'never' };
  const archive = new Archive(options);
  archive.on('progress', ({ bytesDone }) => bytesDone.toFixed());
  export const pass = (): Promise<Report> => archive.backup({ dryRun: true });
  export const look = (): Promise<StatInfo> => new FileSystem('root://localhost').stat('/a');
  export const sandbox = (given: SandboxOptions): Promise<TapeSandbox> => TapeSandbox.start(given);
  export const version: string = environment.clientVersion;
  // @ts-expect-error there is no such state
  export const wrong: ArchiveOptions = { targetUrl: 'root://localhost//a', autoRemove: 'always' };`;

const runs: [title: string, run: (project: Project) => Promise<void>][] = [
  ['ESM', (project) => project.prints('main.mjs', esm)],
  ['the command', (project) => project.prints('main.mjs', rounds)],
  ['CommonJS', (project) => project.prints('main.cjs', cjs)],
  ['a worker thread', (project) => project.prints('main.mjs', inWorker)],
  ['TypeScript, node16, ESM', (project) => project.compiles('node16', 'node16', 'module')],
  ['TypeScript, nodenext, ESM', (project) => project.compiles('nodenext', 'nodenext', 'module')],
  ['TypeScript, nodenext, CommonJS', (project) => project.compiles('nodenext', 'nodenext', 'commonjs')],
  ['TypeScript, bundler', (project) => project.compiles('esnext', 'bundler', 'module')],
  ['esbuild to ESM', (project) => project.bundles('esm', 'out.mjs')],
  ['esbuild to CommonJS', (project) => project.bundles('cjs', 'out.cjs')],
];

const inWorker = `import { once } from 'node:events';
  import { Worker, isMainThread } from 'node:worker_threads';
  if (isMainThread) {
    await once(new Worker(new URL(import.meta.url)), 'exit');
    const stopped = new Worker(new URL(import.meta.url), { stdout: true });
    await once(stopped, 'online');
    await stopped.terminate();
  } else {
    const { environment } = await import('xrootd-archive/xrdcl');
    console.log(environment.clientVersion);
  }`;

/** What has a thread or a process of its own: the catalogue, and the sandbox's checksums where a key is needed. */
const rounds = `import assert from 'node:assert/strict';
  import { execFile } from 'node:child_process';
  import { mkdir, readFile, writeFile } from 'node:fs/promises';
  import { createRequire } from 'node:module';
  import { dirname, join } from 'node:path';
  import { promisify } from 'node:util';
  import { environment } from 'xrootd-archive/xrdcl';
  import { TapeSandbox } from 'xrootd-archive/sandbox';
  const manifest = createRequire(import.meta.url).resolve('xrootd-archive/package.json');
  const { bin } = JSON.parse(await readFile(manifest, 'utf8'));
  const command = join(dirname(manifest), bin['xrootd-archive']);
  const sandbox = await TapeSandbox.start({ sss: true, migrationDelay: 'never' });
  const common = ['--no-config', '--target', sandbox.url, '--keytab', sandbox.keytab];
  const run = async (...args) => (await promisify(execFile)(process.execPath, [command, ...args, ...common])).stdout;
  await mkdir('cache');
  await writeFile('cache/record', 'bytes');
  const pass = ['backup', '--cache', 'cache', '--settle-seconds', '0', '--auto-remove', 'backed_up'];
  assert.match(await run(...pass), /^ +copied +1 /m);
  await sandbox.migrateAll();
  assert.match(await run(...pass), /^ +removed +1 /m);
  assert.match(await run('find', '--cache', 'cache'), /record/);
  await sandbox.evict(['record']);
  assert.match(await run('restore', '.', '--to', 'back'), /^ +restored +1 /m);
  assert.equal(await readFile('back/record', 'utf8'), 'bytes');
  await sandbox.stop();
  console.log(environment.clientVersion);`;

class Project {
  constructor(
    readonly path: string,
    tarball: string,
  ) {
    const own = join(path, 'node_modules', 'xrootd-archive');
    mkdirSync(own, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
    cpSync(dirname(addonFile), join(own, 'prebuilds', `${process.platform}-${process.arch}`, 'xrdcl1'), {
      recursive: true,
      filter: (file) => !/\/(\.deps|obj\.target)/.test(file),
    });
    const { dependencies } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    mkdirSync(join(own, 'node_modules'));
    for (const name of Object.keys(dependencies))
      symlinkSync(join(modules, name), join(own, 'node_modules', name));
    mkdirSync(join(path, 'node_modules', '@types'));
    symlinkSync(join(modules, '@types', 'node'), join(path, 'node_modules', '@types', 'node'));
    writeFileSync(join(path, 'package.json'), '{ "private": true }');
  }

  write(name: string, text: string): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  async prints(name: string, text: string): Promise<void> {
    const { code, stdout, stderr } = await cli([], {
      file: this.write(name, text),
      cwd: this.path,
      env: { XROOTD_ARCHIVE_ADDON: undefined },
    });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^v\d+\.\d+/);
  }

  /** Strictly, and the declarations of the package too. */
  async compiles(module: string, moduleResolution: string, type: string): Promise<void> {
    this.write('package.json', JSON.stringify({ private: true, type }));
    this.write('main.ts', typed);
    const compilerOptions = {
      ...{
        module,
        moduleResolution,
        target: 'es2022',
        lib: ['es2023', 'esnext.disposable'],
        types: ['node'],
      },
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
    };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    const compiler = join(modules, 'typescript', 'bin', 'tsc');
    const { code, stdout } = await cli(['-p', this.path], { file: compiler, cwd: this.path });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
  }

  /** The package itself stays outside of the bundle: it has an addon and threads. */
  async bundles(format: 'esm' | 'cjs', name: string): Promise<void> {
    await build({
      entryPoints: [this.write('main.ts', esm)],
      ...{ outfile: join(this.path, name), bundle: true, platform: 'node', format },
      ...{ packages: 'external', logLevel: 'silent' },
    });
    await this.prints(`copy-of-${name}`, readFileSync(join(this.path, name), 'utf8'));
  }
}

describe('the packed tarball', () => {
  let directory: TemporaryDirectory;
  let tarball: string;

  before(() => {
    directory = new TemporaryDirectory();
    const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', directory.path];
    execFileSync('npm', args, { cwd: root });
    const [name = ''] = readdirSync(directory.path);
    tarball = directory.file(name);
  });
  after(() => {
    directory.remove();
  });

  for (const [title, run] of runs.slice(0, scaled('kinds of projects that take the tarball', 3, runs.length)))
    it(`works in an empty project: ${title}`, async () => {
      const project = directory.file(title.replace(/\W+/g, '-'));
      mkdirSync(project);
      await run(new Project(project, tarball));
    });
});
