/**
 * Which retention settings somebody confirmed, kept beside the lock. Only the last ones: whoever goes back to earlier
 * settings confirms them again. JSON, for people to read.
 */
import type { CacheDirectory } from './directory.js';
import { CONFIRMATION_NAME } from './own_files.js';
import { readStateFile, replaceStateFile } from './state_file.js';

interface Confirmation {
  /** ISO 8601, UTC. */
  confirmedAt: string;
  settings: object;
}

/** Are these the settings that were confirmed, to the letter? What can't be read confirms nothing. */
export async function isConfirmed(root: CacheDirectory, settings: object): Promise<boolean> {
  const bytes = await readStateFile(root.entry(CONFIRMATION_NAME));
  if (bytes === undefined) return false;
  try {
    const { settings: confirmed } = JSON.parse(bytes.toString()) as Partial<Confirmation>;
    return JSON.stringify(confirmed) === JSON.stringify(settings);
  } catch {
    return false;
  }
}

/** @throws errors of the file system */
export async function confirm(root: CacheDirectory, settings: object, now: Date): Promise<void> {
  const confirmation: Confirmation = { confirmedAt: now.toISOString(), settings };
  const text = `${JSON.stringify(confirmation, undefined, 2)}\n`;
  await replaceStateFile(root.entry(CONFIRMATION_NAME), text);
}
