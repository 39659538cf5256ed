/** The devices that hold a directory and all below it, and whether other machines may have one of these disks. */
import { stat } from 'node:fs/promises';
import { isWithin, mountsOf, mountTables } from '../config/mounts.js';

export interface Devices {
  /** As `stat` numbers them. */
  numbers: readonly bigint[];
  /** One of them is on a network file system, or one we don't know: another machine may have the disk, by another number. */
  elsewhere: boolean;
}

/** File systems whose disk, or memory, is this machine's. */
const LOCAL = new Set(
  (
    'ext2 ext3 ext4 xfs btrfs zfs bcachefs f2fs jfs nilfs2 reiserfs tmpfs ramfs overlay aufs squashfs exfat vfat ntfs ntfs3 ' +
    'hfsplus'
  ).split(' '),
);

/**
 * Where the system has no list of mounts (not Linux), anything may be mounted.
 * @param directory without symbolic links
 */
export async function devicesOf(directory: string): Promise<Devices> {
  const { dev } = await stat(directory, { bigint: true });
  const mounts = mountsOf((await mountTables()).mounted);
  if (mounts.length === 0) return { numbers: [dev], elsewhere: true };
  const below = mounts.filter(({ point }) => point !== directory && isWithin(point, directory));
  // Where several are mounted at one point, the last one is seen.
  const around = mounts.filter(({ point }) => isWithin(directory, point));
  const holding = around.reduce((best, each) => (each.point.length >= best.point.length ? each : best), {
    point: '',
    type: '',
  });
  const numbers = new Set([dev]);
  for (const { point } of below) {
    // Nothing can be removed from a mount that we may not look at.
    const stats = await stat(point, { bigint: true }).catch(() => undefined);
    if (stats !== undefined) numbers.add(stats.dev);
  }
  return { numbers: [...numbers], elsewhere: [holding, ...below].some(({ type }) => !LOCAL.has(type)) };
}
