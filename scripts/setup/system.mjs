import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { run, step, Stop } from './step.mjs';

const { findXRootD } = createRequire(import.meta.url)('../find-xrootd.cjs');

const onPath = (program) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
/** Servers are installed where an ordinary user's PATH may not look. */
const isProgram = (program) =>
  onPath(program) || ['/usr/sbin', '/usr/local/sbin'].some((folder) => existsSync(join(folder, program)));

function xrootd() {
  try {
    return findXRootD();
  } catch {
    return undefined;
  }
}

function hasHeader(path) {
  const found = xrootd();
  return found !== undefined && existsSync(join(found.include, path));
}

const hasZlib = () =>
  process.platform === 'darwin' ||
  ['/usr', '/usr/local', process.env.XROOTD_DIR ?? '/usr'].some((p) =>
    existsSync(join(p, 'include', 'zlib.h')),
  );

/** What is needed, how one sees that it is there, and which package brings it. */
const TOOLS = [
  { there: () => onPath('c++') || onPath('g++'), apt: 'g++', dnf: 'gcc-c++' },
  { there: () => onPath('make'), apt: 'make', dnf: 'make' },
  { there: () => onPath('python3'), apt: 'python3', dnf: 'python3', brew: 'python3' },
  { there: hasZlib, apt: 'zlib1g-dev', dnf: 'zlib-devel' },
];

const XROOTD = [
  {
    there: () => hasHeader('XrdCl/XrdClCopyProcess.hh'),
    apt: 'libxrootd-client-dev',
    dnf: 'xrootd-client-devel',
    brew: 'xrootd',
  },
  {
    there: () => hasHeader('XrdOss/XrdOssStatInfo.hh'),
    apt: 'libxrootd-server-dev',
    dnf: 'xrootd-server-devel',
    brew: 'xrootd',
  },
  {
    there: () => hasHeader('private'),
    apt: 'libxrootd-private-dev',
    dnf: 'xrootd-private-devel',
    brew: 'xrootd',
  },
  { there: () => isProgram('xrootd'), apt: 'xrootd-server', dnf: 'xrootd-server', brew: 'xrootd' },
  { there: () => isProgram('xrdcp'), apt: 'xrootd-client', dnf: 'xrootd-client', brew: 'xrootd' },
];

/** An XRootD of one's own is not ours to complete: the addon's build says what it lacks. */
const needs = process.env.XROOTD_DIR ? TOOLS : [...TOOLS, ...XROOTD];

const missing = (manager) => [
  ...new Set(
    needs
      .filter((need) => !need.there())
      .map((need) => need[manager])
      .filter(Boolean),
  ),
];

/** How this process may become root: nothing for root, `sudo` where it works, undefined where it doesn't. */
function rootPrefix() {
  if (process.getuid() === 0) return [];
  if (!onPath('sudo')) return undefined;
  if (spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return ['sudo', '-n'];
  return process.stdin.isTTY && process.stderr.isTTY ? ['sudo'] : undefined;
}

function installWithApt(packages) {
  const prefix = rootPrefix();
  if (!prefix) {
    throw new Stop(
      `system packages are missing, and this user may not install them. As root, type:\n\n` +
        `  apt-get update && apt-get install ${packages.join(' ')}\n`,
    );
  }
  if (prefix[0] === 'sudo' && prefix.length === 1) spawnSync('sudo', ['-v'], { stdio: 'inherit' });
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    run(command, rest, { stdin: prefix.length === 1 ? 'inherit' : 'ignore' });
  };
  step(`system packages: ${packages.join(' ')}`, () => {
    try {
      apt('update');
    } catch {
      // One broken source of many is no reason to stop; the installation tells what is really missing.
    }
    apt('install', '-y', '--no-install-recommends', ...packages);
  });
}

function advise(packages) {
  if (onPath('dnf')) return `dnf install epel-release && dnf install ${packages('dnf').join(' ')}`;
  if (onPath('brew')) {
    const compiler = onPath('c++') && onPath('make') ? '' : 'xcode-select --install && ';
    return `${compiler}brew install ${packages('brew').join(' ')}`;
  }
  return undefined;
}

/**
 * @returns {boolean} whether anything had to be done
 * @throws {Stop} with the command to type, where we may not or can't install
 */
export function installSystemPackages() {
  if (missing('apt').length === 0) return false;
  if (onPath('apt-get')) {
    installWithApt(missing('apt'));
    const still = missing('apt');
    if (still.length > 0) throw new Stop(`installed, but still not found: ${still.join(' ')}`);
    return true;
  }
  const command = advise(missing);
  throw new Stop(
    command
      ? `system packages are missing. As an administrator, type:\n\n  ${command}\n`
      : `system packages are missing: ${missing('apt').join(' ')} (Debian's names), and neither apt, dnf nor brew is here`,
  );
}
