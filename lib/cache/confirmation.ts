/**
 * Which retention settings somebody confirmed, kept beside the lock. Only the last ones: whoever goes back to earlier
 * settings confirms them again. JSON, for people to read.
 */
import * as fs from 'node:fs/promises';
import type { CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { CONFIRMATION_NAME } from './own_files.js';

interface Confirmation {
  /** ISO 8601, UTC. */
  confirmedAt: string;
  settings: object;
}

/** Are these the settings that were confirmed, to the letter? What can't be read confirms nothing. */
export async function isConfirmed(root: CacheDirectory, settings: object): Promise<boolean> {
  let text: string;
  try {
    text = await fs.readFile(root.entry(CONFIRMATION_NAME), 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    const { settings: confirmed } = JSON.parse(text) as Partial<Confirmation>;
    return JSON.stringify(confirmed) === JSON.stringify(settings);
  } catch {
    return false;
  }
}

/** @throws errors of the file system */
export async function confirm(root: CacheDirectory, settings: object, now: Date): Promise<void> {
  const confirmation: Confirmation = { confirmedAt: now.toISOString(), settings };
  const temporary = root.entry(`${CONFIRMATION_NAME}.new`);
  await fs.writeFile(temporary, `${JSON.stringify(confirmation, undefined, 2)}\n`, { mode: 0o600 });
  await fs.rename(temporary, root.entry(CONFIRMATION_NAME));
}
