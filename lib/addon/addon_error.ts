/** The one error for an addon that can't be loaded, with what to do about it. */
import type { Attempt } from './candidates.js';
import type { Machine } from './machine.js';

/**
 * `NotBuilt`: there is none for this machine. `XrdClMissing`: libXrdCl isn't installed. `XrdClDiffers`: another generation of it is.
 * `CLibraryTooOld`: libc or libstdc++ is older than the addon asks for. `Unfit`: anything else that the system's loader says.
 */
export type AddonErrorCode = 'NotBuilt' | 'XrdClMissing' | 'XrdClDiffers' | 'CLibraryTooOld' | 'Unfit';

/**
 * The native addon can't be loaded, so that nothing of the package works. It is thrown by the `import` itself: know it by its `name`.
 * The command ends with exit code 2.
 */
export class AddonError extends Error {
  override readonly name = 'AddonError';
  readonly code: AddonErrorCode;
  readonly exitCode = 2;
  /** The files that were tried, each with what the system's loader said. */
  readonly attempts: readonly Attempt[];

  constructor(code: AddonErrorCode, message: string, attempts: readonly Attempt[]) {
    super(message);
    this.code = code;
    this.attempts = attempts;
  }
}

/** What a machine needs to run a built addon, by system. */
const CLIENT =
  'Debian and Ubuntu: apt-get install xrootd-client; RHEL, Alma and Rocky: dnf install epel-release && dnf install ' +
  'xrootd-client-libs; Fedora: dnf install xrootd-client-libs; macOS: brew install xrootd';

/** What it needs to build one; scripts/find-xrootd.cjs says the same. */
export const BUILD =
  'Debian and Ubuntu: apt-get install python3 make g++ libxrootd-client-dev zlib1g-dev; RHEL, Alma and Rocky: dnf install ' +
  'epel-release && dnf install python3 make gcc-c++ xrootd-client-devel zlib-devel; Fedora: dnf install python3 make gcc-c++ ' +
  'xrootd-client-devel zlib-devel; macOS: xcode-select --install && brew install python3 xrootd';

const missingLibrary = /(lib[^\s:/]+): cannot open shared object file|Library not loaded: (?:\S*\/)?(lib\S+)/;
const olderLibrary = /version `(\S+)' not found/;

/** Makes one error of all attempts. No I/O. */
export function addonError(attempts: readonly Attempt[], machine: Machine): AddonError {
  const told = (code: AddonErrorCode, message: string) => new AddonError(code, message, attempts);
  if (attempts.length === 0) {
    return told(
      'NotBuilt',
      `The native addon is not there: the package brings none for ${machine.name}, and none was built at installation, most likely ` +
        `because install scripts are blocked (npm 12 and pnpm 10 do that) or were left out. ${build(machine)}`,
    );
  }
  const old = attempts.find(({ error }) => olderLibrary.test(error));
  if (old !== undefined) {
    const version = olderLibrary.exec(old.error)?.[1] ?? '';
    const ours = machine.libc === undefined ? '' : ` (glibc ${machine.libc})`;
    return told(
      'CLibraryTooOld',
      `The native addon ${old.file} was built for a newer system: it asks for ${version}, which this machine${ours} does not have. ` +
        build(machine),
    );
  }
  const other = attempts.find(({ error }) => !/^libXrd/.test(libraryOf(error) ?? ''));
  if (other !== undefined) {
    return told(
      'Unfit',
      `The native addon ${other.file} can't be loaded: ${other.error.trim().replace(/\s+/g, ' ')}. ${build(machine)}`,
    );
  }
  const asked = [...new Set(attempts.map(({ error }) => libraryOf(error)))].join(' or ');
  if (machine.xrdCl.length === 0) {
    return told(
      'XrdClMissing',
      `libXrdCl, the client library of XRootD, is not installed (the native addon asks for ${asked}). Install it; ${CLIENT}.`,
    );
  }
  return told(
    'XrdClDiffers',
    `The native addon was built for another XRootD: it asks for ${asked}, and this machine has ${machine.xrdCl.join(' and ')}. ` +
      build(machine),
  );
}

function libraryOf(error: string): string | undefined {
  const found = missingLibrary.exec(error);
  return found?.[1] ?? found?.[2];
}

function build({ rebuild }: Machine): string {
  return `Build it on this machine: ${rebuild}. The build needs Python, make, a C++ compiler and XRootD's headers; ${BUILD}.`;
}
