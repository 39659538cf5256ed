/**
 * Node as a user that isn't root, so that permissions count. Such a user may not be allowed to look where we are (below
 * /root), so everything is reached by way of the working directory. Node can't change its user itself where io_uring
 * may be in use (CVE-2024-22017), as with Debian 13's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** nobody, on every system that we know. */
const NOBODY = 65_534;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface OrdinaryUser {
  /** For spawn(). */
  options: { cwd: string; uid?: number; gid?: number };
  /** Node's own arguments. */
  flags: string[];
  /** Where such a user finds a file of this repository. */
  place: (path: string) => string;
}

export function ordinaryUser(): OrdinaryUser {
  if (process.getuid?.() !== 0) return { options: { cwd: ROOT }, flags: [], place: (path) => path };
  return {
    options: { cwd: ROOT, uid: NOBODY, gid: NOBODY },
    flags: ['--preserve-symlinks', '--preserve-symlinks-main'],
    place: (path) => `/proc/self/cwd/${relative(ROOT, path)}`,
  };
}

/**
 * Runs code in a child process of such a user. `LIB` is the URL of lib/. What the code returns comes back as JSON; what
 * it throws is thrown.
 */
export async function asOrdinaryUser(code: string): Promise<unknown> {
  const { options, flags, place } = ordinaryUser();
  const library = pathToFileURL(`${place(fileURLToPath(new URL('../../lib', import.meta.url)))}/`).href;
  const script = `
    const LIB = ${JSON.stringify(library)};
    const value = await (async () => {${code}})();
    console.log(JSON.stringify(value ?? null));`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  if (status !== 0) throw new Error(err);
  return JSON.parse(out) as unknown;
}
