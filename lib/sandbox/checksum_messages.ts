/** What keyed_checksums.ts and its process say to each other. */
import type { ErrorContext } from '../xrdcl/index.js';

export interface ChecksumRequest {
  id: number;
  /** Path on the server. */
  path: string;
}

export interface ChecksumAnswer {
  id: number;
  failure?: ChecksumFailure;
}

/** What an XRootDError is made of; other errors are their text. */
export type ChecksumFailure =
  | { native: { status: number; code: number; errNo: number; message: string }; context: ErrorContext }
  | string;
