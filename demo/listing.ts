/** The files at the target, as `ls` tells them. */
import type { Archive } from '../lib/index.js';

export interface ListedFile {
  /** Relative to the target's base. */
  path: string;
  size: number;
}

export async function listFiles(archive: Archive, signal: AbortSignal): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  for await (const entry of archive.ls([], { recursive: true, signal })) {
    if ('failed' in entry) throw new Error(`${entry.path}: ${entry.message}`);
    if (!entry.isDirectory) files.push({ path: entry.path, size: entry.size });
  }
  return files;
}
