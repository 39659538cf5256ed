import { exitCodes } from './exit_codes.js';

/** What was typed can't be meant; nothing was touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = exitCodes.usage;
}
