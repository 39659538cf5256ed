/** The part that we use of a package without types. */
declare module 'fs-native-extensions' {
  /** OFD write lock on the whole file; false if another open file description holds one. */
  export function tryLock(fd: number, offset?: number, length?: number): boolean;
  export function unlock(fd: number, offset?: number, length?: number): void;
}
