/** The last step of a local file that was written under another name. */
import { addon } from './addon.js';
import { systemError } from './system_error.js';

export interface PublishFileOptions {
  /** The file's time of change. Default: as it is. */
  mtime?: Date | undefined;
  /** Wait until the file's bytes, and then its name, are on the disk. Default false. */
  fsync?: boolean | undefined;
  /** Replace what has the name. Default false. */
  overwrite?: boolean | undefined;
}

/**
 * Renames a file within a file system, in one go on a thread of the addon; without `overwrite` nothing is replaced
 * (renameat2(2), RENAME_NOREPLACE). Files that come together share the disk's work.
 * @throws system errors: EEXIST; EINVAL, ENOSYS where the file system can't promise that, and nothing was renamed
 */
export function publishFile(from: string, to: string, options: PublishFileOptions = {}): Promise<void> {
  const { mtime, fsync = false, overwrite = false } = options;
  return new Promise((resolve, reject) => {
    addon.publish(from, to, mtime?.getTime(), fsync, overwrite, (errno, syscall) => {
      if (errno === 0) resolve();
      else reject(systemError(errno, syscall, from, to));
    });
  });
}
