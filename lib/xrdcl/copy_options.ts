/** Options of copies: every job property of libXrdCl, with units and defaults, and how they are checked. */
import { checksumTypes, type ChecksumType } from '../posix/checksum.js';
import { checkEndpoint, isRemoteUrl, pathOf } from './location.js';

/** The properties of one copy. Defaults are libXrdCl's unless stated otherwise. */
export interface CopyJobOptions {
  /** A URL `root://host//path`, or an absolute local path. */
  source: string;
  /** A URL `root://host//path`, or an absolute local path. */
  target: string;
  /** Bytes of the source, if known: small files are copied in a cheaper way. A wrong size does no harm. */
  sizeHint?: number | undefined;
  /** Overwrite an existing target; default false: `ItExists`. */
  force?: boolean;
  /** Append the rest to a shorter target, without checking what it already holds; not with `force`. Default false. */
  continue?: boolean;
  /**
   * For an upload: have the server write the file to its disks (`kXR_sync`) before it is closed, so that a power cut there
   * doesn't lose it. If that can't be done (by the server, or with a third-party copy or `preserveXAttr`) the copy doesn't
   * fail: `synced` of the result is false. Default false.
   */
  sync?: boolean;
  /** Persist on successful close; remote targets only. A cancelled copy stays all the same. Default false. */
  posc?: boolean;
  /** A local target is made so that only its owner can read it, from the first byte on. Default false: 0644, less the umask. */
  ownerOnly?: boolean;
  /** Make missing parent directories; default true (libXrdCl's client always makes them). */
  makeDir?: boolean;
  /** Ignore another writer's lock; default false: `FileLocked`. */
  coerce?: boolean;
  /** `target` is a directory: the source's base name is appended. Default false. */
  targetIsDir?: boolean;
  /** Bytes of one request, 4,096 to 1 GiB; default 8 MiB. With `xrate` no more than a quarter second's worth. */
  chunkSize?: number;
  /** Requests in flight, 1 to 255; default 4. */
  parallelChunks?: number;
  /** Most bytes a second; default 0: no limit. */
  xrate?: number;
  /** Bytes a second below which the copy fails with `ThresholdExceeded`; default 0: never. */
  xrateThreshold?: number;
  /** Most seconds for the copy, checked between chunks: `OperationExpired`. Default 0: no limit. */
  cpTimeout?: number;
  /** Seconds to set up a third-party copy; default 600. */
  initTimeout?: number;
  /** Seconds for a third-party copy; default 1,800. */
  tpcTimeout?: number;
  /** The source may grow while it is copied: progress has no total, and completeness isn't checked. Default false. */
  dynamicSource?: boolean;
  /** Copy extended attributes; default false. */
  preserveXAttr?: boolean;
  /**
   * Which checksums to compute: default `none`. `end2end` compares them and fails with `CheckSumError`. A copy on a server
   * then stays there (`partialLeft`) unless `rmOnBadCksum` is given: since its bytes differ, it may be somebody else's file.
   */
  checkSumMode?: 'none' | 'source' | 'target' | 'end2end';
  /** `adler32`, `crc32c`, `md5`, …; needed with `checkSumMode`. libXrdCl's `auto` is refused: name what you rely on. */
  checkSumType?: string;
  /**
   * Compute this type, too, where that costs no second reading: for a small file that is sent, with `checkSumMode: source`. See
   * `alsoSourceChecksum` of the result.
   */
  alsoCheckSumType?: ChecksumType | undefined;
  /** The expected checksum, hexadecimal. */
  checkSumPreset?: string;
  /** Remove the target on a checksum mismatch (implies posc); remote targets only. Default false. */
  rmOnBadCksum?: boolean;
  /** Copy directly from server to server: `first` falls back on a copy through us, `only` doesn't. Default `none`. */
  thirdParty?: 'none' | 'first' | 'only';
  /** Use several replicas at once; default false. */
  xcp?: boolean;
  /** Sources of an xcp, 1 to 255. */
  nbXcpSources?: number;
  /** Bytes of a block of an xcp; default 128 MiB. */
  xcpBlockSize?: number;
}

/** The checked options that libXrdCl's copy gets; none is undefined. */
export type JobProperties = Omit<CopyJobOptions, 'sizeHint' | 'sync' | 'alsoCheckSumType' | 'targetIsDir'>;

interface Range {
  least: number;
  most: number;
}

const day = 86_400;
const ranges: Partial<Record<keyof CopyJobOptions, Range>> = {
  chunkSize: { least: 4096, most: 2 ** 30 },
  parallelChunks: { least: 1, most: 255 },
  xrate: { least: 0, most: Number.MAX_SAFE_INTEGER },
  xrateThreshold: { least: 0, most: Number.MAX_SAFE_INTEGER },
  cpTimeout: { least: 0, most: 65_535 },
  initTimeout: { least: 1, most: 65_535 },
  tpcTimeout: { least: 1, most: Math.min(day, 65_535) },
  nbXcpSources: { least: 1, most: 255 },
  xcpBlockSize: { least: 4096, most: 2 ** 40 },
};

const flags = new Set<string>([
  'force',
  'continue',
  'posc',
  'ownerOnly',
  'makeDir',
  'coerce',
  'targetIsDir',
  'dynamicSource',
  'preserveXAttr',
  'rmOnBadCksum',
  'xcp',
]);

const choices: Partial<Record<keyof CopyJobOptions, readonly string[]>> = {
  checkSumMode: ['none', 'source', 'target', 'end2end'],
  thirdParty: ['none', 'first', 'only'],
};

function checkValue(name: keyof CopyJobOptions, value: unknown): void {
  const range = ranges[name];
  if (range !== undefined) {
    if (!Number.isInteger(value) || Number(value) < range.least || Number(value) > range.most) {
      throw new RangeError(
        `${name} must be a whole number from ${range.least} to ${range.most}, not ${String(value)}`,
      );
    }
    return;
  }
  if (flags.has(name)) {
    if (typeof value !== 'boolean')
      throw new TypeError(`${name} must be true or false, not ${String(value)}`);
    return;
  }
  const allowed = choices[name];
  if (allowed !== undefined && !allowed.includes(value as string)) {
    throw new RangeError(`${name} must be one of ${allowed.join(', ')}, not ${String(value)}`);
  }
  if (name === 'checkSumType' && !/^[\w-]+$/.test(String(value)))
    throw new TypeError('checkSumType must be a name');
  if (name === 'checkSumPreset' && !/^[0-9a-fA-F]+$/.test(String(value))) {
    throw new TypeError('checkSumPreset must be hexadecimal');
  }
  if (allowed === undefined && name !== 'checkSumType' && name !== 'checkSumPreset') {
    throw new TypeError(`${name} is not an option of a copy`);
  }
}

function inDirectory(directory: string, source: string): string {
  const path = isRemoteUrl(source) ? pathOf(source) : source;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === '') throw new TypeError(`source ${JSON.stringify(source)} names no file`);
  const [place = '', ...options] = directory.split('?');
  return [`${place.replace(/\/*$/, '')}/${name}`, ...options].join('?');
}

/**
 * Checks the options of a copy, turns them into libXrdCl's properties, and carries out `targetIsDir`.
 * @throws TypeError, RangeError for whatever libXrdCl would misread, ignore or crash on.
 */
export function jobPropertiesOf(options: CopyJobOptions): JobProperties {
  const { source, target, sizeHint: _, sync = false, alsoCheckSumType: also, ...rest } = options;
  if (also !== undefined && !checksumTypes.includes(also))
    throw new TypeError(`alsoCheckSumType must be one of ${checksumTypes.join(', ')}`);
  if (typeof sync !== 'boolean') throw new TypeError(`sync must be true or false, not ${String(sync)}`);
  const ends = { source: checkEndpoint('source', source), target: checkEndpoint('target', target) };
  const given = (Object.entries(rest) as [keyof CopyJobOptions, unknown][]).filter(
    ([, value]) => value !== undefined,
  );
  for (const [name, value] of given) checkValue(name, value);
  const { targetIsDir = false, ...others } = Object.fromEntries(given) as typeof rest;
  const properties: JobProperties = { makeDir: true, ...others, ...ends };
  if (options.force === true && options.continue === true)
    throw new TypeError('force and continue exclude each other');
  if (
    options.checkSumMode !== undefined &&
    options.checkSumMode !== 'none' &&
    options.checkSumType === undefined
  ) {
    throw new TypeError('checkSumMode needs checkSumType');
  }
  if (options.checkSumType === 'auto') throw new TypeError('checkSumType must be a name, not auto');
  // libXrdCl would do the same. We do it here, since checks and removals after the copy need the full name.
  if (targetIsDir) properties.target = inDirectory(ends.target, ends.source);
  // With these, libXrdCl deletes an existing local target, while it reports that it exists (5.5.3, seen).
  if ((options.posc === true || options.rmOnBadCksum === true) && !isRemoteUrl(target)) {
    throw new TypeError(
      'posc and rmOnBadCksum are for remote targets: libXrdCl may delete an existing local file',
    );
  }
  // libXrdCl sleeps after each chunk to keep the rate, and notices a cancel only afterwards: so chunks must be small.
  if (options.xrate !== undefined && options.xrate > 0 && options.chunkSize === undefined) {
    properties.chunkSize = Math.min(8 * 2 ** 20, Math.max(4096, Math.floor(options.xrate / 4)));
  }
  return properties;
}
