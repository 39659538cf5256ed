/**
 * The options of an archive as TypeScript's users see them, each with what it means. The types are those of schema.ts; a test compares the names
 * with it. docs/configuration.md says more of each.
 */
import type {
  AuditBlock,
  DrillBlock,
  HooksBlock,
  HttpBlock,
  MailBlock,
  RetentionBlock,
} from './block_options.js';
import type { Camelized } from './case.js';
import type { BackupBlock } from './schema.js';

type Given = Camelized<BackupBlock>;

/**
 * What an archive is made of. A mistake is a `ConfigError` that names every problem; files write the same in snake_case below
 * `backup:`.
 */
export interface ArchiveOptions {
  /**
   * The directory that ingest writes to; only what looks into it needs it. A relative path starts at the working directory.
   * Default: none.
   */
  cacheDirectory?: Given['cacheDirectory'];
  /**
   * The cache directory or one above it, where a disk must be mounted: without it nothing looks into the cache. A relative path
   * starts at the working directory. Default: none.
   */
  cacheMountPoint?: Given['cacheMountPoint'];
  /** The archive: `root://server//base/path` (root, roots, xroot, xroots). Required. */
  targetUrl: Given['targetUrl'];
  /**
   * What must be true of the remote copy before the local file goes. One of `never`, `cached`, `backed_up`. Default `backed_up`.
   */
  autoRemove?: Given['autoRemove'];
  /**
   * What says that a file is on tape: the flag BackUpExists of a stat, or the answer to a prepare query, which names a path and
   * no version of the file, or either of them. One of `stat`, `query`, `either`. Default `stat`.
   */
  tapeState?: Given['tapeState'];
  /**
   * The age until which a record stays local although its copy is verified. 1min to 100y. A text with its unit: `12h`, `7d`,
   * `6mo`, `P1Y`. Default: none.
   */
  keepLocal?: Given['keepLocal'];
  /**
   * Per cent of the cache's disk: nothing is removed below it; from it on the oldest go, down to `lowWaterPercent`. 0 to 100.
   * Default: none.
   */
  highWaterPercent?: Given['highWaterPercent'];
  /** Per cent of the cache's disk, below `highWaterPercent`; only beside it. 0 to 100. Default: none. */
  lowWaterPercent?: Given['lowWaterPercent'];
  /** Paths and globs, one or a list: only these records are archived; without it all are. Default: none. */
  include?: Given['include'];
  /** Paths and globs, one or a list: these records are left alone, also where `include` names them. Default: none. */
  exclude?: Given['exclude'];
  /**
   * A record that isn't on tape at this age is worth a warning. 1min to 100y. A text with its unit: `12h`, `7d`, `6mo`, `P1Y`.
   * Default: none.
   */
  maxAgeWarning?: Given['maxAgeWarning'];
  /** Opaque information (CGI) that goes to the target with each request: `eos.app=archive&authz=…`. Default: none. */
  targetOpaque?: Given['targetOpaque'];
  /**
   * A file with more opaque information for the target, read again when it changes; mode 600 or 400. A relative path starts at
   * the working directory. Default: none.
   */
  targetOpaqueFile?: Given['targetOpaqueFile'];
  /**
   * SSS keytab, mode 600 or 400; without keytab, proxy and token the XRootD variables count. Of the whole process. A relative
   * path starts at the working directory. Default: none.
   */
  keytabFilePath?: Given['keytabFilePath'];
  /** X.509 proxy, for GSI, mode 600 or 400. A relative path starts at the working directory. Default: none. */
  gsiProxyPath?: Given['gsiProxyPath'];
  /**
   * A file with a bearer token (WLCG, SciTokens, …), read again when it changes; mode 600 or 400. A relative path starts at the
   * working directory. Default: none.
   */
  tokenFilePath?: Given['tokenFilePath'];
  /**
   * Where the token goes: to the login (ztn, which needs roots://), with each request to the target (`authz=`), or both. One of
   * `login`, `requests`, `both`. Default `login`.
   */
  tokenUse?: Given['tokenUse'];
  /**
   * The archive remembers each record after its local file has gone, and without that memory nothing is removed (S14). Default
   * `true`.
   */
  catalogue?: Given['catalogue'];
  /**
   * The catalogue's SQLite file, on a local disk; without it it lies in the cache. A relative path starts at the working
   * directory. Default: none.
   */
  cataloguePath?: Given['cataloguePath'];
  /**
   * After a pass that changed something, the new rows go to the target, so that the catalogue outlives this machine. Default
   * `true`.
   */
  catalogueSegments?: Given['catalogueSegments'];
  /** The catalogue's segments go there instead of the target: `root://server//path`. Default: none. */
  catalogueSegmentsUrl?: Given['catalogueSegmentsUrl'];
  /**
   * A lock file, held beside the cache's own for as long as a pass runs. A relative path starts at the working directory.
   * Default: none.
   */
  workerFilePath?: Given['workerFilePath'];
  /** Per cent of the cache's disk. 1 to 100. Default `50`. */
  warningMarkPercent?: Given['warningMarkPercent'];
  /** When the service begins passes, in `timezoneStr`. Default: none. */
  copyCronString?: Given['copyCronString'];
  /** The zone of the schedule: `Europe/London`, `UTC`. Default `Europe/London`. */
  timezoneStr?: Given['timezoneStr'];
  /**
   * Time that a pass gets to end by itself when the service is stopped; then it is cancelled. 0: at once. Seconds, 0 to 3600.
   * Default `20`.
   */
  stopGraceSeconds?: Given['stopGraceSeconds'];
  /** Mail of the service about new trouble; without it it sends none. Default: none. */
  mail?: MailBlock | undefined;
  /** What is called with the report after a pass, by whichever process. Default: none. */
  hooks?: HooksBlock | undefined;
  /**
   * A file that ends in .prom, for node_exporter's textfile collector: each job puts its name before the ending. A relative path
   * starts at the working directory. Default: none.
   */
  metricsTextfile?: Given['metricsTextfile'];
  /** How long files that have a copy on tape stay on online storage. Default: none. */
  retention?: RetentionBlock | undefined;
  /** When the service asks the server for what the catalogue remembers. Default: none. */
  audit?: AuditBlock | undefined;
  /** When the service proves that files come back from tape. Default: none. */
  drill?: DrillBlock | undefined;
  /** Metrics, health and the status page. Default: none. */
  http?: HttpBlock | undefined;
  /**
   * How local and remote bytes are compared, after a copy and before a removal: `checksum` by the server's checksum, `read` by
   * reading the remote file again, `auto` by whichever of the two costs less and is possible, `size` by size alone. One of
   * `auto`, `checksum`, `read`, `size`. Default `auto`.
   */
  verify?: Given['verify'];
  /** The type that verifies copies, and that `put` keeps. Default `adler32`. */
  checksumType?: Given['checksumType'];
  /**
   * Where the server's copy is offline and nothing but its adler32 can be compared: is that enough for a removal, though this
   * archive doesn't remember that it copied these very bytes? Files of other bytes can have the same one. Default `false`.
   */
  trustAdler32?: Given['trustAdler32'];
  /** The target is a proxy that keeps no cache: its answers are the storage's own. Default `false`. */
  trustProxy?: Given['trustProxy'];
  /**
   * Seconds without a change before a remote file that isn't whole counts as left behind, and not as being written (S4). 0 to
   * 2592000. Default `600`.
   */
  unfinishedAfterSeconds?: Given['unfinishedAfterSeconds'];
  /** Seconds without a change before a file is archived (S3). 0: at once. 0 to 2592000. Default `10`. */
  settleSeconds?: Given['settleSeconds'];
  /** `put` waits for the disk before the record appears. Default `false`. */
  fsync?: Given['fsync'];
  /**
   * Directories that a pass has emptied are removed; not for ingest that relies on directories it once made. Default `true`.
   */
  pruneEmptyDirectories?: Given['pruneEmptyDirectories'];
  /**
   * Copies of large files at once, and eight times as many of small ones; `auto`: as many as the server rewards. `auto`, or 1 to
   * 255. Default `auto`.
   */
  parallelCopies?: Given['parallelCopies'];
  /** Bytes that copies hold at once. 4194304 to 1099511627776. Default `268435456`. */
  copyMemory?: Given['copyMemory'];
  /**
   * Most bytes a second between this process and the server, all copies together, up and down. 100000 to 1000000000000. Default:
   * none.
   */
  maxRate?: Given['maxRate'];
  /**
   * Most checksum queries to the server at once, of all shards: fewer while its answers are late. 1 to 64. Default `4`.
   */
  parallelChecksums?: Given['parallelChecksums'];
  /**
   * Behind a redirector: with fewer a job doesn't begin, since it would call missing what the others have. Servers, 1 to 4096.
   * Default `1`.
   */
  dataServers?: Given['dataServers'];
  /** Stat requests in flight on one connection. 1 to 4096. Default `256`. */
  parallelStats?: Given['parallelStats'];
  /** Attempts in all, for errors that may not occur again. 1: no retries. 1 to 20. Default `3`. */
  retryAttempts?: Given['retryAttempts'];
  /** Wait before the second attempt; it doubles each time, with jitter. Seconds, 0 to 3600. Default `2`. */
  retryDelaySeconds?: Given['retryDelaySeconds'];
  /** The wait between attempts never grows beyond this. Seconds, 0 to 3600. Default `60`. */
  retryMaxDelaySeconds?: Given['retryMaxDelaySeconds'];
  /** Time for one request (stat, mkdir, rm, …). Seconds, 1 to 600. Default `20`. */
  requestTimeoutSeconds?: Given['requestTimeoutSeconds'];
  /**
   * Most time for one checksum by the server, which may have to read the file: 60 s and 1 s each 5 MiB, up to this. Seconds, 1 to
   * 65535. Default `3600`.
   */
  checksumTimeoutSeconds?: Given['checksumTimeoutSeconds'];
  /** Time for one copy as a whole; without it only silence ends a copy. Seconds, 1 to 65535. Default: none. */
  copyTimeoutSeconds?: Given['copyTimeoutSeconds'];
  /**
   * Files in one stage request. A server that refuses a request for its size gets it in halves. 1 to 10000. Default `200`.
   */
  stageBatchFiles?: Given['stageBatchFiles'];
  /** Files asked for from tape and not yet copied. 1 to 100000. Default `1000`. */
  stageMaxFiles?: Given['stageMaxFiles'];
  /**
   * Bytes of the files that were asked for from tape and are not yet copied: what the server's disk buffer should hold for us at
   * once; 0: no limit. 0 to 1000000000000000. Default `10000000000000`.
   */
  stageMaxBytes?: Given['stageMaxBytes'];
  /**
   * Wait before the first look whether files are online, and between looks while some come. Seconds, 0.1 to 3600. Default `2`.
   */
  stagePollMinSeconds?: Given['stagePollMinSeconds'];
  /** The wait between looks never grows beyond this; each one varies by 20 %. Seconds, 0.1 to 3600. Default `60`. */
  stagePollMaxSeconds?: Given['stagePollMaxSeconds'];
  /**
   * Time for one file to come online, from the request for it; then it has failed. Seconds, 1 to 2592000. Default `172800`.
   */
  stageDeadlineSeconds?: Given['stageDeadlineSeconds'];
  /** 0 lowest to 3 highest, where the server heeds it. 0 to 3. Default `0`. */
  stagePriority?: Given['stagePriority'];
  /** The least level that is logged. One of `error`, `warn`, `info`, `debug`. Default `info`. */
  logLevel?: Given['logLevel'];
  /** `text` for people, `json` for machines; always to standard error. Default `text`. */
  logFormat?: Given['logFormat'];
}
