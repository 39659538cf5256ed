'use strict';
/**
 * Finds XRootD's headers and libraries for both builds: in `XROOTD_DIR` alone where that is set, else
 * where Debian, RHEL and Homebrew put them.
 */
const fs = require('node:fs');
const path = require('node:path');

const MULTIARCH = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  arm: 'arm-linux-gnueabihf',
  ppc64: 'powerpc64le-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  s390x: 's390x-linux-gnu',
};

const INSTALL = `Install what a build needs, XRootD's client library with its headers among it:
  Debian, Ubuntu      apt-get install python3 make g++ libxrootd-client-dev zlib1g-dev
  RHEL, Alma, Rocky   dnf install epel-release && dnf install python3 make gcc-c++ xrootd-client-devel zlib-devel
  Fedora              dnf install python3 make gcc-c++ xrootd-client-devel zlib-devel
  macOS               xcode-select --install && brew install python3 xrootd
or set XROOTD_DIR to the prefix of your own installation (with include/xrootd and lib or lib64 in it).`;

function prefixes(env, platform) {
  if (env.XROOTD_DIR) return [path.resolve(env.XROOTD_DIR)];
  return platform === 'darwin'
    ? ['/opt/homebrew/opt/xrootd', '/opt/homebrew', '/usr/local/opt/xrootd', '/usr/local']
    : ['/usr', '/usr/local'];
}

function findLibraryDirectory(prefix, platform, arch) {
  const name = platform === 'darwin' ? 'libXrdCl.dylib' : 'libXrdCl.so';
  const directories = ['lib64', 'lib'];
  if (MULTIARCH[arch]) directories.unshift(path.join('lib', MULTIARCH[arch]));
  return directories.map((d) => path.join(prefix, d)).find((d) => fs.existsSync(path.join(d, name)));
}

/**
 * @returns {{prefix: string, include: string, privateInclude: string, lib: string, server: boolean}}
 *   `server`: the server's headers and its private ones are here too, as the sandbox's plug-in needs them
 * @throws {Error} with what to install, when headers or libraries are missing
 */
function findXRootD({ env = process.env, platform = process.platform, arch = process.arch } = {}) {
  const tried = prefixes(env, platform);
  for (const prefix of tried) {
    const include = path.join(prefix, 'include', 'xrootd');
    const lib = findLibraryDirectory(prefix, platform, arch);
    if (!lib || !fs.existsSync(path.join(include, 'XrdCl', 'XrdClCopyProcess.hh'))) continue;
    const privateInclude = path.join(include, 'private');
    const server =
      fs.existsSync(path.join(include, 'XrdOss', 'XrdOssStatInfo.hh')) && fs.existsSync(privateInclude);
    return { prefix, include, privateInclude, lib, server };
  }
  throw new Error(`XRootD's headers and libraries were not found in ${tried.join(' or ')}.\n${INSTALL}`);
}

module.exports = { findXRootD, INSTALL, MULTIARCH };
