/**
 * Builds the addon and the sandbox's programs for other machines: in an old Debian, so that the C library of RHEL 9 and newer will do, and
 * for each generation of libXrdCl. As root, since it works in a chroot:
 *
 *   node scripts/prebuild.mjs CHROOT GENERATION=PREFIX…
 *   node scripts/prebuild.mjs /tmp/bullseye 3=/usr 6=/tmp/sid/usr
 *
 * CHROOT: `debootstrap --variant=minbase --include=g++,zlib1g-dev bullseye CHROOT`. PREFIX: where XRootD's headers and libraries of this
 * generation lie; only their names are linked, so that they may come from a newer system.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newestVersions, tableOf, tooNew } from './prebuild/symbols.mjs';

const require = createRequire(import.meta.url);
const { common, targets } = require('../native/sources.json');
const root = fileURLToPath(new URL('..', import.meta.url));
const [chroot, ...generations] = process.argv.slice(2);
const NAMES = {
  xrootd_archive: 'xrootd_archive.node',
  tape_plugin: 'tape_plugin.so',
  tape_prepare: 'tape_prepare',
  tape_launch: 'tape_launch',
};

if (chroot === undefined || generations.length === 0) {
  console.error('usage: node scripts/prebuild.mjs CHROOT GENERATION=PREFIX…');
  process.exit(2);
}

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
    writeFileSync(join(work, 'build.sh'), commands(generation));
    execFileSync('chroot', [chroot, 'sh', '-e', `/tmp/${basename(work)}/build.sh`], { stdio: 'inherit' });
    const place = join(root, 'prebuilds', `${process.platform}-${process.arch}`, `xrdcl${generation}`);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    for (const name of Object.values(NAMES)) {
      const file = join(place, name);
      cpSync(join(work, 'out', name), file);
      const newest = newestVersions(tableOf(file));
      const problems = tooNew(newest);
      console.log(`${file}: ${[...newest].map((pair) => pair.join('_')).join(' ')}`);
      for (const problem of problems) console.error(`${file} ${problem}`);
      if (problems.length > 0) process.exitCode = 1;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A shell script that compiles and links everything, with libraries that have a name and nothing else. */
function commands(generation) {
  const lines = ['cd "$(dirname "$0")"', 'mkdir -p out lib', 'echo >empty.c'];
  for (const name of ['XrdCl', 'XrdUtils']) {
    lines.push(`gcc -shared -Wl,-soname,lib${name}.so.${generation} -o lib/lib${name}.so empty.c`);
  }
  const include = '-Inative -isystem napi -isystem node -isystem xrootd -isystem xrootd/private';
  const compile = [];
  for (const [name, target] of Object.entries(targets)) {
    const defines = [...common.defines, ...(target.defines ?? []), `NODE_GYP_MODULE_NAME=${name}`];
    const flags = [
      `-std=gnu++${common.standard}`,
      '-O3',
      '-fPIC',
      '-fno-omit-frame-pointer',
      ...common.cflags,
    ];
    for (const source of target.sources) {
      const object = `${name}-${source.replaceAll('/', '_')}.o`;
      compile.push(
        `g++ -c ${flags.join(' ')} ${defines.map((each) => `-D${each}`).join(' ')} ${include} -o ${object} ${source}`,
      );
    }
  }
  lines.push(
    `cat >compile.txt <<'END'`,
    ...compile,
    'END',
    `tr '\\n' '\\0' <compile.txt | xargs -0 -n 1 -P "$(nproc)" sh -c`,
  );
  for (const [name, target] of Object.entries(targets)) {
    const kind = /\.(node|so)$/.test(NAMES[name]) ? '-shared' : '';
    const libraries = target.libraries.map((each) => `-l${each}`).join(' ');
    lines.push(
      `g++ ${kind} -pthread ${(target.linuxLdflags ?? []).join(' ')} -Llib -Wl,--no-as-needed -o out/${NAMES[name]} ${name}-*.o ${libraries}`,
      `strip --strip-unneeded out/${NAMES[name]}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
