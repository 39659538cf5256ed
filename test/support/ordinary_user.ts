import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** nobody, on every system that we know. */
const NOBODY = 65534;
const LIB = new URL('../../lib/', import.meta.url).href;

/**
 * Runs code in a child process that is not root, so that permissions count. `LIB` is the URL of lib/.
 * What the code returns comes back as JSON; what it throws is thrown.
 */
export async function asOrdinaryUser(code: string): Promise<unknown> {
  // The modules are loaded before the user changes: an ordinary user may not be able to read where they are.
  const script = `
    const LIB = ${JSON.stringify(LIB)};
    for (const file of ['cache/directory', 'cache/walk', 'cache/capture', 'cache/ingest', 'cache/lock', 'config/index'])
      await import(LIB + file + '.js');
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY}); }
    const value = await (async () => {${code}})();
    console.log(JSON.stringify(value ?? null));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Node refuses to change users where io_uring may be in use (CVE-2024-22017): Debian 13's 20.19 does.
    env: { ...process.env, UV_USE_IO_URING: '0' },
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  if (status !== 0) throw new Error(err);
  return JSON.parse(out) as unknown;
}
