/** Texts of compiled files of `dist/lib` that are replaced as a process loads them: `test/faults/children/patched`. */
import { readFileSync } from 'node:fs';

export interface Patch {
  /** Below dist/lib. */
  file: string;
  /** It is there exactly once. */
  text: string;
  replacement: string;
}

/** The directory of the compiled library. */
const lib = new URL('../../lib/', import.meta.url);

export function fileOf({ file }: Pick<Patch, 'file'>): URL {
  return new URL(file, lib);
}

/** The file as these patches make it. @throws {Error} if one of the texts isn't there exactly once */
export function patched(url: URL, patches: readonly Patch[]): string {
  let source = readFileSync(url, 'utf8');
  for (const { file, text, replacement } of patches) {
    const count = source.split(text).length - 1;
    if (count !== 1) throw new Error(`${file} has ${count} times, and not once: ${text}`);
    source = source.replace(text, () => replacement);
  }
  return source;
}

/** What Node must be started with, and the environment that it needs besides, so that it loads these patches. */
export function withPatches(patches: readonly Patch[]): { flags: string[]; env: Record<string, string> } {
  return {
    flags: ['--import', new URL('../faults/children/patched.js', import.meta.url).href],
    env: { XA_PATCHES: JSON.stringify(patches) },
  };
}
