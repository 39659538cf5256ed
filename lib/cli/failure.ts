/** The exit code and the message for an error that ended a command. */
import { CommanderError } from 'commander';
import { redactText } from '../config/redact.js';
import { SandboxError } from '../sandbox/error.js';
import { XRootDError } from '../xrdcl/error.js';
import { exitCodes, type ExitCode } from './exit_codes.js';

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof XRootDError) return isServerFailure(error) ? exitCodes.server : exitCodes.failures;
  if (error instanceof SandboxError) return sandboxNeedsHelp(error) ? exitCodes.usage : exitCodes.failures;
  if (!(error instanceof Error)) return exitCodes.failures;
  if (error.name === 'AbortError') return exitCodes.interrupted;
  // ConfigError and LockedError have an exitCode. No instanceof: LockedError's module loads native code, which --help can't need.
  const { exitCode } = error as Error & { exitCode?: unknown };
  return Object.values(exitCodes).find((known) => known === exitCode) ?? exitCodes.failures;
}

/** What to print: for expected failures only the message; the stack too with `debug`, and for our own bugs. */
export function messageOf(error: unknown, debug: boolean): string {
  // Commander has already printed it.
  if (error instanceof CommanderError) return '';
  if (!(error instanceof Error)) return redactText(`xrootd-archive: ${String(error)}`);
  const unexpected = isBug(error);
  const text = debug || unexpected ? stackOf(error) : error.message;
  const lines = [`xrootd-archive: ${text}`];
  const advice = unexpected
    ? 'This is a bug in xrootd-archive: please report it with these lines.'
    : adviceFor(error);
  if (advice !== undefined) lines.push(advice);
  return redactText(lines.join('\n'));
}

/** NoServer: a redirector lacks one of its data servers. */
function isGone(error: XRootDError): boolean {
  return error.isConnectionFailure || error.code === 'NoServer';
}

function isServerFailure(error: XRootDError): boolean {
  return isGone(error) || error.isRefusal || error.code === 'NotAuthorized';
}

function sandboxNeedsHelp({ code }: SandboxError): boolean {
  return code === 'InvalidOption' || code === 'NotInstalled' || code === 'NotBuilt';
}

function isBug(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

function adviceFor(error: Error): string | undefined {
  const code = exitCodeOf(error);
  if (error instanceof XRootDError && error.code === 'TlsError') return TLS;
  if (code === exitCodes.server && error instanceof XRootDError) {
    return isGone(error)
      ? 'The server cannot be reached: check target_url, the network and the server, then run it again.'
      : 'The server refuses us: check keytab_file_path, gsi_proxy_path, token_file_path, target_opaque or the XRootD ' +
          'variables (XrdSecPROTOCOL, …).';
  }
  if (code === exitCodes.locked)
    return 'Wait until the other pass has ended, or stop it; the lock is released when its process ends.';
  return undefined;
}

const TLS =
  "The server's certificate is not accepted: set X509_CERT_DIR to a directory with the certificate of the authority that issued " +
  'it, under its hash (openssl rehash DIRECTORY); it must be valid today, and for the host name in target_url.';

function stackOf(error: Error): string {
  const own =
    error.stack?.includes(error.message) === true ? error.stack : `${error.message}\n${error.stack ?? ''}`;
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own;
}
