/**
 * S13: are two directories one? A cache that is the target, or lies in its storage, has no second copy of anything. What a
 * server tells of a directory is its identifier, made of device and inode by every xrootd (XrdXrootdProtocol::StatGen), and its
 * time; device numbers of other machines say nothing.
 */
import type { Identity } from './identity.js';

/** Of a local file or directory. */
export type LocalPlace = Pick<Identity, 'ino' | 'mtimeNs'>;

/** As a server tells of one. */
export interface RemotePlace {
  /** Empty if it gives none. */
  id: string;
  mtime: Date;
}

/** One and the same, as far as can be told: the inode, and the second of the last change. */
export function isSamePlace(local: LocalPlace, remote: RemotePlace): boolean {
  return isSameInode(local.ino, remote.id) && sameSecond(local, remote);
}

/** Alone it is a hint: other disks have the same numbers. */
export function isSameInode(ino: bigint, id: string): boolean {
  // 0: no inode is known.
  return ino !== 0n && halvesOf(id).includes(BigInt.asUintN(32, ino));
}

/** May a server on this machine have it on this device? A hint, too: other machines number their devices alike. */
export function isOnDevice(dev: bigint, id: string): boolean {
  return halvesOf(id).includes(BigInt.asUintN(32, dev));
}

/** Which half is the inode and which the device depends on the byte order of the server. */
function halvesOf(id: string): bigint[] {
  if (!/^-?[0-9]+$/.test(id)) return [];
  const number = BigInt(id);
  return number === 0n ? [] : [BigInt.asUintN(32, number), BigInt.asUintN(32, number >> 32n)];
}

/** Nanoseconds. */
const SECOND = 1_000_000_000n;

function sameSecond({ mtimeNs }: LocalPlace, { mtime }: RemotePlace): boolean {
  // Servers tell whole seconds, rounded down, also before 1970. A time that no Date holds is equal to another such time.
  const seconds = (mtimeNs - (((mtimeNs % SECOND) + SECOND) % SECOND)) / SECOND;
  return Object.is(new Date(Number(seconds) * 1000).getTime(), mtime.getTime());
}

/**
 * Where an entry of a local directory would be on the server, below the target's base, if that directory or one above it
 * were the server's: the path that records of the directory have, and whatever ends like the directory's own path.
 * @param absolute the directory's path, without symbolic links
 */
export function possiblePlaces(absolute: string): string[] {
  const components = absolute.split('/').filter((component) => component !== '');
  return components.map((_, index) => components.slice(index).join('/')).concat('');
}
