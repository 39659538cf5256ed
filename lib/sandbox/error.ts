/** A sandbox that can't be started, or was asked for what it can't do. */
export class SandboxError extends Error {
  /** Always `SandboxError`. */
  override readonly name = 'SandboxError';
  /** What went wrong, for programs. */
  readonly code: SandboxErrorCode;
  /** The end of xrootd's log, where there is one. */
  readonly log?: string;

  /**
   * The library makes it.
   * @param message is followed by the log, if there is one
   */
  constructor(code: SandboxErrorCode, message: string, options: { log?: string; cause?: unknown } = {}) {
    const { log, cause } = options;
    super(
      log === undefined || log === '' ? message : `${message}\n${log}`,
      cause === undefined ? {} : { cause },
    );
    this.code = code;
    if (log !== undefined) this.log = log;
  }
}

/** Why a sandbox failed. */
export type SandboxErrorCode =
  /** An option out of range. */
  | 'InvalidOption'
  /** xrootd, or one of its libraries, isn't installed. */
  | 'NotInstalled'
  /** The sandbox's own programs weren't built. */
  | 'NotBuilt'
  /** xrootd ended, or didn't answer, when it was started. */
  | 'StartFailed'
  /** The server isn't running (stopped or killed). */
  | 'NotRunning'
  /** A method was called for a file that isn't in the right state. */
  | 'WrongState';
