/** Any error as a failure of a record, in an operator's words. */
import { printableName } from '../../rules/names.js';
import { refusedLetters, refusedNameText } from '../../rules/refused_name.js';
import type { Decision } from '../../rules/removal.js';
import { XRootDError } from '../../xrdcl/index.js';
import type { Failure } from '../events/report.js';
import type { Outcome } from './tally.js';

export function failureOf(path: string, error: unknown): Failure {
  const shown = printableName(path);
  if (error instanceof XRootDError) {
    const letters = error.code === 'SigVerErr' ? refusedLetters(path) : [];
    if (letters.length > 0) {
      const message = `${refusedNameText(letters.map(printableName))} (${error.message})`;
      return { path: shown, code: 'BadName', message };
    }
    return withErrno({ path: shown, code: error.code, message: error.message }, error.errno);
  }
  if (error instanceof Error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    return withErrno(
      { path: shown, code: code ?? error.name, message: error.message },
      errno && Math.abs(errno),
    );
  }
  return { path: shown, code: 'Error', message: String(error) };
}

function withErrno(failure: Failure, errno: number | undefined): Failure {
  return errno === undefined ? failure : { ...failure, errno };
}

/** The outcome of a record for which the rules report a problem. */
export function reported(path: string, decision: Extract<Decision, { action: 'report' }>): Outcome {
  const { reason } = decision;
  if (decision.conflict) return conflict(path, reason);
  return { result: 'failed', failure: { path, code: 'Unverified', message: reason } };
}

/** The outcome of a file whose name, on the other side, is taken by something else. */
export function conflict(path: string, message: string): Outcome {
  return { result: 'conflicts', failure: { path, code: 'Conflict', message } };
}

/** The outcome of a file that failed without an error being thrown. */
export function failed(path: string, code: string, message: string): Outcome {
  return { result: 'failed', failure: { path: printableName(path), code, message } };
}

/** The server is gone, or refuses us: every other file of the pass would fail as well. */
export function isServerFailure(error: unknown): error is XRootDError {
  return error instanceof XRootDError && (error.isConnectionFailure || error.isRefusal);
}
