'use strict';
/**
 * The package's install script: builds the addon where neither a prebuilt one nor one that was built before loads on this machine.
 * Ends with what to install where it can't be built.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { findXRootD, INSTALL } = require('./find-xrootd.cjs');

const root = path.resolve(__dirname, '..');

/** In a process of its own, as a program would load it. @returns {string | undefined} what is wrong */
function whyNotLoaded() {
  const loader = path.join(root, 'dist', 'lib', 'addon', 'addon.js');
  const built = path.join(root, 'build', 'Release', 'xrootd_archive.node');
  // A clone whose TypeScript isn't compiled yet has no loader.
  const code = fs.existsSync(loader)
    ? `import(${JSON.stringify(loader)}).catch(({ message }) => { console.error(message); process.exitCode = 1; })`
    : `require(${JSON.stringify(built)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  return status === 0 ? undefined : stderr;
}

function onPath(program) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.some((folder) => fs.existsSync(path.join(folder, program)));
}

/** @throws {Error} with what is missing and what to install */
function checkTools() {
  findXRootD();
  const { CXX: compiler, PYTHON: python } = process.env;
  const missing = [
    python || ['python3', 'python'].some(onPath) ? [] : 'Python',
    onPath('make') ? [] : 'make',
    compiler || ['c++', 'g++', 'clang++'].some(onPath) ? [] : 'a C++ compiler',
  ].flat();
  if (missing.length > 0)
    throw new Error(`What a build needs is missing: ${missing.join(', ')}.\n${INSTALL}`);
}

/** node-gyp as npm brings it. */
function build() {
  const { npm_config_node_gyp: gyp } = process.env;
  const [command, ...args] = gyp ? [process.execPath, gyp, 'rebuild'] : ['node-gyp', 'rebuild'];
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw new Error(`${command}: ${error.message}`);
  return status === 0;
}

try {
  const fromSource = process.env.npm_config_build_from_source === 'true';
  const why = fromSource ? '' : whyNotLoaded();
  if (why !== undefined) {
    checkTools();
    if (!build()) process.exitCode = 1;
  }
} catch (error) {
  console.error(`\nxrootd-archive: its native addon can't be built on this machine.\n${error.message}\n`);
  process.exitCode = 1;
}
