import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bundle } from './bundle.mjs';
import { filesUnder, fingerprint, isStamped, setStamp } from './stamp.mjs';
import { root, run, step } from './step.mjs';

const STAMP = 'dist/.setup-stamp';
const INPUTS = [
  ...['lib', 'demo', 'test', 'bench', 'tsconfig.json', 'package-lock.json'],
  'scripts/setup/bundle.mjs',
];

/** What was compiled from a source that is gone would still be run. */
function removeOrphans() {
  for (const file of filesUnder('dist')) {
    const compiled = /^(.*?)(\.d\.ts|\.js|\.js\.map)$/.exec(relative(join(root, 'dist'), file));
    if (compiled && !existsSync(join(root, `${compiled[1]}.ts`))) rmSync(file);
  }
}

/** @returns {Promise<boolean>} whether anything had to be done */
export async function compileTypeScript() {
  const print = fingerprint(INPUTS.flatMap(filesUnder), process.version);
  if (isStamped(STAMP, print)) return false;
  step('TypeScript', () => {
    // The compiler trusts its own record of what it has written.
    if (filesUnder('dist/lib').length === 0) rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
    run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']);
    removeOrphans();
  });
  await bundle();
  setStamp(STAMP, print);
  return true;
}
