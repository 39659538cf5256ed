/** The part that we use of a package without types. */
declare module 'fs-native-extensions' {
  /**
   * Takes an OFD lock, a write lock or, if shared, a read lock; it replaces the one that `fd` holds. False if another open file
   * description holds one that excludes it.
   */
  export function tryLock(fd: number, offset: number, length: number, options: { shared: boolean }): boolean;
  /**
   * An extended attribute; null if the file doesn't have it.
   * @throws an error with a code: ENOTSUP and the like
   */
  export function getAttrSync(fd: number, name: string): Buffer | null;
}
