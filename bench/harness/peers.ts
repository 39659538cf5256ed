/** Which peers this machine has. */
import { execFileSync, spawnSync } from 'node:child_process';

export interface Peers {
  /** Version of xrdcp. */
  xrdcp: string | undefined;
  /** A Python that has XRootD's bindings, and their version. */
  python: { program: string; version: string } | undefined;
}

/** Says what is missing and how to get it: nothing is installed here. */
export function findPeers(say: (line: string) => void): Peers {
  const xrdcp = xrdcpVersion();
  if (xrdcp === undefined) say('xrdcp is missing, and is left out: apt-get install xrootd-client');
  const python = findPython();
  if (python === undefined) {
    say("XRootD's Python bindings are missing, and are left out: apt-get install python3-xrootd");
  }
  return { xrdcp, python };
}

function xrdcpVersion(): string | undefined {
  const { status, stdout, stderr } = spawnSync('xrdcp', ['--version'], { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.trim() : undefined;
}

/** The first Python on the path may be another than the one that Debian's packages are for. */
function findPython(): Peers['python'] {
  for (const program of ['python3', '/usr/bin/python3']) {
    try {
      const ask = 'from pyxrootd import client; print(client.XrdVersion_cpp())';
      const version = execFileSync(program, ['-c', ask], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return { program, version: version.trim() };
    } catch {
      continue;
    }
  }
  return undefined;
}
