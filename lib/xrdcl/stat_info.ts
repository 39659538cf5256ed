/** What a server tells of a file. */
import type { NativeDirStats, NativeStat, NativeStats } from '../addon/addon.js';

/** `XrdCl::StatInfo::Flags`. */
export const statFlags = {
  /** May be executed, or entered. */
  executable: 1,
  /** A directory. */
  isDirectory: 2,
  /** Neither a file nor a directory. */
  other: 4,
  /** On tape only. */
  offline: 8,
  /** May be read. */
  readable: 16,
  /** May be written. */
  writable: 32,
  /** Written with posc and not yet closed. */
  poscPending: 64,
  /** On tape. */
  backUpExists: 128,
} as const;

/** What a stat tells in its shortest form. */
export interface ShortStat {
  /** The server's identifier of the file, an inode number or the like; empty if it gives none. */
  id: string;
  /** Bytes; exact, as every size below 2^53 is. */
  size: number;
  /** Modification time by the server's clock, in whole seconds. */
  mtime: Date;
  /** A directory. */
  isDirectory: boolean;
  /** Neither a file nor a directory. */
  isOther: boolean;
  /** Not on disk: on tape only. Alone it proves nothing. */
  offline: boolean;
  /** On tape. Only from `stat`: a directory listing's flags don't carry it (XRootD 5.5.3, seen). */
  backUpExists: boolean;
  /** Written with posc and not yet closed. */
  poscPending: boolean;
}

/** What a stat tells. */
export interface StatInfo extends ShortStat {
  /** For whoever asked, as far as the server knows. */
  readable: boolean;
  /** For whoever asked, as far as the server knows. */
  writable: boolean;
  /** Or, of a directory, may be entered. */
  executable: boolean;
  /** The bits themselves: `statFlags`. */
  flags: number;
  /** Only from servers that send the extended format. */
  ctime?: Date;
  /** Time of the last access; only from servers that send the extended format. */
  atime?: Date;
  /** As ls writes it: `rw-r--r--`. */
  mode?: string;
  /** Name; only from servers that send the extended format. */
  owner?: string;
  /** Name; only from servers that send the extended format. */
  group?: string;
}

export function statInfoOf(native: NativeStat): StatInfo {
  const { flags } = native;
  const has = (flag: number) => (flags & flag) !== 0;
  const info: StatInfo = {
    id: identifierOf(native.id),
    size: native.size,
    mtime: new Date(native.modTime * 1000),
    isDirectory: has(statFlags.isDirectory),
    isOther: has(statFlags.other),
    offline: has(statFlags.offline),
    backUpExists: has(statFlags.backUpExists),
    poscPending: has(statFlags.poscPending),
    readable: has(statFlags.readable),
    writable: has(statFlags.writable),
    executable: has(statFlags.executable),
    flags,
  };
  if (native.changeTime !== undefined) info.ctime = new Date(native.changeTime * 1000);
  if (native.accessTime !== undefined) info.atime = new Date(native.accessTime * 1000);
  if (native.mode !== undefined) info.mode = native.mode;
  if (native.owner !== undefined) info.owner = native.owner;
  if (native.group !== undefined) info.group = native.group;
  return info;
}

/** Empty for what identifies nothing. */
export function identifierOf(text: string): string {
  return /^-?[1-9][0-9]*$/.test(text) ? text : '';
}

const numbersOfOne = 5;

/** The stats in an answer to many stats; undefined for each that failed. */
export function shortStatsOf({ values }: Pick<NativeStats, 'values'>): (ShortStat | undefined)[] {
  const stats: (ShortStat | undefined)[] = [];
  for (let at = 0; at < values.length; at += numbersOfOne) stats.push(shortStatAt(values, at));
  return stats;
}

function shortStatAt(values: Float64Array, at: number): ShortStat | undefined {
  const flags = values[at] ?? -1;
  if (flags < 0) return undefined;
  const [size = 0, seconds = 0, high = 0, low = 0] = [
    values[at + 1],
    values[at + 2],
    values[at + 3],
    values[at + 4],
  ];
  return {
    id: idOf(high, low),
    size,
    mtime: new Date(seconds * 1000),
    isDirectory: (flags & statFlags.isDirectory) !== 0,
    isOther: (flags & statFlags.other) !== 0,
    offline: (flags & statFlags.offline) !== 0,
    backUpExists: (flags & statFlags.backUpExists) !== 0,
    poscPending: (flags & statFlags.poscPending) !== 0,
  };
}

/** The signed 64-bit number that the server printed. */
function idOf(high: number, low: number): string {
  if (high === 0) return low === 0 ? '' : String(low);
  return String(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
}

/** An entry of `FileSystem.dirStats`. */
export type NamedStat = readonly [name: string, stat: ShortStat];

/** The stats of a piece of a listing, without the names that hold U+FFFD: it may stand for bytes that aren't UTF-8. */
export function namedStatsOf(native: NativeDirStats): NamedStat[] {
  const stats = shortStatsOf(native);
  const names = native.names.split('\n');
  return stats.flatMap((stat, index) => {
    const name = names[index] ?? '';
    return stat === undefined || name.includes('\uFFFD') ? [] : [[name, stat] as const];
  });
}
