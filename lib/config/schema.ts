/**
 * The options: the one place where they are defined. Files write them in snake_case under `backup:`, TypeScript in
 * camelCase; docs/configuration.md has the table, and a test compares it with this file.
 */
import { z } from 'zod';
import type { ArchiveConfig } from './archive_config.js';
import { credentialProblems } from './credentials.js';
import {
  bytesIn,
  duration,
  flag,
  countOrAuto,
  cronSchedule,
  integerIn,
  localPath,
  mailAddress,
  mailAddresses,
  numberIn,
  oneOf,
  opaque,
  patterns,
  promFile,
  targetUrl,
  text,
  timeZone,
  urlPath,
} from './fields.js';
import { hooksSchema } from './hooks_schema.js';
import { LOG_LEVELS } from './log_levels.js';
import { isWithin } from './mounts.js';

const DAY = 86_400;
const cacheDirectory = 'the path of the cache directory';

/** The message for a configuration without the cache that is needed. */
export const CACHE_MISSING = `is missing: it must be ${cacheDirectory}`;

const mailSchema = z.strictObject({
  /** Mail server. */
  host: text('the name of a mail server'),
  /** 465 speaks TLS from the start; elsewhere STARTTLS is used where it is offered. */
  port: integerIn(1, 65_535, 'port').default(25),
  from_addr: mailAddress(),
  /** One address or a list. */
  to_addrs: mailAddresses(),
  /** How long the same trouble isn't mailed again. Less than a day, so that a daily pass that ends early tells it each day. */
  repeat_after: duration().default('20h'),
});

const httpSchema = z.strictObject({
  /** Address to listen on; whoever reaches it reads names of records. */
  host: text('an address to listen on').default('127.0.0.1'),
  /** 0: any free one, which the log names. */
  port: integerIn(0, 65_535, 'port'),
});

const retentionSchema = z
  .strictObject({
    /** A local directory whose paths are those below the target's base. This or `online_url`. */
    online_directory: localPath('the path of a directory').optional(),
    /** The same on another XRootD server. */
    online_url: targetUrl().optional(),
    /** How long files stay online, in calendar years and months. */
    period: duration('1d'),
    /** As `target_opaque`, for `online_url`, which gets nothing of the target's. */
    online_opaque: opaque().optional(),
    /** As `target_opaque_file`. */
    online_opaque_file: localPath('the path of a file with opaque information').optional(),
    /** Where a file's path has its date: `%Y/%m/%d`. Without it the file's modification time is used. */
    date_pattern: text('a path with the date in it, like %Y/%m/%d').optional(),
    /** What stays for ever: paths and globs. */
    hold: patterns(0).default([]),
    /** When the service begins passes of retention, in `timezone_str`; without it only the command does. */
    cron_string: cronSchedule().optional(),
    /** True: these settings, and any later change of them, need no confirmation. */
    confirmed: flag().default(false),
  })
  .refine((block) => (block.online_directory === undefined) !== (block.online_url === undefined), {
    error: 'must name either online_directory or online_url',
  })
  .superRefine((given, context) => {
    for (const key of ['online_opaque', 'online_opaque_file'] as const)
      if (given[key] !== undefined && given.online_url === undefined)
        context.addIssue({ code: 'custom', path: [key], message: 'must be given beside online_url' });
  });

const auditSchema = z.strictObject({
  /** When the service compares records of the catalogue with the server, in `timezone_str`. */
  cron_string: cronSchedule(),
  /** Per cent of the records in one run. 1 in a daily run: each record is compared once in a hundred days. */
  sample_percent: numberIn(0.01, 100, 'per cent').default(1),
});

const drillSchema = z.strictObject({
  /** When the service reads files back from tape, in `timezone_str`. */
  cron_string: cronSchedule(),
  /** In one run, chosen by chance. */
  files: integerIn(1, 10_000, 'files').default(3),
});

const block = z.strictObject({
  /**
   * The directory that ingest writes to; only what looks into it needs it. A relative one starts at the file's
   * directory.
   */
  cache_directory: localPath(cacheDirectory).optional(),
  /** The cache directory or one above it, where a disk must be mounted: without it nothing looks into the cache. */
  cache_mount_point: localPath('the path of a mount point').optional(),
  /** `root://server//base/path` (root, roots, xroot, xroots). Required. */
  target_url: targetUrl(),
  /** What must be true of the remote copy before the local file goes. */
  auto_remove: oneOf(['never', 'cached', 'backed_up']).default('backed_up'),
  /**
   * What says that a file is on tape: the flag BackUpExists of a stat, or the answer to a prepare query, which names a path and no
   * version of the file, or either of them.
   */
  tape_state: oneOf(['stat', 'query', 'either']).default('stat'),
  /** The age until which a record stays local although its copy is verified. */
  keep_local: duration().optional(),
  /** Per cent of the cache's disk: nothing is removed below it; from it on the oldest go, down to `low_water_percent`. */
  high_water_percent: numberIn(0, 100, 'per cent').optional(),
  /** Per cent of the cache's disk, below `high_water_percent`; only beside it. */
  low_water_percent: numberIn(0, 100, 'per cent').optional(),
  /** Only these records are archived. Without it all are. */
  include: patterns().optional(),
  /** These are left alone, also where `include` names them. */
  exclude: patterns().optional(),
  /** A record that isn't on tape at this age is worth a warning. */
  max_age_warning: duration().optional(),
  /** Opaque information (CGI) that goes to the target with each request: `eos.app=archive&authz=…`. */
  target_opaque: opaque().optional(),
  /** A file with more of it, read again when it changes. */
  target_opaque_file: localPath('the path of a file with opaque information').optional(),
  /** SSS keytab; without keytab, proxy and token the XRootD variables count. */
  keytab_file_path: localPath('the path of a keytab').optional(),
  /** X.509 proxy, for GSI. */
  gsi_proxy_path: urlPath('the path of an X.509 proxy').optional(),
  /** A file with a bearer token, read again when it changes. */
  token_file_path: localPath('the path of a file with a token').optional(),
  /** Where the token goes: to the login (ztn, which needs roots://), with each request to the target (`authz=`), or both. */
  token_use: oneOf(['login', 'requests', 'both']).default('login'),
  /** The archive remembers each record after its local file has gone, and without that memory nothing is removed (S14). */
  catalogue: flag().default(true),
  /** Its SQLite file, on a local disk; without it it lies in the cache. */
  catalogue_path: localPath("the path of the catalogue's file").optional(),
  /** After a pass that changed something, the new rows go to the target, so that the catalogue outlives this machine. */
  catalogue_segments: flag().default(true),
  /** They go there instead. */
  catalogue_segments_url: targetUrl().optional(),
  /** A lock file, held beside the cache's own for as long as a pass runs. */
  worker_file_path: localPath('the path of the lock file').optional(),
  /** Per cent of the cache's disk. */
  warning_mark_percent: numberIn(1, 100, 'per cent').default(50),
  /** When the service begins passes, in `timezone_str`. */
  copy_cron_string: cronSchedule().optional(),
  timezone_str: timeZone().default('Europe/London'),
  /** Time that a pass gets to end by itself when the service is stopped; then it is cancelled. 0: at once. */
  stop_grace_seconds: numberIn(0, 3600, 'seconds').default(20),
  mail: mailSchema.optional(),
  /** What is called with the report after a pass, by whichever process. */
  hooks: hooksSchema.optional(),
  /** A file that ends in .prom, for node_exporter's textfile collector: each job puts its name before the ending. */
  metrics_textfile: promFile().optional(),
  /** How long files that have a copy on tape stay on online storage. */
  retention: retentionSchema.optional(),
  /** When the service asks the server for what the catalogue remembers. */
  audit: auditSchema.optional(),
  /** When the service proves that files come back from tape. */
  drill: drillSchema.optional(),
  /** Metrics, health and the status page. */
  http: httpSchema.optional(),

  /**
   * How local and remote bytes are compared, after a copy and before a removal: `checksum` by the server's checksum, `read` by reading
   * the remote file again, `auto` by whichever of the two costs less and is possible, `size` by size alone.
   */
  verify: oneOf(['auto', 'checksum', 'read', 'size']).default('auto'),
  checksum_type: oneOf(['adler32', 'crc32c', 'md5', 'crc32']).default('adler32'),
  /**
   * Where the server's copy is offline and nothing but its adler32 can be compared: is that enough for a removal, though this
   * archive doesn't remember that it copied these very bytes? Files of other bytes can have the same one.
   */
  trust_adler32: flag().default(false),
  /** The target is a proxy that keeps no cache: its answers are the storage's own. */
  trust_proxy: flag().default(false),
  /** Seconds without a change before a remote file that isn't whole counts as left behind, and not as being written (S4). */
  unfinished_after_seconds: numberIn(0, 30 * DAY, 'seconds').default(600),
  /** Seconds without a change before a file is archived (S3). 0: at once. */
  settle_seconds: numberIn(0, 30 * DAY, 'seconds').default(10),
  /** `put` waits for the disk before the record appears. */
  fsync: flag().default(false),
  /** Directories that a pass has emptied are removed; not for ingest that relies on directories it once made. */
  prune_empty_directories: flag().default(true),

  /** Copies of large files at once, and eight times as many of small ones; `auto`: as many as the server rewards. */
  parallel_copies: countOrAuto(1, 255, 'copies').default('auto'),
  /** Bytes that copies hold at once. */
  copy_memory: bytesIn(4 * 2 ** 20, 2 ** 40, 'bytes').default(256 * 2 ** 20),
  /** Most bytes a second between this process and the server, all copies together, up and down. */
  max_rate: bytesIn(1e5, 1e12, 'bytes a second').optional(),
  /** Most checksum queries to the server at once, of all shards: fewer while its answers are late. */
  parallel_checksums: integerIn(1, 64, 'queries').default(4),
  /** Behind a redirector: with fewer a job doesn't begin, since it would call missing what the others have. */
  data_servers: integerIn(1, 4096, 'servers').default(1),
  /** Stat requests in flight on one connection. */
  parallel_stats: integerIn(1, 4096, 'requests').default(256),

  /** Attempts in all, for errors that may not occur again. 1: no retries. */
  retry_attempts: integerIn(1, 20, 'attempts').default(3),
  /** Wait before the second attempt; it doubles each time, with jitter. */
  retry_delay_seconds: numberIn(0, 3600, 'seconds').default(2),
  /** The wait never grows beyond this. */
  retry_max_delay_seconds: numberIn(0, 3600, 'seconds').default(60),
  /** Time for one request (stat, mkdir, rm, …). */
  request_timeout_seconds: integerIn(1, 600, 'seconds').default(20),
  /** Most time for one checksum by the server, which may have to read the file: 60 s and 1 s each 5 MiB, up to this. */
  checksum_timeout_seconds: integerIn(1, 65_535, 'seconds').default(3600),
  /** Time for one copy as a whole; without it only silence ends a copy. */
  copy_timeout_seconds: integerIn(1, 65_535, 'seconds').optional(),

  /** Files in one stage request. A server that refuses a request for its size gets it in halves. */
  stage_batch_files: integerIn(1, 10_000, 'files').default(200),
  /** Files asked for from tape and not yet copied. */
  stage_max_files: integerIn(1, 100_000, 'files').default(1000),
  /** Bytes of these files: what the server's disk buffer should hold for us at once. 0: no limit. */
  stage_max_bytes: integerIn(0, 1e15, 'bytes').default(1e13),
  /** Wait before the first look whether files are online, and between looks while some come. */
  stage_poll_min_seconds: numberIn(0.1, 3600, 'seconds').default(2),
  /** The wait never grows beyond this; each one varies by 20 %. */
  stage_poll_max_seconds: numberIn(0.1, 3600, 'seconds').default(60),
  /** Time for one file to come online, from the request for it; then it has failed. */
  stage_deadline_seconds: numberIn(1, 30 * DAY, 'seconds').default(2 * DAY),
  /** 0 lowest to 3 highest, where the server heeds it. */
  stage_priority: integerIn(0, 3, 'lowest to highest').default(0),

  log_level: oneOf(LOG_LEVELS).default('info'),
  /** `text` for people, `json` for machines; always to standard error. */
  log_format: oneOf(['text', 'json']).default('text'),
});

/** What needs no server may leave the target out. */
const localBlock = block.partial({ target_url: true });

/** Keys that need one another. */
function keysTogether(given: z.output<typeof localBlock>, context: z.RefinementCtx): void {
  const { high_water_percent: high, low_water_percent: low, cache_directory: cache } = given;
  const { metrics_textfile: metrics } = given;
  const wrong = (key: string, message: string) => {
    context.addIssue({ code: 'custom', path: [key], message });
  };
  if (high === undefined && low !== undefined)
    wrong('high_water_percent', 'must be given beside low_water_percent');
  if (low === undefined && high !== undefined)
    wrong('low_water_percent', 'must be given beside high_water_percent');
  if (high !== undefined && low !== undefined && low >= high)
    wrong('low_water_percent', 'must be lower than high_water_percent');
  if (!given.catalogue && given.audit !== undefined)
    wrong('audit', 'compares with the catalogue, which "catalogue: false" turns off');
  if (metrics !== undefined && cache !== undefined && isWithin(metrics, cache))
    wrong('metrics_textfile', 'lies in the cache, where it would be archived: name another directory');
  for (const { key, message } of credentialProblems(given)) wrong(key, message);
}

export const backupSchema = block.superRefine(keysTogether);
/** For commands that look at this machine alone. */
export const localSchema = localBlock.superRefine(keysTogether);

/** As the file has it. */
export type BackupBlock = z.input<typeof backupSchema>;
/** What users of the library give: required and optional keys as in the file, in camelCase. */
export type { ArchiveOptions } from './options.js';
/** Checked, with every default filled in. */
export type { ArchiveConfig } from './archive_config.js';
/** Of a command that looks at this machine alone. */
export type LocalConfig = Omit<ArchiveConfig, 'targetUrl'> & Partial<Pick<ArchiveConfig, 'targetUrl'>>;

export const BACKUP_KEYS: readonly string[] = Object.keys(backupSchema.shape);
/** Of the blocks within the block. */
export const INNER_KEYS: Readonly<Record<string, readonly string[]>> = {
  mail: Object.keys(mailSchema.shape),
  http: Object.keys(httpSchema.shape),
  hooks: Object.keys(hooksSchema.shape),
  retention: Object.keys(retentionSchema.shape),
  audit: Object.keys(auditSchema.shape),
  drill: Object.keys(drillSchema.shape),
};
/** Keys whose values are paths of this machine, in whichever block. */
export const PATH_KEYS: readonly string[] = [
  ...[
    'metrics_textfile',
    'cache_directory',
    'cache_mount_point',
    'worker_file_path',
    'online_directory',
    'catalogue_path',
  ],
  ...['keytab_file_path', 'gsi_proxy_path', 'token_file_path', 'target_opaque_file', 'online_opaque_file'],
];
