import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { filesUnder, fingerprint, isStamped, setStamp } from './stamp.mjs';
import { root, run, step, Stop } from './step.mjs';

const { findXRootD } = createRequire(import.meta.url)('../find-xrootd.cjs');

const STAMP = 'build/.setup-stamp';
const ADDON = 'build/Release/xrootd_archive.node';
const INPUTS = [
  'native',
  'binding.gyp',
  'scripts/build-info.cjs',
  'scripts/find-xrootd.cjs',
  'node_modules/node-addon-api/package.json',
];

function find() {
  try {
    return findXRootD();
  } catch (error) {
    throw new Stop(error.message);
  }
}

function fingerprintNow() {
  const xrootd = find();
  const version = readFileSync(join(xrootd.include, 'XrdVersion.hh'), 'utf8');
  return fingerprint(INPUTS.flatMap(filesUnder), xrootd, version, process.arch);
}

/** Says that the addon was built a moment ago, of what is here now. */
export function stampFreshBuild() {
  if (existsSync(join(root, ADDON))) setStamp(STAMP, fingerprintNow());
}

/** @returns {boolean} whether anything had to be done */
export function buildNative() {
  const print = fingerprintNow();
  if (isStamped(STAMP, print) && existsSync(join(root, ADDON))) return false;
  step('native addon', () => run('npm', ['run', '--silent', '--loglevel=error', 'build:native']));
  setStamp(STAMP, print);
  return true;
}
