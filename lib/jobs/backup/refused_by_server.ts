/** What a server's refusal means for a record, in an operator's words: docs/servers.md tells which servers do so. */
import { XRootDError } from '../../xrdcl/index.js';

/** Trying again in the same pass is of no use. */
export class RefusedByServer extends Error {
  override readonly name = 'RefusedByServer';
  readonly code: 'EmptyRefused' | 'NotRemovable';

  constructor(code: RefusedByServer['code'], message: string, cause: XRootDError) {
    super(`${message} (${cause.message})`, { cause });
    this.code = code;
  }
}

/** @param size of the record that was copied */
export function explainedCopy(error: unknown, size: number): unknown {
  if (!(error instanceof XRootDError) || error.code !== 'IOError') return error;
  if (size === 0) {
    const message =
      'the record is empty, and the server keeps no empty file: leave it out with exclude, or remove it';
    return new RefusedByServer('EmptyRefused', message, error);
  }
  const { serverMessage } = error;
  const message =
    `${serverMessage}${serverMessage && ': '}the server did not keep the copy; if that goes on, ask its operators why ` +
    '(EOS: it could not be committed, or queued for tape)';
  return new XRootDError({ ...error.toStatus(), message }, error.context);
}

/** @param what stands at the record's remote path and is of no use */
export function explainedRemoval(error: unknown, what: string): unknown {
  if (!(error instanceof XRootDError) || error.code !== 'NotAuthorized') return error;
  const message =
    `${what} stands at its remote path, and the server does not let us remove it (no right, or a write-once ` +
    'directory): have it removed there';
  return new RefusedByServer('NotRemovable', message, error);
}
