'use strict';
/**
 * The one truth of both native builds: what native/sources.json says, with the paths of this machine.
 * binding.gyp and CMakeLists.txt ask it, a line a value:
 *
 *   node scripts/build-info.cjs TARGET sources|defines|debug-defines|cflags|include|ldflags|libraries
 *   node scripts/build-info.cjs has-server        yes or no: can the sandbox's parts be built here?
 *   node scripts/build-info.cjs standard          the C++ standard
 */
const fs = require('node:fs');
const path = require('node:path');
const { findXRootD } = require('./find-xrootd.cjs');

const root = path.resolve(__dirname, '..');
const { common, targets } = JSON.parse(fs.readFileSync(path.join(root, 'native', 'sources.json'), 'utf8'));

const serverSources = Object.values(targets)
  .filter((t) => t.server)
  .flatMap((t) => t.sources);

/** The sandbox's parts are left out where the server's headers, or (in a package) their sources, are missing. */
function hasServer() {
  return findXRootD().server && serverSources.every((s) => fs.existsSync(path.join(root, s)));
}

function answer(name, what) {
  if (name === 'has-server') return [hasServer() ? 'yes' : 'no'];
  if (name === 'standard') return [common.standard];
  const target = targets[name];
  if (!target) throw new Error(`build-info: no target "${name}" in native/sources.json`);
  const xrootd = findXRootD();
  switch (what) {
    case 'sources':
      return target.sources;
    case 'defines':
      return [...common.defines, ...(target.defines ?? [])];
    case 'debug-defines':
      return common.debugDefines;
    case 'cflags':
      return common.cflags;
    case 'include':
      return target.server ? [xrootd.include, xrootd.privateInclude] : [xrootd.include];
    case 'ldflags':
      return [
        ...(process.platform === 'linux' ? (target.linuxLdflags ?? []) : []),
        ...(target.libraries.length > 0 ? [`-L${xrootd.lib}`] : []),
        // A prefix of one's own isn't in the loader's path.
        ...(target.libraries.length > 0 && process.env.XROOTD_DIR ? [`-Wl,-rpath,${xrootd.lib}`] : []),
      ];
    case 'libraries':
      return target.libraries.map((l) => `-l${l}`);
    default:
      throw new Error(`build-info: can't tell "${what}"`);
  }
}

if (require.main === module) {
  try {
    console.log(answer(process.argv[2], process.argv[3]).join('\n'));
  } catch (error) {
    console.error(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}

module.exports = { root, targets, answer };
