/**
 * S1: what proves that a record may go, or is on tape, is the storage's answer, not a cache's. A caching proxy goes on answering stats, checksum
 * queries and reads of a file that its storage has lost.
 */
import { ConfigError, type ArchiveConfig } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';

/** What follows for whoever goes by its answers. */
const FOR = {
  removals: { so: 'nothing is removed because of it', or: ', or remove nothing (auto_remove: never)' },
  tape: { so: 'nothing counts as on tape because of it', or: '' },
} as const;

/**
 * Called before anything is touched.
 * @throws {ConfigError} when the target is a proxy; {XRootDError} when the server can't be asked
 */
export async function refuseProxies(
  store: Pick<RemoteStore, 'proxies'>,
  { trustProxy }: Pick<ArchiveConfig, 'trustProxy'>,
  signal: AbortSignal | undefined,
  purpose: keyof typeof FOR = 'removals',
): Promise<void> {
  if (trustProxy) return;
  const [proxy] = await store.proxies(signal);
  if (proxy === undefined) return;
  const { so, or } = FOR[purpose];
  const message =
    `${proxy} is a proxy, and a proxy may answer from its cache what its storage has lost, so ${so}: ` +
    `give the URL of the storage itself, or say that the proxy keeps no cache (trust_proxy)${or}`;
  throw new ConfigError([{ key: 'targetUrl', message }]);
}
