/** Where an addon may be, and the first one that loads. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A CommonJS module without types. */
const { resolve } = createRequire(import.meta.url)('node-gyp-build') as { resolve: (root: string) => string };

/** A file that couldn't be loaded. */
export interface Attempt {
  file: string;
  /** What the system's loader said. */
  error: string;
}

const NAME = 'xrootd_archive.node';

/**
 * What node-gyp-build finds comes first: what was built on this machine, or a prebuilt one for it alone; then the prebuilt ones by
 * generation of libXrdCl, the newest first. Each needs its own generation, so that only the one that fits loads.
 */
export function addonCandidates(root: string, platform: string, arch: string): string[] {
  const prebuilds = join(root, 'prebuilds', `${platform}-${arch}`);
  const generations = namesIn(prebuilds).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const prebuilt = generations.map((name) => join(prebuilds, name, NAME));
  return [...found(root), ...prebuilt.filter((file) => existsSync(file))];
}

/** It throws when there is none. */
function found(root: string): string[] {
  try {
    return [resolve(root)];
  } catch {
    return [];
  }
}

/** @returns what the first file that loads exports, or why none did */
export function loadFirst<T>(
  files: readonly string[],
  load: (file: string) => T,
): { file: string; exports: T } | { attempts: Attempt[] } {
  const attempts: Attempt[] = [];
  for (const file of files) {
    try {
      return { file, exports: load(file) };
    } catch (error) {
      attempts.push({ file, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { attempts };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
