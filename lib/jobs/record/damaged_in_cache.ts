/** A record whose bytes aren't those that were put, though nobody has changed it: it fails, and nothing is done with it. */
import { isFresh, mayAsk } from '../../rules/comparison.js';
import { checksumText, sameChecksum, type Checksum } from '../../rules/checksum.js';
import { damageText, type PutChecksum, type ServersCopy } from '../../rules/put_checksum.js';
import { printableName } from '../../rules/names.js';
import type { RemoteStat } from '../../remote/store.js';
import { XRootDError } from '../../xrdcl/index.js';
import type { ClassifyOptions } from './classify_record.js';
import { remoteChecksum } from './remote_checksum.js';

export class DamagedInCache extends Error {
  override readonly name = 'DamagedInCache';
  readonly code = 'DamagedInCache';
  readonly path: string;
  readonly put: PutChecksum;
  /** Of the same type. */
  readonly read: Checksum;

  /** @param path relative to the cache */
  constructor(path: string, put: PutChecksum, read: Checksum, server: ServersCopy) {
    super(damageText(printableName(path), put, read, server));
    this.path = path;
    this.put = put;
    this.read = read;
  }

  /** The same with what is known of the server's copy. */
  beside(server: ServersCopy): DamagedInCache {
    return new DamagedInCache(this.path, this.put, this.read, server);
  }
}

/** @throws {DamagedInCache} if the bytes that were read have another checksum than those that were put */
export function refuseDamaged(path: string, put: PutChecksum, read: Checksum): void {
  if (sameChecksum(put, read)) return;
  throw new DamagedInCache(path, put, read, { has: 'unknown', reason: 'it was not asked' });
}

/**
 * Waits for local checksums. If the record is damaged, asks whether the server's copy has what was put: it may be the only one that is
 * left.
 * @throws {DamagedInCache}; what `summing` throws; the signal's reason
 */
export async function explainingDamage<T>(
  summing: Promise<T>,
  remote: RemoteStat | null,
  size: number,
  options: Pick<ClassifyOptions, 'store' | 'config' | 'now' | 'signal'>,
): Promise<T> {
  try {
    return await summing;
  } catch (error) {
    if (!(error instanceof DamagedInCache)) throw error;
    throw error.beside(await serversCopy(error, remote, size, options));
  }
}

async function serversCopy(
  { path, put }: DamagedInCache,
  remote: RemoteStat | null,
  size: number,
  { store, config, now, signal }: Pick<ClassifyOptions, 'store' | 'config' | 'now' | 'signal'>,
): Promise<ServersCopy> {
  if (remote === null) return { has: 'nothing' };
  if (remote.kind !== 'file' || remote.size !== size)
    return { has: 'other', reason: `it has ${remote.size} bytes, and the record ${size}` };
  try {
    const known = mayAsk(put.type, await store.checksumTypes(signal));
    if (!known && remote.offline)
      return { has: 'unknown', reason: `it is offline, and the server has no ${put.type}` };
    const by = remote.offline || (known && !isFresh(remote, now())) ? 'query' : 'read';
    const asking = { store, verify: 'auto', configured: config.checksumType, signal } as const;
    const theirs = await remoteChecksum(path, remote, { by, type: put.type }, asking);
    if (sameChecksum(put, theirs)) return { has: 'what was put' };
    return { has: 'other', reason: checksumText(theirs) };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof XRootDError)) throw error;
    return { has: 'unknown', reason: error.message };
  }
}
