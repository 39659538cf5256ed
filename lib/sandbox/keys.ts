import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SandboxError } from './error.js';
import type { Layout } from './layout.js';
import { giveTo } from './layout.js';
import { findOnPath } from './programs.js';

/** Whom the server takes the owner of its one key for. */
export const keyUser = 'sandbox';

/**
 * Makes a new SSS key: a keytab for the server and one for clients, each its user's alone (mode 600), since XRootD
 * accepts no other.
 * @throws SandboxError NotInstalled, StartFailed
 */
export async function makeKeytabs(layout: Layout, xrootd: string): Promise<void> {
  const { serverKeytab, clientKeytab, user } = layout;
  await makeKey(serverKeytab, findOnPath(xrootd));
  copyFileSync(serverKeytab, clientKeytab);
  for (const keytab of [serverKeytab, clientKeytab]) chmodSync(keytab, 0o600);
  giveTo(user, serverKeytab);
}

async function makeKey(keytab: string, xrootd: string): Promise<void> {
  // An XRootD of one's own has its own beside it.
  const neighbour = join(dirname(xrootd), 'xrdsssadmin');
  const program = existsSync(neighbour) ? neighbour : findOnPath('xrdsssadmin');
  const making = promisify(execFile)(program, [
    ...['-k', keyUser, '-u', keyUser, '-g', keyUser],
    ...['add', keytab],
  ]);
  // It asks whether it shall make the file.
  making.child.stdin?.on('error', () => undefined).end('y\n');
  try {
    await making;
  } catch (error) {
    throw new SandboxError('StartFailed', `${program} could not make a key`, { cause: error });
  }
}
