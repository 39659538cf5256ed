/** Starts xrootd or cmsd on loopback only: the socket is made here and handed over, as systemd's socket activation does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, openSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { listening } from './ports.js';

/** Neither runs as root. */
const nobody = 65_534;
const asRoot = process.getuid?.() === 0;

/** Gives a file to the user that the daemons run as. */
export function giveToDaemon(path: string): void {
  if (asRoot) chownSync(path, nobody, nobody);
}

/** Node's listener doesn't block, and xrootd's accept() would spin. */
const becomeServer = `
import os, sys
os.set_blocking(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
os.execvp(sys.argv[1], sys.argv[1:])`;

export interface Launched {
  child: ChildProcess;
  /** Resolves when it has ended. */
  exited: Promise<unknown>;
  port: number;
}

export interface LaunchOptions {
  program?: 'xrootd' | 'cmsd';
  /** Default: one that is free. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: '127.0.0.1' | '::1';
  /** More of its environment. */
  env?: Record<string, string>;
}

/** Its configuration is `xrootd.cf` in the directory, its output goes to the end of `log` there. It leads a process group. */
export async function launch(
  directory: string,
  { program = 'xrootd', port: wanted = 0, host = '127.0.0.1', env = {} }: LaunchOptions = {},
): Promise<Launched> {
  const listener = await listening(wanted, host);
  const { port } = listener.address() as AddressInfo;
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
  const log = openSync(join(directory, 'log'), 'a');
  const child = spawn(
    'python3',
    ['-c', becomeServer, program, '-p', String(port), '-c', join(directory, 'xrootd.cf')],
    {
      cwd: directory,
      detached: true,
      stdio: ['ignore', log, log, fd],
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...env },
      ...(asRoot && { uid: nobody, gid: nobody }),
    },
  );
  listener.close();
  closeSync(log);
  return { child, exited: once(child, 'exit'), port };
}

/** The client's first 20 bytes of the XRootD protocol; a server answers them with 16. */
export async function answersHandshake(port: number, host = '127.0.0.1'): Promise<boolean> {
  const hello = Buffer.alloc(20);
  hello.writeUInt32BE(4, 12);
  hello.writeUInt32BE(2012, 16);
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    socket.write(hello);
    await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => Promise.reject(new Error('closed'))),
    ]);
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
