import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SandboxError } from './error.js';
import type { ResolvedOptions } from './options.js';

/** Whom xrootd runs as. Undefined: as we are. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/** The sandbox's own directory; everything that it writes is in it. */
export interface Layout {
  root: string;
  /** xrootd's `oss.localroot`: the disk buffer. */
  disk: string;
  /** What is on tape; the truth about it. */
  tape: string;
  /** Files on their way to tape. */
  incoming: string;
  admin: string;
  programs: string;
  config: string;
  log: string;
  pidFile: string;
  events: string;
  /** tape_prepare looks for it beside itself. */
  robotSocket: string;
  ledger: string;
  serverKeytab: string;
  clientKeytab: string;
  /** xrootd's `acc.authdb`. */
  authorizations: string;
  user: ServerUser | undefined;
}

/** The longest name of ours in the directory is xrootd's admin socket; sun_path holds 104 bytes on macOS. */
const longestRoot = 60;

export function makeLayout(options: ResolvedOptions): Layout {
  const user = serverUser(options.user);
  const root = realpathSync(mkdtempSync(join(parentDirectory(options.directory), 'xrootd-sandbox-')));
  const at = (name: string): string => join(root, name);
  const layout: Layout = {
    root,
    disk: at('disk'),
    tape: at('tape'),
    incoming: at('incoming'),
    admin: at('admin'),
    programs: at('bin'),
    config: at('xrootd.cf'),
    log: at('xrootd.log'),
    pidFile: at('xrootd.pid'),
    events: at('events'),
    robotSocket: join(at('bin'), 'robot.sock'),
    ledger: at('buffer'),
    serverKeytab: at('server.keytab'),
    clientKeytab: at('client.keytab'),
    authorizations: at('authdb'),
    user,
  };
  mkdirSync(join(layout.disk, options.basePath), { recursive: true });
  mkdirSync(join(layout.tape, options.basePath), { recursive: true });
  for (const directory of [layout.incoming, layout.admin, layout.programs]) mkdirSync(directory);
  for (const directory of [root, layout.disk, layout.tape, layout.admin, layout.programs])
    giveTo(user, directory);
  for (const tree of [layout.disk, layout.tape]) {
    let directory = tree;
    for (const part of options.basePath.split('/')) giveTo(user, (directory = join(directory, part)));
  }
  return layout;
}

/** Makes a file or directory the server's; only needed, and only possible, for root. */
export function giveTo(user: ServerUser | undefined, path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** Directories on tape are open to the server, which removes and renames in them. */
export function makeTapeDirectory(path: string): void {
  if (mkdirSync(path, { recursive: true, mode: 0o777 }) === undefined) return;
  chmodSync(path, 0o777);
}

function parentDirectory(chosen: string | undefined): string {
  const candidates = chosen === undefined ? [tmpdir(), '/tmp'] : [resolve(chosen)];
  // xrootd's configuration splits at spaces, and its sockets' names are short.
  const usable = candidates.find((path) => !/[\s'"$]/.test(path) && Buffer.byteLength(path) <= longestRoot);
  if (usable === undefined) {
    throw new SandboxError(
      'InvalidOption',
      `Sandbox option directory: ${candidates.join(', ')} has spaces or is longer than ${String(longestRoot)} bytes`,
    );
  }
  try {
    accessSync(usable, constants.W_OK);
  } catch (error) {
    throw new SandboxError('InvalidOption', `Sandbox option directory: can't write to ${usable}`, {
      cause: error,
    });
  }
  return usable;
}

function serverUser(chosen: string | undefined): ServerUser | undefined {
  if (process.getuid?.() !== 0) {
    if (chosen === undefined) return undefined;
    throw new SandboxError(
      'InvalidOption',
      'Sandbox option user: only root can start xrootd as another user',
    );
  }
  const names = chosen === undefined ? ['xrootd', 'nobody', 'daemon'] : [chosen];
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of names) {
    const account = accounts.find(([user]) => user === name);
    if (account?.[2] === undefined || account[3] === undefined) continue;
    const user = { uid: Number(account[2]), gid: Number(account[3]) };
    if (user.uid !== 0) return user;
  }
  throw new SandboxError(
    'InvalidOption',
    `xrootd doesn't run as root, and there is no other user to run it as (tried ${names.join(', ')}): set option user`,
  );
}
