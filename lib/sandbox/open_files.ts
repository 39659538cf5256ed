import { readdir, readlink } from 'node:fs/promises';

/**
 * Files that a process has open, by their real paths; undefined where that can't be seen (not Linux, no permission).
 */
export async function openFiles(pid: number): Promise<ReadonlySet<string> | undefined> {
  const directory = `/proc/${String(pid)}/fd`;
  try {
    const descriptors = await readdir(directory);
    const targets = await Promise.all(
      descriptors.map((fd) => readlink(`${directory}/${fd}`).catch(() => '')),
    );
    return new Set(targets);
  } catch {
    return undefined;
  }
}
