import { SandboxError } from './error.js';
import type { FileMatcher } from './file_matcher.js';
import { toPredicate } from './file_matcher.js';

/** Seconds, or a range of seconds from which each file gets its own, evenly distributed. */
export type Delay = number | readonly [minimum: number, maximum: number];

/** What clients may do with a path: nothing, or read. */
export type PathRight = 'none' | 'read';

/** Options of `TapeSandbox.start`. */
export interface SandboxOptions {
  /** The directory on the server that `url` points to. Absolute. Default `/archive`. */
  basePath?: string;
  /** Where the sandbox makes its own temporary directory. Default: the system's. No spaces. */
  directory?: string;
  /** 0 … 65535. Default 0: any free one. */
  port?: number;
  /** Whom xrootd runs as when we are root. Default: the first of xrootd, nobody, daemon. Refused otherwise. */
  user?: string;
  /** False: a plain xrootd without tape, which never reports BackUpExists. Default true. */
  tapeFlags?: boolean;
  /** Seconds from a file's close until it is written to tape, ≥ 0, or `'never'`. Default 0. */
  migrationDelay?: Delay | 'never';
  /** Give the disk copy up as soon as the file is on tape. Default false. */
  evictAfterMigration?: boolean;
  /** Seconds from a stage request until a file is online again, ≥ 0. Default 0. */
  stageDelay?: Delay;
  /** Seconds to mount a tape: waited before staging begins, and again after the drives were idle. Default 0. */
  mountDelay?: Delay;
  /** Files that are written to or read from tape at once, 1 … 64. Default 4. */
  drives?: number;
  /** Files that can't be staged. Default none. */
  failStage?: FileMatcher;
  /** Files whose stage requests are taken and never answered: they stay offline. Default none. */
  neverStage?: FileMatcher;
  /** Files that are never written to tape. Default none. */
  failMigration?: FileMatcher;
  /** Bytes of the disk buffer, > 0; beyond it writes end with kXR_NoSpace and staging waits. Default unlimited. */
  bufferSize?: number;
  /** xrootd's bound on checksums at once (`xrootd.chksum max`), 1 … 1000. Default 4, as xrootd's. */
  maxChecksums?: number;
  /** Files in one prepare request (`-maxfiles`), 1 … 1024. Default 48, as xrootd's. */
  maxPrepareFiles?: number;
  /** SSS authentication: clients need `keytab`, which gives them every right. Default false. */
  sss?: boolean;
  /**
   * Paths, relative to the base, that clients may only read, or not even look at, with all whose path begins so.
   * Requests that want more end with kXR_NotAuthorized. Default: everything is allowed.
   */
  rights?: Readonly<Record<string, PathRight>>;
  /** New files whose close fails with kXR_IOError and which are gone then, as EOS's when the commit fails. Default none. */
  failCommit?: FileMatcher;
  /** The close of a new file without bytes fails like that, as with a minimum size at EOS. Default false. */
  refuseEmpty?: boolean;
  /** Refuse names with other characters than A-Z a-z 0-9 / SPACE . - _ ~ # : ^ with 3022, as older EOS does. Default false. */
  eosNames?: boolean;
  /** Directories, relative to the base, whose files can't be overwritten, changed or (but for empty ones) removed. Default none. */
  writeOnce?: readonly string[];
  /** Each stage request pins its files, each evict request takes one pin away, and a pinned file stays. Default false. */
  countEvictions?: boolean;
  /** Stage requests that wait for one file; more are refused with kXR_Overloaded. 1 … 10,000; EOS: 64. Default unlimited. */
  maxStageRequests?: number;
  /** False: stat never says BackUpExists, and only a prepare query tells what is on tape. Default true. */
  backUpFlag?: boolean;
  /** Seconds that xrootd gets to answer its first request, > 0. Default 30. */
  startTimeout?: number;
  /** The program to start. Default `xrootd` from the PATH. */
  xrootd?: string;
  /** More lines for xrootd's configuration. Default none. */
  extraConfig?: readonly string[];
}

/** The options that become something else; the rest stays as it is given, with its default. */
interface ParsedOptions {
  directory: string | undefined;
  user: string | undefined;
  /** Undefined: never. */
  migrationDelay: (() => number) | undefined;
  stageDelay: () => number;
  mountDelay: () => number;
  failStage: (path: string) => boolean;
  neverStage: (path: string) => boolean;
  failMigration: (path: string) => boolean;
  bufferSize: number | undefined;
  rights: readonly { path: string; right: PathRight }[];
  /** Undefined: every new file may stay. */
  failCommit: ((path: string) => boolean) | undefined;
  /** Paths on the server. */
  writeOnce: readonly string[];
  maxStageRequests: number | undefined;
}

export interface ResolvedOptions extends ParsedOptions, Required<Omit<SandboxOptions, keyof ParsedOptions>> {}

/** @throws SandboxError InvalidOption, naming the option and its range. */
export function resolveOptions(options: SandboxOptions): ResolvedOptions {
  const base = basePath(options.basePath ?? '/archive');
  const migration = options.migrationDelay ?? 0;
  const bufferSize = options.bufferSize ?? Infinity;
  if (bufferSize !== Infinity) integer('bufferSize', bufferSize, 1, Number.MAX_SAFE_INTEGER);
  const startTimeout = options.startTimeout ?? 30;
  if (!(startTimeout > 0)) throw invalid('startTimeout', 'seconds above 0 expected');
  const resolved: ResolvedOptions = {
    basePath: base,
    directory: options.directory,
    port: integer('port', options.port ?? 0, 0, 65535),
    user: options.user,
    tapeFlags: options.tapeFlags ?? true,
    migrationDelay: migration === 'never' ? undefined : delay('migrationDelay', migration),
    evictAfterMigration: options.evictAfterMigration ?? false,
    stageDelay: delay('stageDelay', options.stageDelay ?? 0),
    mountDelay: delay('mountDelay', options.mountDelay ?? 0),
    drives: integer('drives', options.drives ?? 4, 1, 64),
    failStage: toPredicate(options.failStage),
    neverStage: toPredicate(options.neverStage),
    failMigration: toPredicate(options.failMigration),
    bufferSize: bufferSize === Infinity ? undefined : bufferSize,
    maxChecksums: integer('maxChecksums', options.maxChecksums ?? 4, 1, 1000),
    maxPrepareFiles: integer('maxPrepareFiles', options.maxPrepareFiles ?? 48, 1, 1024),
    sss: options.sss ?? false,
    rights: Object.entries(options.rights ?? {}).map(([path, right]) => rightOf(base, path, right)),
    failCommit: options.failCommit === undefined ? undefined : toPredicate(options.failCommit),
    refuseEmpty: options.refuseEmpty ?? false,
    eosNames: options.eosNames ?? false,
    writeOnce: (options.writeOnce ?? []).map((path) => below(base, 'writeOnce', path)),
    countEvictions: options.countEvictions ?? false,
    maxStageRequests:
      options.maxStageRequests === undefined
        ? undefined
        : integer('maxStageRequests', options.maxStageRequests, 1, 10_000),
    backUpFlag: options.backUpFlag ?? true,
    startTimeout,
    xrootd: options.xrootd ?? 'xrootd',
    extraConfig: options.extraConfig ?? [],
  };
  for (const name of Object.keys(options))
    if (!Object.hasOwn(resolved, name)) throw invalid(name, 'there is no such option');
  return resolved;
}

function delay(name: string, value: Delay): () => number {
  const [minimum, maximum] = typeof value === 'number' ? [value, value] : value;
  // setTimeout's limit is 2^31 ms.
  if (!(minimum >= 0 && maximum >= minimum && maximum <= 2_000_000)) {
    throw invalid(name, 'seconds from 0 to 2,000,000, or [minimum, maximum] of them, expected');
  }
  return () => minimum + Math.random() * (maximum - minimum);
}

function integer(name: string, value: number, minimum: number, maximum: number): number {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum) {
    throw invalid(name, `a whole number from ${String(minimum)} to ${String(maximum)} expected`);
  }
  return value;
}

function basePath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (!isPlainPath(trimmed)) {
    throw invalid('basePath', 'an absolute path of letters, digits, _ . - expected, not /');
  }
  return trimmed;
}

function rightOf(base: string, path: string, right: PathRight): { path: string; right: PathRight } {
  if (!['none', 'read'].includes(right)) throw invalid('rights', `${path}: none or read expected`);
  return { path: below(base, 'rights', path), right };
}

function below(base: string, name: string, path: string): string {
  if (!isPlainPath(`/${path}`))
    throw invalid(name, `${path}: a relative path of letters, digits, _ . - expected`);
  return `${base}/${path}`;
}

function isPlainPath(path: string): boolean {
  return /^(\/[\w.-]+)+$/.test(path) && !/\/\.\.?(\/|$)/.test(path);
}

function invalid(name: string, problem: string): SandboxError {
  return new SandboxError('InvalidOption', `Sandbox option ${name}: ${problem}`);
}
