/** A remote file's checksum: from the server, or computed from its bytes as we read them. */
import type { RemoteStore } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import type { Verify } from '../../rules/comparison.js';
import { sameRemote, type ToldFile } from '../../rules/remote_identity.js';
import { checksumTypes, XRootDError } from '../../xrdcl/index.js';

export interface RemoteChecksumOptions {
  store: Pick<RemoteStore, 'stat' | 'checksum' | 'readChecksum'>;
  verify: Verify;
  /** The type that the server must have with `verify: checksum`: refusing it is an error. */
  configured: string;
  signal?: AbortSignal | undefined;
}

/**
 * A redirector names its own types of checksums, and each of its data servers may have others; elsewhere the program that computes
 * them may fail, or never end. If the server refuses the query, or lives and gives no answer in time, the file is read back,
 * provided that it still is the one that was statted, and online; except for the configured type with `verify: checksum`.
 * @param by as comparisonOf() says
 * @throws what requests and reading throw
 */
export async function remoteChecksum(
  name: string,
  told: ToldFile,
  { by, type }: { by: 'query' | 'read'; type: string },
  { store, verify, configured, signal }: RemoteChecksumOptions,
): Promise<Checksum> {
  const ours = checksumTypes.find((each) => each === type);
  if (by === 'read' && ours !== undefined) return await store.readChecksum(name, ours, told, signal);
  try {
    return await store.checksum(name, type, told.size, signal);
  } catch (error) {
    if (!(error instanceof XRootDError)) throw error;
    // A server that is silent altogether is another error (SilenceWatch).
    if (error.isConnectionFailure && error.code !== 'OperationExpired') throw error;
    if (ours === undefined || (type === configured && verify !== 'auto')) throw error;
    const now = await store.stat(name, signal);
    // A listing gives no identifier.
    const same = now !== null && sameRemote({ ...now, ...told, id: told.id || now.id }, now);
    if (!same || now.offline) throw error;
    return await store.readChecksum(name, ours, now, signal);
  }
}
