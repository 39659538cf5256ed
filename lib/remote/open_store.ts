/** The store of a configuration: on XRootD, with its timeouts, limits and credentials. */
import type { ArchiveConfig } from '../config/index.js';
import { parseTarget } from '../config/target.js';
import { FileSystem, RateLimit } from '../xrdcl/index.js';
import { useLogin } from './authentication.js';
import { limitedStore, type LimitedStore } from './limited_store.js';
import { opaqueOf, type OpaqueSource } from './opaque_source.js';
import { choosePageChecksums } from './page_checksums.js';
import { XRootDStore } from './xrootd_store.js';

/** The target, with its opaque information. */
export function openTarget(config: ArchiveConfig): LimitedStore {
  return openStore(config, opaqueOfTarget(config), config.dataServers);
}

/** For questions that no job has. */
export function targetFileSystem(config: ArchiveConfig): FileSystem {
  return new FileSystem(parseTarget(config.targetUrl).endpoint, cgiOf(config, opaqueOfTarget(config)));
}

function opaqueOfTarget({
  targetOpaque,
  targetOpaqueFile,
  tokenFilePath,
  tokenUse,
}: ArchiveConfig): OpaqueSource {
  const tokenFile = tokenUse === 'login' ? undefined : tokenFilePath;
  return { text: targetOpaque, file: targetOpaqueFile, tokenFile };
}

function cgiOf(config: ArchiveConfig, opaque: OpaqueSource): () => string {
  const login = useLogin(config);
  const more = opaqueOf(opaque);
  return () => [more(), login()].filter((part) => part !== '').join('&');
}

/** The online storage of the `retention` block. */
export function openOnline(url: string, config: ArchiveConfig): LimitedStore {
  const { onlineOpaque: text, onlineOpaqueFile: file } = config.retention ?? {};
  return openStore({ ...config, targetUrl: url }, { text, file });
}

/**
 * Where the catalogue's segments go, if that is another place than the target. It has the target's login. The target's opaque information
 * goes there only if it is the same server.
 */
export function openSegments(config: ArchiveConfig): LimitedStore | undefined {
  const { catalogueSegmentsUrl: url, targetUrl } = config;
  if (url === undefined) return undefined;
  const there = { ...config, targetUrl: url };
  return serverOf(url) === serverOf(targetUrl) ? openTarget(there) : openStore(there);
}

function serverOf(url: string): string {
  const { host, port = 1094 } = parseTarget(url);
  return `${host.toLowerCase()}:${port}`;
}

/**
 * Any server: `targetUrl` may be another than the target's.
 * @param opaque what goes to it with each request; default: nothing. That of the target is for the target alone
 * @param expectedServers how many data servers it must have, if it is a redirector
 */
export function openStore(
  config: ArchiveConfig,
  opaque: OpaqueSource = {},
  expectedServers = 1,
): LimitedStore {
  const cgi = cgiOf(config, opaque);
  choosePageChecksums(config.verify !== 'size');
  const store = new XRootDStore(
    parseTarget(config.targetUrl),
    {
      request: config.requestTimeoutSeconds,
      checksum: config.checksumTimeoutSeconds,
      ...(config.copyTimeoutSeconds !== undefined && { copy: config.copyTimeoutSeconds }),
    },
    {
      stagePriority: config.stagePriority,
      rateLimit: config.maxRate === undefined ? undefined : new RateLimit(config.maxRate),
      cgi,
      expectedServers,
    },
  );
  return limitedStore(store, {
    stats: config.parallelStats,
    checksums: config.parallelChecksums,
    copies: config.parallelCopies,
    copyMemory: config.copyMemory,
  });
}
