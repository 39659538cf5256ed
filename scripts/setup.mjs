/**
 * Makes a fresh clone ready to run: system packages, npm packages, the addon, TypeScript. What is up to
 * date is left alone, so a second run does nothing. Only Node's built-ins: nothing is installed yet.
 */
import { checkNode, useHeadersBesideNode } from './setup/node.mjs';
import { installNpmPackages } from './setup/npm.mjs';
import { buildNative } from './setup/native.mjs';
import { compileTypeScript } from './setup/typescript.mjs';
import { Stop } from './setup/step.mjs';
import { installSystemPackages } from './setup/system.mjs';

const started = Date.now();
try {
  checkNode();
  useHeadersBesideNode();
  const done = [installSystemPackages(), installNpmPackages(), buildNative(), await compileTypeScript()];
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.error(done.some(Boolean) ? `setup: ready after ${seconds} s` : `setup: up to date (${seconds} s)`);
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  console.error(`\nsetup: ${error.message}`);
  process.exitCode = 1;
}
