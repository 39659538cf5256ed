import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stampFreshBuild } from './native.mjs';
import { root, run, step } from './step.mjs';

function packagesIn(lock) {
  const path = join(root, lock);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/** npm writes what it has installed, last of all, in the form of the lock file. */
function isInstalled() {
  const installed = packagesIn('node_modules/.package-lock.json');
  return Object.entries(packagesIn('package-lock.json')).every(
    ([name, wanted]) => name === '' || wanted.optional || installed[name]?.version === wanted.version,
  );
}

/** @returns {boolean} whether anything had to be done */
export function installNpmPackages() {
  if (isInstalled()) return false;
  const wasBuilt = existsSync(join(root, 'build'));
  // npm also runs our own install script, which builds the addon where there is none.
  step('npm packages, native addon', () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { env: { JOBS: 'max' } }),
  );
  if (!wasBuilt) stampFreshBuild();
  return true;
}
