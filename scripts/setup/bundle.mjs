import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './step.mjs';

/** Files that something names: package.json, the install script, and `new URL('./thread.js', import.meta.url)` in the code. */
const ENTRIES = {
  index: 'dist/lib/index.js',
  xrdcl: 'dist/lib/xrdcl/index.js',
  sandbox: 'dist/lib/sandbox/index.js',
  main: 'dist/lib/cli/main.js',
  addon: 'dist/lib/addon/addon.js',
  thread: 'dist/lib/catalogue/thread.js',
  checksum_process: 'dist/lib/sandbox/checksum_process.js',
};

/** Half of its modules are translations that every entry of it loads, and nothing here uses: 30 ms of each command. */
const INSIDE = 'zod';

/** English has a module of its own. */
const withoutTranslations = {
  name: 'without-translations',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {};' }));
  },
};

/**
 * Puts the compiled modules into a few files, for the package: Node.js takes 0.5 ms and more to find and load each module, and a pass has
 * nearly 400. Other dependencies stay outside, so that their own versions count. All entries share their modules, whichever are loaded.
 */
export async function bundle() {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // Only now: before the npm packages are installed it isn't there.
  const { build } = await import('esbuild');
  rmSync(join(root, 'dist/bundle'), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: 'dist/bundle',
    bundle: true,
    splitting: true,
    external: Object.keys(dependencies).filter((name) => name !== INSIDE),
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [withoutTranslations],
    logLevel: 'error',
  });
  cpSync(join(root, 'node_modules', INSIDE, 'LICENSE'), join(root, 'dist/bundle', `${INSIDE}.LICENSE`));
}
