/** What is run in the chroot. No I/O. */
import { createRequire } from 'node:module';

const { MULTIARCH } = createRequire(import.meta.url)('../find-xrootd.cjs');

/** Of each target of native/sources.json, its file. */
export const NAMES = {
  xrootd_archive: 'xrootd_archive.node',
  tape_plugin: 'tape_plugin.so',
  tape_prepare: 'tape_prepare',
  tape_launch: 'tape_launch',
};

/**
 * Debian's compilers have it before their names, the native one too.
 * @param {string} arch as `process.arch` has it
 */
export function tripletOf(arch) {
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`--arch ${arch}: there are x64 and arm64`);
  return MULTIARCH[arch];
}

/** A shell script that compiles and links everything, with libraries that have a name and nothing else. */
export function buildScript({ common, targets }, generation, arch) {
  const triplet = tripletOf(arch);
  const lines = ['cd "$(dirname "$0")"', 'mkdir -p out lib', 'echo >empty.c'];
  for (const name of ['XrdCl', 'XrdUtils']) {
    lines.push(`${triplet}-gcc -shared -Wl,-soname,lib${name}.so.${generation} -o lib/lib${name}.so empty.c`);
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
        `${triplet}-g++ -c ${flags.join(' ')} ${defines.map((each) => `-D${each}`).join(' ')} ${include} -o ${object} ${source}`,
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
      `${triplet}-g++ ${kind} -pthread ${(target.linuxLdflags ?? []).join(' ')} -Llib -Wl,--no-as-needed -o out/${NAMES[name]} ${name}-*.o ${libraries}`,
      `${triplet}-strip --strip-unneeded out/${NAMES[name]}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
