/** Local directories and files that a test needs for a while. */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NewFile } from '../../lib/posix/index.js';

export class TemporaryDirectory {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'xrootd-archive-test-')));

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): string {
    const path = this.file(name);
    writeFileSync(path, content);
    return path;
  }

  /** A file that takes no room on the disk; all zeros. */
  sparse(name: string, bytes: number): string {
    const path = this.file(name);
    const fd = openSync(path, 'w');
    ftruncateSync(fd, bytes);
    closeSync(fd);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A new directory, gone when the callback has ended. */
export async function withTemp<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = new TemporaryDirectory();
  try {
    return await use(directory.path);
  } finally {
    directory.remove();
  }
}

/** Where `writeNewFile` is to put a file: into the directory of another one. */
export function newFileBeside(path: string, name: string): NewFile {
  return {
    root: dirname(path),
    parent: '',
    temporary: `.${name}`,
    name,
    mode: 0o640,
    checksumTypes: ['adler32'],
  };
}
