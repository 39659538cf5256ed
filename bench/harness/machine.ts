/** What a reader must know of the machine to make sense of the numbers. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { environment } from '../../lib/index.js';
import type { Peers } from './peers.js';
import { projectRoot } from './places.js';

/** @param directory where servers and records live */
export function machineFacts(directory: string, peers: Peers): Record<string, string | number> {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    fileSystem: ask('df', ['--output=fstype', directory]).split('\n').at(-1) ?? 'unknown',
    node: process.version,
    libXrdCl: environment.clientVersion,
    xrdcp: peers.xrdcp ?? 'missing',
    'python3-xrootd': peers.python?.version ?? 'missing',
  };
}

function commit(): string {
  const changed = ask('git', [
    '-C',
    projectRoot,
    'status',
    '--porcelain',
    '--untracked-files=no',
    'lib',
    'native',
  ]);
  return (
    ask('git', ['-C', projectRoot, 'rev-parse', '--short', 'HEAD']) + (changed === '' ? '' : ' with changes')
  );
}

function ask(program: string, args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
