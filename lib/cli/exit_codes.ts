/** Exit codes of the commands. */
export const exitCodes = {
  /** All as asked. */
  ok: 0,
  /** Finished, but files failed or conflict. */
  failures: 1,
  /** Bad usage or configuration; nothing was touched. */
  usage: 2,
  /** The server can't be reached, or refuses us. */
  server: 3,
  /** Another pass holds the lock. */
  locked: 4,
  /** Interrupted, after a clean stop. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
