/** What an error about the addon says of this machine. Asked only once something has failed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

export interface Machine {
  /** `linux-x64` */
  name: string;
  /** Version of glibc. */
  libc: string | undefined;
  /** The generations of libXrdCl that are installed: `libXrdCl.so.3`. */
  xrdCl: string[];
  /** The command that builds the addon for this installation of the package. */
  rebuild: string;
}

export function thisMachine(root: string): Machine {
  return {
    name: `${process.platform}-${process.arch}`,
    libc: libcVersion(),
    xrdCl: installedXrdCl(),
    rebuild: rebuildCommand(root),
  };
}

/** @param root of the package: its path tells who installed it */
export function rebuildCommand(root: string): string {
  const parts = root.split(sep);
  if (parts.includes('.pnpm')) return 'pnpm approve-builds, then pnpm rebuild xrootd-archive';
  if (!parts.includes('node_modules')) return `npm run setup, in ${root}`;
  const project = root.slice(0, root.lastIndexOf(`${sep}node_modules${sep}`));
  const inProject = existsSync(join(project, 'package.json'));
  // `npm install-scripts` does not work for global installations.
  const allow = inProject
    ? 'npm install-scripts approve xrootd-archive'
    : 'npm config set allow-scripts=xrootd-archive --location=user';
  const flag = inProject ? '' : ' --global';
  return `npm rebuild${flag} xrootd-archive (npm 12 or newer: ${allow} first, which lets its install script run)`;
}

/** The names by which the system's loader could find libXrdCl. */
function installedXrdCl(): string[] {
  const name = process.platform === 'darwin' ? /^libXrdCl\.\d+\.dylib$/ : /^libXrdCl\.so\.\d+$/;
  const found = libraryDirectories().flatMap((directory) =>
    namesIn(directory).filter((file) => name.test(file)),
  );
  return [...new Set(found)].sort();
}

function libraryDirectories(): string[] {
  const listed = [process.env['LD_LIBRARY_PATH'], process.env['DYLD_LIBRARY_PATH']].flatMap(
    (list) => list?.split(delimiter).filter((directory) => directory !== '') ?? [],
  );
  if (process.platform === 'darwin') return [...listed, '/opt/homebrew/lib', '/usr/local/lib'];
  const multiarch = namesIn('/usr/lib').filter((name) => name.includes('-linux-'));
  const configured = namesIn('/etc/ld.so.conf.d').flatMap((name) =>
    linesOf(join('/etc/ld.so.conf.d', name)).filter((line) => line.startsWith('/')),
  );
  const usual = ['/usr/lib64', '/usr/lib', '/usr/local/lib64', '/usr/local/lib'];
  return [...listed, ...configured, ...multiarch.map((name) => join('/usr/lib', name)), ...usual];
}

function libcVersion(): string | undefined {
  const report = process.report as typeof process.report & { excludeNetwork?: boolean };
  // It would look up the names of all connections.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
