import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Once } from '../flow/once.js';
import { SandboxError } from './error.js';
import type { ServerVersion } from './server_config.js';

const known = new Map<string, Once<ServerVersion>>();

/**
 * Asks the program, once a process.
 * @param program its full path
 * @throws SandboxError StartFailed
 */
export function versionOf(program: string): Promise<ServerVersion> {
  const version = known.get(program) ?? new Once(() => askVersion(program));
  known.set(program, version);
  return version.get();
}

async function askVersion(program: string): Promise<ServerVersion> {
  const { stdout, stderr } = await promisify(execFile)(program, ['-v']).catch((error: unknown) => {
    throw new SandboxError('StartFailed', `${program} -v failed`, { cause: error });
  });
  const match = /v?(\d+)\.(\d+)/.exec(stdout + stderr);
  return { major: Number(match?.[1] ?? 5), minor: Number(match?.[2] ?? 5) };
}
