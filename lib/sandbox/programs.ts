import { accessSync, chmodSync, constants, copyFileSync, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { addonFile } from '../addon/addon.js';
import { SandboxError } from './error.js';

/** The sandbox's own programs, built beside the addon. */
export type SandboxProgram = 'tape_plugin.so' | 'tape_prepare' | 'tape_launch';

/** Where to look before the package's own build directories. */
const locationVariable = 'XROOTD_ARCHIVE_SANDBOX_PROGRAMS';

/** Puts a copy of a built program into a directory, where the user that xrootd runs as can reach it. */
export function installProgram(program: SandboxProgram, directory: string): string {
  const target = join(directory, program);
  copyFileSync(findProgram(program), target);
  // An archive on the way may have lost that it is a program.
  chmodSync(target, 0o755);
  return target;
}

/** @throws SandboxError NotBuilt. */
function findProgram(program: SandboxProgram): string {
  const directories = searchPath();
  const found = directories.map((directory) => join(directory, program)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  const needs =
    program === 'tape_plugin.so'
      ? ' It needs the server headers of XRootD. Debian, Ubuntu: apt install libxrootd-server-dev' +
        ' libxrootd-private-dev; RHEL: dnf install xrootd-server-devel xrootd-private-devel; then build again.'
      : '';
  throw new SandboxError(
    'NotBuilt',
    `The sandbox's ${program} wasn't built (looked in ${directories.join(', ')}).${needs}`,
  );
}

function searchPath(): string[] {
  const root = dirname(createRequire(import.meta.url).resolve('xrootd-archive/package.json'));
  const chosen = process.env[locationVariable];
  return [
    ...new Set([
      ...(chosen === undefined || chosen === '' ? [] : [chosen]),
      // Built for the same XRootD.
      dirname(addonFile),
      join(root, 'build', 'Release'),
      join(root, 'build', 'Debug'),
    ]),
  ];
}

/** The full path of a program. @throws SandboxError NotInstalled, with what to install. */
export function findOnPath(program: string): string {
  // A user's PATH often lacks the sbin directories, where some packages put servers.
  const path = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
  ];
  const candidates = isAbsolute(program)
    ? [program]
    : path.filter((part) => isAbsolute(part)).map((part) => join(part, program));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new SandboxError(
    'NotInstalled',
    `${program} is not installed. Debian, Ubuntu: apt install xrootd-server xrootd-server-plugins xrootd-plugins;` +
      ' RHEL, Fedora: dnf install xrootd-server (from EPEL); macOS: brew install xrootd',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
