/**
 * S1: what proves that a record may go is the storage's answer, not a cache's. A caching proxy goes on answering stats, checksum
 * queries and reads of a file that its storage has lost.
 */
import { ConfigError, type ArchiveConfig } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';

/**
 * Called before anything is touched.
 * @throws {ConfigError} when the target is a proxy; {XRootDError} when the server can't be asked
 */
export async function refuseProxies(
  store: Pick<RemoteStore, 'proxies'>,
  { trustProxy }: Pick<ArchiveConfig, 'trustProxy'>,
  signal: AbortSignal,
): Promise<void> {
  if (trustProxy) return;
  const [proxy] = await store.proxies(signal);
  if (proxy === undefined) return;
  const message =
    `${proxy} is a proxy, and a proxy may answer from its cache what its storage has lost, so nothing is removed because of it: ` +
    'give the URL of the storage itself, or say that the proxy keeps no cache (trust_proxy), or remove nothing (auto_remove: never)';
  throw new ConfigError([{ key: 'targetUrl', message }]);
}
