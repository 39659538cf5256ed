/**
 * Builds the addon and the sandbox's programs for other machines: in an old Debian, so that the C library of RHEL 9 and newer will do, for
 * each generation of libXrdCl, and with `--arch` for another processor. As root, since it works in a chroot:
 *
 *   node scripts/prebuild.mjs [--arch x64|arm64] CHROOT GENERATION=PREFIX…
 *   node scripts/prebuild.mjs /tmp/bullseye 3=/usr 6=/tmp/sid/usr
 *   node scripts/prebuild.mjs --arch arm64 /tmp/bullseye 3=/usr 6=/tmp/sid/usr
 *
 * CHROOT: `debootstrap --variant=minbase --include=g++,zlib1g-dev bullseye CHROOT`; for arm64 on another machine, in it also
 * `dpkg --add-architecture arm64 && apt-get update && apt-get install g++-aarch64-linux-gnu zlib1g-dev:arm64`. PREFIX: where XRootD's
 * headers of this generation lie, which are the same for every processor; of its libraries only the names are linked, so that the headers may
 * come from a newer system.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NAMES, buildScript, tripletOf } from './prebuild/build_script.mjs';
import { newestVersions, processorOf, tableOf, tooNew } from './prebuild/symbols.mjs';

const require = createRequire(import.meta.url);
const sources = require('../native/sources.json');
const root = fileURLToPath(new URL('..', import.meta.url));
const { arch, chroot, generations } = whatToBuild();

const nodeHeaders = [join(process.execPath, '../../include/node'), '/usr/include/node'].find((each) =>
  existsSync(join(each, 'node_api.h')),
);
if (nodeHeaders === undefined)
  throw new Error("Node.js's headers are not there: apt-get install libnode-dev");

for (const each of generations) build(...each.split('='));

function build(generation, prefix) {
  const work = mkdtempSync(join(chroot, 'tmp', 'prebuild-'));
  try {
    cpSync(join(root, 'native'), join(work, 'native'), { recursive: true });
    cpSync(require('node-addon-api').include_dir, join(work, 'napi'), { recursive: true });
    cpSync(nodeHeaders, join(work, 'node'), { recursive: true });
    cpSync(join(prefix, 'include', 'xrootd'), join(work, 'xrootd'), { recursive: true });
    writeFileSync(join(work, 'build.sh'), buildScript(sources, generation, arch));
    execFileSync('chroot', [chroot, 'sh', '-e', `/tmp/${basename(work)}/build.sh`], { stdio: 'inherit' });
    const place = join(root, 'prebuilds', `${process.platform}-${arch}`, `xrdcl${generation}`);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    for (const name of Object.values(NAMES)) {
      const file = join(place, name);
      cpSync(join(work, 'out', name), file);
      const newest = newestVersions(tableOf(file));
      const problems = tooNew(newest);
      console.log(`${file}: ${[...newest].map((pair) => pair.join('_')).join(' ')}`);
      const processor = processorOf(file);
      if (processor !== arch) problems.push(`is for ${processor}, not for ${arch}`);
      for (const problem of problems) console.error(`${file} ${problem}`);
      if (problems.length > 0) process.exitCode = 1;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function whatToBuild() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { arch: { type: 'string', default: process.arch } },
    });
    const [chroot, ...generations] = positionals;
    if (generations.length === 0) throw new Error('nothing to build');
    tripletOf(values.arch);
    return { arch: values.arch, chroot, generations };
  } catch (error) {
    console.error(
      `${error.message}\nusage: node scripts/prebuild.mjs [--arch x64|arm64] CHROOT GENERATION=PREFIX…`,
    );
    process.exit(2);
  }
}
