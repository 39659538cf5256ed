/** S13 for one file: a record and its copy, or what is to be removed on a server, are one file, by a hard link or a link there. */
export class SameFileError extends Error {
  readonly code = 'SharedStorage';

  /** @param local the record that it is */
  constructor(path: string, local = path) {
    super(
      local === path
        ? `the file on the server is this very file (the same inode): ${path} has no second copy, and stays`
        : `the file on the server is ${local} of the cache, by a link there: it stays`,
    );
  }
}
