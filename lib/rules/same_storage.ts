/**
 * S13: are two directories the same? A cache that is the target, or lies in its storage, has no second copy of anything. A
 * server gives a directory's time and its identifier, which every xrootd makes of device and inode (XrdXrootdProtocol::StatGen).
 * A server that mounts the same disk by a network file system has another device number for it.
 */
import type { Identity } from './identity.js';

/** Of a local file or directory. */
export type LocalPlace = Pick<Identity, 'dev' | 'ino' | 'mtimeNs'>;

/** A file or directory as a server describes it. */
export interface RemotePlace {
  /** Empty if it gives none. */
  id: string;
  mtime: Date;
}

/**
 * The same, as far as device, inode, and the second of the last change show.
 * @param anyDevice the server may know the disk by another device number
 */
export function isSamePlace(local: LocalPlace, remote: RemotePlace, anyDevice: boolean): boolean {
  return isSameInode(local, remote.id, anyDevice) && sameSecond(local, remote);
}

/**
 * Compares a remote directory with a local one that was looked at before and after it. `changing`: the local one changed
 * meanwhile, and they may be one or two.
 */
export function comparePlaces(
  before: LocalPlace,
  remote: RemotePlace,
  after: LocalPlace,
  anyDevice: boolean,
): 'one' | 'two' | 'changing' {
  if (!isSameInode(before, remote.id, anyDevice)) return 'two';
  if (before.ino !== after.ino || after.mtimeNs < before.mtimeNs) return 'changing';
  if (before.mtimeNs === after.mtimeNs) return sameSecond(before, remote) ? 'one' : 'two';
  const time = remote.mtime.getTime();
  return time < millisecondsOf(before) || time > millisecondsOf(after) ? 'two' : 'changing';
}

/** With `anyDevice` a match is only a hint: other disks use the same inode numbers. */
export function isSameInode(
  { dev, ino }: Pick<LocalPlace, 'dev' | 'ino'>,
  id: string,
  anyDevice: boolean,
): boolean {
  // 0: no inode is known.
  if (ino === 0n) return false;
  const [inode, device] = [BigInt.asUintN(32, ino), BigInt.asUintN(32, dev)];
  const halves = halvesOf(id);
  return halves.some((half, index) => half === inode && (anyDevice || halves[1 - index] === device));
}

/** May this identifier be of a file on this device? Only a hint: other machines use the same device numbers. */
export function isOnDevice(dev: bigint, id: string): boolean {
  return halvesOf(id).includes(BigInt.asUintN(32, dev));
}

/** May both be on one disk, if one machine serves them? False if an identifier says nothing. */
export function mayShareDevice(a: string, b: string): boolean {
  const [of, other] = [halvesOf(a), halvesOf(b)];
  return of.some((half, index) => half === other[index]);
}

/** The two numbers of which one is the inode (lower 32 bits) of this identifier. */
export function possibleInodes(id: string): number[] {
  return halvesOf(id).map(Number);
}

/** An inode in the form that possibleInodes() returns. */
export function inodeNumber(ino: bigint): number {
  return Number(BigInt.asUintN(32, ino));
}

/** Which half is the inode and which the device depends on the byte order of the server. */
function halvesOf(id: string): bigint[] {
  if (!/^-?[0-9]+$/.test(id)) return [];
  const number = BigInt(id);
  return number === 0n ? [] : [BigInt.asUintN(32, number), BigInt.asUintN(32, number >> 32n)];
}

/** Nanoseconds. */
const SECOND = 1_000_000_000n;

function sameSecond(local: LocalPlace, { mtime }: RemotePlace): boolean {
  // Two invalid times count as equal.
  return Object.is(millisecondsOf(local), mtime.getTime());
}

/** As servers tell times: whole seconds, rounded down, also before 1970. */
function millisecondsOf({ mtimeNs }: LocalPlace): number {
  const seconds = (mtimeNs - (((mtimeNs % SECOND) + SECOND) % SECOND)) / SECOND;
  return new Date(Number(seconds) * 1000).getTime();
}

/**
 * Where a local directory would be below the target's base, if the server exported it or a directory above it: every end of
 * its path, the empty one included.
 * @param absolute the directory's path, without symbolic links
 */
export function possiblePlaces(absolute: string): string[] {
  const components = absolute.split('/').filter((component) => component !== '');
  return components.map((_, index) => components.slice(index).join('/')).concat('');
}
