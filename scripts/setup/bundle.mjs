import { rmSync } from 'node:fs';
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

/**
 * Puts the compiled modules into a few files, for the package: Node.js takes 0.5 ms and more to find and load each module, and a pass has
 * nearly 400. Dependencies stay outside, so that their own versions count. All entries share their modules, whichever are loaded.
 */
export async function bundle() {
  // Only now: before the npm packages are installed it isn't there.
  const { build } = await import('esbuild');
  rmSync(join(root, 'dist/bundle'), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: 'dist/bundle',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
}
