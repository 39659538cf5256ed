/** The store of a configuration: on XRootD, with its timeouts, limits and keys. */
import type { ArchiveConfig } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import { RateLimit } from '../xrdcl/index.js';
import { useKeytab } from './authentication.js';
import { limitedStore, type LimitedStore } from './limited_store.js';
import { choosePageChecksums } from './page_checksums.js';
import { XRootDStore } from './xrootd_store.js';

/** @param expectedServers how many data servers a redirector must have */
export function openStore(config: ArchiveConfig, expectedServers = 1): LimitedStore {
  useKeytab(config.keytabFilePath);
  choosePageChecksums(config.verify === 'checksum');
  const store = new XRootDStore(
    parseTarget(config.targetUrl),
    {
      request: config.requestTimeoutSeconds,
      checksum: config.checksumTimeoutSeconds,
      ...(config.copyTimeoutSeconds !== undefined && { copy: config.copyTimeoutSeconds }),
    },
    config.stagePriority,
    config.maxRate === undefined ? undefined : new RateLimit(config.maxRate),
    expectedServers,
  );
  return limitedStore(store, {
    stats: config.parallelStats,
    checksums: config.parallelChecksums,
    copies: config.parallelCopies,
    copyMemory: config.copyMemory,
  });
}
