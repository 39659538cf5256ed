/** A throwaway XRootD server with a simulated tape behind it, for tests, demonstrations and trials. */
export { SandboxError } from './error.js';
export type { SandboxErrorCode } from './error.js';
export type { FileMatcher } from './file_matcher.js';
export type { Delay, PathRight, SandboxOptions } from './options.js';
export type { PrepareKind, PrepareRecord } from './prepare_channel.js';
export type { TapeActivity } from './robot_context.js';
export { TapeSandbox } from './sandbox.js';
export type { CorruptOptions, TapeFileState } from './sandbox.js';
