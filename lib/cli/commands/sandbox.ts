/** `sandbox`: a throwaway server with a simulated tape, until interrupted. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { SandboxOptions, TapeSandbox } from '../../sandbox/index.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addBaseOptions, type BaseOptions } from '../options.js';
import { byteCount, seconds, secondsOrNever, wholeNumber } from '../values.js';

type Options = BaseOptions &
  Omit<SandboxOptions, 'tapeFlags' | 'xrootd' | 'extraConfig' | 'sss'> & { tape: boolean };

export function addSandbox(program: Command, session: Session): void {
  const command = program
    .command('sandbox')
    .description('serve a throwaway XRootD server with a simulated tape on this machine, until interrupted')
    .option('--port <number>', 'default: any free one', wholeNumber)
    .option('--base-path <path>', 'directory on the server that the URL points to (default: /archive)')
    .option('--directory <directory>', "where it makes its own temporary directory (default: the system's)")
    .option('--user <name>', 'whom xrootd runs as, for root')
    .option('--no-tape', 'a plain server without tape')
    .option(
      '--migration-delay <seconds>',
      'from close to tape: a number, a range 2-5, or never (default: 0)',
      secondsOrNever,
    )
    .option('--evict-after-migration', 'give the disk copy up once it is on tape')
    .option(
      '--stage-delay <seconds>',
      'from stage request to online: a number or a range 2-5 (default: 0)',
      seconds,
    )
    .option('--mount-delay <seconds>', 'to mount a tape: a number or a range 2-5 (default: 0)', seconds)
    .option('--drives <number>', 'files written to or read from tape at once (default: 4)', wholeNumber)
    .option('--fail-stage <glob>', 'files that cannot be staged')
    .option('--never-stage <glob>', 'files that stay offline although their stage requests are accepted')
    .option('--fail-migration <glob>', 'files that never get onto tape')
    .option(
      '--buffer-size <bytes>',
      'disk buffer, as 500MB, 10GB or a number (default: unlimited)',
      byteCount,
    )
    .option('--max-checksums <number>', 'checksums at once (default: 4)', wholeNumber)
    .option('--max-prepare-files <number>', 'files in one prepare request (default: 48)', wholeNumber)
    .option('--fail-commit <glob>', 'files whose close fails (3007), and which are gone then, as at EOS')
    .option('--refuse-empty', 'the same for files without bytes')
    .option('--eos-names', 'refuse (3022) names with other characters than older EOS allows')
    .option('--write-once <directory...>', 'files that can be written once, and neither changed nor removed')
    .option('--count-evictions', 'a file stays until it was evicted as often as it was staged')
    .option('--max-stage-requests <number>', 'that wait for one file; more are refused (3024)', wholeNumber)
    .option('--no-back-up-flag', 'stat never says BackUpExists; a prepare query tells what is on tape')
    .option('--start-timeout <seconds>', 'for its first answer (default: 30)', positive);
  addBaseOptions(command).action(action(session, sandbox, 'ending the server and removing its files'));
}

async function sandbox({ options, output, screen, signal }: Invocation<Options>): Promise<ExitCode> {
  const { TapeSandbox } = await import('../../sandbox/index.js');
  await using server = await TapeSandbox.start(sandboxOptions(options));
  const snippet = server.configSnippet();
  if (output.json) output.object({ type: 'sandbox', url: server.url, config: snippet, pid: server.pid });
  else {
    output.line(server.url);
    output.line(snippet);
  }
  screen.note('Serving until interrupted (Ctrl-C); then the server and all its files are removed.');
  if (!(await servesUntil(server, signal))) {
    screen.note('xrootd-archive: the server ended by itself');
    return exitCodes.failures;
  }
  return exitCodes.ok;
}

/** False when it ended before the signal. */
async function servesUntil(server: TapeSandbox, signal: AbortSignal): Promise<boolean> {
  const asked = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  for (;;) {
    await Promise.race([asked, delay(1000)]);
    if (signal.aborted) return true;
    if (server.pid === undefined) return false;
  }
}

function sandboxOptions({
  json: _json,
  logLevel: _logLevel,
  config: _config,
  tape,
  ...options
}: Options & { config?: string }): SandboxOptions {
  return { ...options, tapeFlags: tape };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
