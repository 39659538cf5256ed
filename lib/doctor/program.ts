/** Node.js and the addon with libXrdCl: what has to work before anything else can be looked at. */
import { readFileSync } from 'node:fs';
import { failed, ok, warning, type Finding } from './finding.js';

export function checkNode(version: string, problem: string | undefined): Finding {
  return problem === undefined
    ? ok('Node.js', `${version}, ${process.platform}-${process.arch}`)
    : failed('Node.js', problem, 'install a newer Node.js: https://nodejs.org/en/download');
}

/** Loads the addon; with a failure nothing that needs it can be looked at. */
export async function checkAddon(): Promise<Finding[]> {
  let file: string;
  let builtWith: string;
  try {
    const { addon, addonFile } = await import('../addon/addon.js');
    file = addonFile;
    builtWith = addon.clientVersion();
  } catch (error) {
    // Its message has the advice, in the same paragraph.
    const { message } = error as Error;
    const [what = message, ...advice] = message.split(/(?<=\.) (?=Build it|Install it)/);
    return [failed('addon', what, advice.join(' ') || 'build it again: npm rebuild xrootd-archive')];
  }
  return [ok('addon', file), checkLibrary(builtWith, loadedXrdCl())];
}

/** Pure. @param library that was loaded, if that is known */
export function checkLibrary(builtWith: string, library: LoadedLibrary | undefined): Finding {
  const check = 'libXrdCl';
  const built = `the addon was built with ${builtWith}`;
  if (library?.version === undefined)
    return ok(check, `${library === undefined ? '' : `${library.file}, `}${built}`);
  const told = `${library.version}, ${library.file}; ${built}`;
  return majorOf(library.version) === majorOf(builtWith)
    ? ok(check, told)
    : warning(
        check,
        told,
        'build the addon for the version that is installed: npm rebuild xrootd-archive --build-from-source',
      );
}

export interface LoadedLibrary {
  file: string;
  /** As the library's own text says: `v5.5.3`. */
  version: string | undefined;
}

/** By the list of this process's memory, which only Linux has. */
function loadedXrdCl(): LoadedLibrary | undefined {
  try {
    const file = / (\/\S*\/libXrdCl\.so\S*)$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1];
    if (file === undefined) return undefined;
    const version = /@V:client (v\d[\w.-]*)/.exec(readFileSync(file).toString('latin1'))?.[1];
    return { file, version };
  } catch {
    return undefined;
  }
}

function majorOf(version: string): string | undefined {
  return /\d+/.exec(version)?.[0];
}
