import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SandboxError } from './error.js';
import type { ServerVersion } from './server_config.js';

const known = new Map<string, Promise<ServerVersion>>();

/**
 * Asks the program, once a process.
 * @param program its full path
 * @throws SandboxError StartFailed
 */
export function versionOf(program: string): Promise<ServerVersion> {
  let version = known.get(program);
  if (version === undefined) {
    version = askVersion(program);
    known.set(program, version);
    version.catch(() => known.delete(program));
  }
  return version;
}

async function askVersion(program: string): Promise<ServerVersion> {
  const { stdout, stderr } = await promisify(execFile)(program, ['-v']).catch((error: unknown) => {
    throw new SandboxError('StartFailed', `${program} -v failed`, { cause: error });
  });
  const match = /v?(\d+)\.(\d+)/.exec(stdout + stderr);
  return { major: Number(match?.[1] ?? 5), minor: Number(match?.[2] ?? 5) };
}
