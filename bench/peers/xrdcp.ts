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
  const args = [...flags(options), source, target];
  return { file: 'xrdcp', args, ...(options.checksum === true && { forgive: unverified }) };
}

/** At most this share of the files. */
const mostUnverified = 0.01;

/**
 * XRootD 5.5's server fails a checksum now and then when many are asked for, and would do it if asked again. xrdcp doesn't
 * ask again: it has copied all, and verified nearly all. That is counted, but it isn't a reason not to compare.
 */
function unverified(_status: number | null, output: string) {
  const [, total, run, errors] = (/Jobs total: (\d+), run: (\d+), errors: (\d+)/.exec(output) ?? []).map(
    Number,
  );
  const transient = output.split('querying the checksum').length - 1;
  if (total === undefined || run !== total || errors !== transient) return undefined;
  return errors <= mostUnverified * total ? { unverified: errors } : undefined;
}
