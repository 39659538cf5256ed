/** The text of a lock file: who holds it, for people, and the number of shards, for shards. */
import type * as fs from 'node:fs/promises';
import os from 'node:os';
import { ConfigError } from '../config/errors.js';

const MOST_TEXT = 1024;

/** Who holds a lock, as its file says; what it doesn't say is absent. */
export interface LockHolder {
  /** Process id, on `host`. */
  pid?: number;
  /** Name of the machine. */
  host?: string;
  /** ISO 8601, UTC. */
  startedAt?: string;
  /** The holder was the first of this number of shards; others may have started since, and it may have ended. */
  shards?: number;
}

/** A slip in worker_file_path must not cost somebody's file: only what looks like a lock or pid file is written over. */
export async function refuseForeign(handle: fs.FileHandle, key: string, file: string): Promise<void> {
  const stats = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_TEXT), 0, MOST_TEXT, 0);
  const text = buffer.toString('latin1', 0, bytesRead);
  if (stats.isFile() && stats.size < MOST_TEXT && /^(\s*\d*\s*|pid \d+\n[ -~\n]*)$/.test(text)) return;
  throw new ConfigError([{ key, message: `${file} is there already, and is no lock file` }]);
}

/** Writes over the old text, and so needs no other room on a disk that may be full. @throws ENOSPC and the like */
export async function writeHolder(handle: fs.FileHandle, shards?: number): Promise<void> {
  const lines = [`pid ${process.pid}`, `host ${os.hostname()}`, `started ${new Date().toISOString()}`];
  if (shards !== undefined) lines.push(`shards ${shards}`);
  const text = Buffer.from(`${lines.join('\n')}\n`);
  await handle.write(text, 0, text.length, 0);
  await handle.truncate(text.length);
}

/** @throws {ConfigError} if the file can't hold the count, which other shards must find there */
export async function writeCount(
  handle: fs.FileHandle,
  key: string,
  file: string,
  shards: number,
): Promise<void> {
  try {
    await writeHolder(handle, shards);
  } catch (error) {
    if ((await readHolder(handle)).shards === shards) return;
    const message =
      `the lock file ${file} can't hold the number of shards: ${(error as Error).message}; ` +
      'free some of the disk, or run a pass without --shard';
    throw new ConfigError([{ key, message }]);
  }
}

export async function readHolder(handle: fs.FileHandle): Promise<LockHolder> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_TEXT), 0, MOST_TEXT, 0);
  const text = buffer.toString('utf8', 0, bytesRead);
  const word = (name: string): string | undefined => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  const pid = word('pid');
  const host = word('host');
  const startedAt = word('started');
  const shards = word('shards');
  return {
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(host === undefined ? {} : { host }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(shards === undefined ? {} : { shards: Number(shards) }),
  };
}
