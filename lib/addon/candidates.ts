/** Where an addon may be, and the first one that loads. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A file that couldn't be loaded. */
export interface Attempt {
  file: string;
  /** What the system's loader said. */
  error: string;
}

const NAME = 'xrootd_archive.node';

/**
 * What was built on this machine comes first; then the prebuilt ones, the newest generation of libXrdCl first. Each needs its own
 * generation, so that only the one that fits loads.
 */
export function addonCandidates(root: string, platform: string, arch: string): string[] {
  const prebuilds = join(root, 'prebuilds', `${platform}-${arch}`);
  const generations = namesIn(prebuilds).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return [
    join(root, 'build', 'Release', NAME),
    join(root, 'build', 'Debug', NAME),
    ...generations.map((name) => join(prebuilds, name, NAME)),
  ].filter((file) => existsSync(file));
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
