import { exitCodes } from './exit_codes.js';

/** The command line is invalid; nothing was touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = exitCodes.usage;
}
