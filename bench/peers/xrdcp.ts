/** xrdcp, as people call it for a whole directory. */
import type { Copier } from '../harness/copying.js';
import type { Command } from '../harness/measured_process.js';

export interface XrdcpOptions {
  /** Files at once. */
  parallel: number;
  /** TCP connections. Default 1. */
  streams?: number;
  /** Verifies adler32 at the end. Default false. */
  checksum?: boolean;
}

function flags({ parallel, streams = 1, checksum = false }: XrdcpOptions): string[] {
  return [
    '--recursive',
    '--nopbar',
    '--parallel',
    String(parallel),
    ...(streams > 1 ? ['--streams', String(streams)] : []),
    ...(checksum ? ['--cksum', 'adler32'] : []),
  ];
}

export function xrdcpUp(options: XrdcpOptions): Copier {
  return ({ from, to, server }) => command(options, from, `${server}/${to}/`);
}

export function xrdcpDown(options: XrdcpOptions): Copier {
  return ({ from, to, server }) => command(options, `${server}/${from}/`, to);
}

function command(options: XrdcpOptions, source: string, target: string): Command {
  return { file: 'xrdcp', args: [...flags(options), source, target] };
}
