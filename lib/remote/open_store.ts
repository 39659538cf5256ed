/** The store of a configuration: on XRootD, with its timeouts, limits and keys. */
import type { ArchiveConfig } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import { RateLimit } from '../xrdcl/index.js';
import { useKeytab } from './authentication.js';
import { limitedStore } from './limited_store.js';
import type { RemoteStore } from './store.js';
import { XRootDStore } from './xrootd_store.js';

export function openStore(config: ArchiveConfig): RemoteStore {
  useKeytab(config.keytabFilePath);
  const store = new XRootDStore(
    parseTarget(config.targetUrl),
    {
      request: config.requestTimeoutSeconds,
      checksum: config.checksumTimeoutSeconds,
      ...(config.copyTimeoutSeconds !== undefined && { copy: config.copyTimeoutSeconds }),
    },
    config.stagePriority,
    config.maxRate === undefined ? undefined : new RateLimit(config.maxRate),
  );
  return limitedStore(store, {
    stats: config.parallelStats,
    checksums: config.parallelChecksums,
    copies: config.parallelCopies,
  });
}
