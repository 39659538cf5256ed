/** A remote file's checksum: the server's word, or of its bytes as they are read again. */
import { isNoSuchType } from '../../remote/server_checksums.js';
import type { RemoteStore } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import type { Verify } from '../../rules/comparison.js';
import { sameRemote, type ToldFile } from '../../rules/remote_identity.js';
import { checksumTypes, XRootDError } from '../../xrdcl/index.js';

export interface RemoteChecksumOptions {
  store: Pick<RemoteStore, 'stat' | 'checksum' | 'readChecksum'>;
  verify: Verify;
  /** `checksum_type`: with `verify: checksum` every server has it. */
  configured: string;
  signal?: AbortSignal | undefined;
}

/**
 * A redirector tells its own types of checksums, and each of its data servers may have others: one that refuses a type which
 * isn't the configured one has its file read again, if that still is the one that was told of, and online.
 * @param by as comparisonOf() says
 * @throws what asking and reading throw
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
    if (!(error instanceof XRootDError) || error.isConnectionFailure) throw error;
    const readable = verify === 'auto' && isNoSuchType(error);
    if (ours === undefined || (type === configured && !readable)) throw error;
    const now = await store.stat(name, signal);
    // What a listing told has no identifier.
    const same = now !== null && sameRemote({ ...now, ...told, id: told.id || now.id }, now);
    if (!same || now.offline) throw error;
    return await store.readChecksum(name, ours, now, signal);
  }
}
