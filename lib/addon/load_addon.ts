/** Loads the native addon, or says why it can't be loaded. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { addonError } from './addon_error.js';
import { addonCandidates, loadFirst } from './candidates.js';
import { thisMachine } from './machine.js';

/** @throws {AddonError} that says what is wrong with this machine or installation, and what to do */
export function loadAddon(): { file: string; exports: unknown } {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('xrootd-archive/package.json'));
  // For tests of other builds of the addon (CMake, sanitizers).
  const chosen = process.env['XROOTD_ARCHIVE_ADDON'];
  const files =
    chosen !== undefined && chosen !== '' ? [chosen] : addonCandidates(root, process.platform, process.arch);
  const loaded = loadFirst<unknown>(files, require);
  if ('attempts' in loaded) throw addonError(loaded.attempts, thisMachine(root));
  return loaded;
}
