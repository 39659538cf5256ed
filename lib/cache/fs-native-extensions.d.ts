/** The part that we use of a package without types. */
declare module 'fs-native-extensions' {
  /**
   * OFD lock: a write lock, or, if shared, a read lock, also in place of the one that is held; false if another open file
   * description holds one that excludes it.
   */
  export function tryLock(fd: number, offset: number, length: number, options: { shared: boolean }): boolean;
}
