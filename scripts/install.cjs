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

/** Of the child: all that is missing is libXrdCl. */
const XRDCL_MISSING = 3;

/** In a process of its own, as a program would load it. @returns {{ text: string, xrdClMissing: boolean } | undefined} what is wrong */
function whyNotLoaded() {
  const loader = path.join(root, 'dist', 'bundle', 'addon.js');
  const built = path.join(root, 'build', 'Release', 'xrootd_archive.node');
  // A clone whose TypeScript isn't compiled yet has no loader.
  const code = fs.existsSync(loader)
    ? `import(${JSON.stringify(loader)}).catch(({ message, code }) => {
        console.error(message);
        process.exitCode = code === 'XrdClMissing' ? ${XRDCL_MISSING} : 1;
      })`
    : `require(${JSON.stringify(built)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  return status === 0 ? undefined : { text: stderr.trim(), xrdClMissing: status === XRDCL_MISSING };
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
  if (error) console.error(`xrootd-archive: ${command}: ${error.message}`);
  return status === 0;
}

/** @returns {string | undefined} why it can't be built here, and what to install */
function whyNotBuilt() {
  try {
    checkTools();
    return undefined;
  } catch (error) {
    return `its native addon can't be built on this machine.\n${error.message}`;
  }
}

const fromSource = process.env.npm_config_build_from_source === 'true';
const why = fromSource ? { text: '', xrdClMissing: false } : whyNotLoaded();
if (why !== undefined) {
  const problem = whyNotBuilt();
  // A prebuilt one needs far less than a build.
  if (problem !== undefined) console.error(`\nxrootd-archive: ${why.xrdClMissing ? why.text : problem}\n`);
  if (problem !== undefined || !build()) process.exitCode = 1;
}
