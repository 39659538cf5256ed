/** Gives a local file that was written under a temporary name its final name. */
import { addon } from '../addon/addon.js';
import { systemError } from '../addon/system_error.js';

export interface PublishFileOptions {
  /** The file's time of change; a number: microseconds since the epoch. Default: as it is. */
  mtime?: Date | number | undefined;
  /** Its permission bits, where its file system has such; others are ignored. Default: as they are. */
  mode?: number | undefined;
  /** Wait until the file's bytes, and then its name, are on the disk. Default false. */
  fsync?: boolean | undefined;
  /** Replace a file that has the name; a text: replace it only if it has this `versionOfFile()`. Default false. */
  overwrite?: boolean | string | undefined;
  /** `device:inode` of the file to rename; if another file has the temporary name by now, nothing is done. */
  made?: string | undefined;
}

/** A text that differs between two files, and for one file before and after a change. @param stats of `lstat()` in bigint */
export function versionOfFile(stats: Record<'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs', bigint>): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/**
 * Renames a file within a file system, in one go on a thread of the addon; without `overwrite` nothing is replaced
 * (renameat2(2), RENAME_NOREPLACE). Files that are published at the same time share one sync of the disk.
 * @throws system errors: EEXIST, also when another file than the one to be replaced has the name; EBUSY of the
 * call `publish` when `from` isn't the file that was made; EINVAL, ENOSYS where the file system has no such rename: then
 * nothing was renamed
 */
export function publishFile(from: string, to: string, options: PublishFileOptions = {}): Promise<void> {
  const { mtime, mode, fsync = false, overwrite = false, made } = options;
  const milliseconds = typeof mtime === 'number' ? mtime / 1000 : mtime?.getTime();
  return new Promise((resolve, reject) => {
    if (milliseconds !== undefined && Number.isNaN(new Date(milliseconds).getTime()))
      throw new RangeError('mtime must be a valid Date');
    addon.publish(from, to, milliseconds, mode, fsync, overwrite, made, (errno, syscall) => {
      if (errno === 0) resolve();
      else reject(systemError(errno, syscall, from, to));
    });
  });
}
