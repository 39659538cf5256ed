/**
 * S2: what is removed is what was verified.
 *
 * A record is renamed out of the way first (captured), looked at again under its new name, which nobody else knows, and
 * only then unlinked. What isn't the verified file is linked back under its name, never over a newer one. After a crash
 * in between the capture holds the whole record, and recoverCapture() puts it back.
 *
 * What is compared: before the rename dev, ino, size, mtime and ctime, by a descriptor that stays open, so that the
 * inode number can't be used again. After it dev, ino, size and mtime; a rename sets ctime to now, so ctime may only have
 * grown.
 *
 * Risks that remain: (1) a writer that wrote *and* set mtime back in the microseconds between the look and the rename.
 * (2) A writer that has held the file open all along and writes after our last look: its bytes are lost with the inode.
 * `hasWriters` closes (2): once captured, the file can't be opened by its name any more, so "no writer now" stays true.
 * Without it, settle_seconds has to be longer than the pauses of such a writer. (3) Writers on other machines of a
 * network file system, which no local check sees.
 */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { identityOf, sameButRenamed, sameIdentity, sameInode, type Identity } from '../rules/identity.js';
import { joinPath, named, splitPath, type CacheDirectory } from './directory.js';
import { CacheError, errnoCode } from './errors.js';
import { capturePlace, emptyCaptureDirectory, type CapturePlace } from './capture_place.js';
import { captureDirectoryName, capturedName, captureName } from './own_files.js';
import { putBack } from './put_back.js';

export type CaptureResult =
  | { outcome: 'removed'; size: number }
  /** Not the verified file any more; it stays under its name. */
  | { outcome: 'changed' }
  /** Somebody has it open for writing; it stays under its name. */
  | { outcome: 'busy' }
  /** `lastLook` gave a reason; it stays under its name. */
  | { outcome: 'refused'; reason: string }
  | { outcome: 'vanished' }
  /** Not touched: an earlier capture of that name is still there. */
  | { outcome: 'blocked'; message: string }
  /** Not the verified file, and a newer one took its name meanwhile: both are kept, this one as `capture`. */
  | { outcome: 'displaced'; capture: string; message: string };

export interface CaptureOptions {
  /**
   * Does any process have the file open for writing, or mapped? Undefined: can't be told. On Linux a read lease
   * (F_SETLEASE, F_RDLCK) that is refused with EAGAIN says so.
   */
  hasWriters?: (fd: number) => boolean | undefined;
  /**
   * Called once the record is captured, before it is unlinked: why must it stay? Undefined: it may be removed. If it throws,
   * the record is put back, too.
   * @param capture where the record is meanwhile, relative to its own directory
   */
  lastLook?: (capture: string) => Promise<string | undefined>;
  /** Called with the new identity of a record that was put back, if only our own renames have changed it: they change ctime. */
  onPutBack?: (identity: Identity) => void;
}

export type RecoverResult =
  | { outcome: 'restored' | 'vanished' | 'active' }
  | { outcome: 'displaced'; capture: string; message: string };

/** Captures of this process that are under way, by absolute path: a walk that meets one must leave it alone. */
const active = new Set<string>();

export function isActiveCapture(absolute: string): boolean {
  return active.has(absolute);
}

/**
 * Removes a record if it still is the file that was verified.
 * @param path the record, relative to the cache
 * @throws errors of the file system, and CacheError OutsideCache; the record is then still under its name, or, where
 * even putting back failed, held by its capture
 */
export async function captureAndRemove(
  root: CacheDirectory,
  path: string,
  verified: Identity,
  options: CaptureOptions = {},
): Promise<CaptureResult> {
  const [parent, name] = splitPath(path);
  let directory: CacheDirectory;
  try {
    directory = await root.openBeneath(parent);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return { outcome: 'vanished' };
    throw error;
  }
  const keys = [captureName(name), captureDirectoryName(name)].map((own) => `${directory.real}/${own}`);
  try {
    if (keys.some((key) => active.has(key)))
      return { outcome: 'blocked', message: 'it is being removed already' };
    for (const key of keys) active.add(key);
    try {
      return await named(directory, () => openAndRemove(directory, name, verified, options));
    } finally {
      for (const key of keys) active.delete(key);
    }
  } finally {
    await directory.close();
  }
}

/**
 * Puts a capture back that a crash left behind. Idempotent.
 * @param path the capture, relative to the cache
 * @param only is the capture of the record with this path ours to deal with? Default: always
 * @param now milliseconds since the epoch
 */
export async function recoverCapture(
  root: CacheDirectory,
  path: string,
  only: (path: string) => boolean = () => true,
  now = Date.now(),
): Promise<RecoverResult> {
  const [parent, capture] = splitPath(path);
  const directory = await root.openBeneath(parent);
  try {
    if (active.has(`${directory.real}/${capture}`)) return { outcome: 'active' };
    const name = capturedName(capture);
    return await named(directory, () =>
      name === undefined
        ? emptyCaptureDirectory(directory, capture, only, now)
        : putBack(directory, capture, name),
    );
  } finally {
    await directory.close();
  }
}

async function openAndRemove(
  directory: CacheDirectory,
  name: string,
  verified: Identity,
  options: CaptureOptions,
): Promise<CaptureResult> {
  let file: fs.FileHandle;
  try {
    file = await fs.open(
      directory.entry(name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT') return { outcome: 'vanished' };
    if (code === 'ELOOP' || code === 'ENXIO') return { outcome: 'changed' };
    throw error;
  }
  try {
    const before = identityOf(await file.stat({ bigint: true }));
    if (!sameIdentity(before, verified)) return { outcome: 'changed' };
    if (options.hasWriters?.(file.fd) === true) return { outcome: 'busy' };
    return await captureOpened(directory, name, file, before, options);
  } finally {
    await file.close();
  }
}

async function captureOpened(
  directory: CacheDirectory,
  name: string,
  file: fs.FileHandle,
  before: Identity,
  options: CaptureOptions,
): Promise<CaptureResult> {
  const place = await capturePlace(directory, name);
  try {
    return await captureAt(place, directory, name, file, before, options);
  } finally {
    await place.close();
  }
}

async function captureAt(
  place: CapturePlace,
  directory: CacheDirectory,
  name: string,
  file: fs.FileHandle,
  before: Identity,
  options: CaptureOptions,
): Promise<CaptureResult> {
  const { holder, capture, taken } = place;
  if (taken)
    return {
      outcome: 'blocked',
      message: `${joinPath(holder.relative, capture)} of an earlier pass is still there`,
    };
  try {
    await fs.rename(directory.entry(name), holder.entry(capture));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return { outcome: 'vanished' };
    throw error;
  }
  let kept: Kept | undefined;
  try {
    kept = await whyKept(place, file, before, options);
    if (kept === undefined) {
      await fs.unlink(holder.entry(capture));
      return { outcome: 'removed', size: Number(before.size) };
    }
  } catch (error) {
    const back = await putBack(directory, capture, name, holder);
    if (back.outcome === 'displaced')
      throw new CacheError('AlreadyExists', name, back.message, { cause: error });
    if (back.outcome === 'restored') await tellPutBack(file, before, options);
    throw error;
  }
  const back = await putBack(directory, capture, name, holder);
  if (back.outcome === 'displaced') return back;
  if (back.outcome === 'vanished') return { outcome: 'vanished' };
  if (kept.outcome === 'refused') await tellPutBack(file, before, options);
  return kept;
}

/**
 * Calls onPutBack(), if only our renames have changed the record. While it was captured nobody could open it by its name, and
 * before that nobody had it open for writing. Writers have only the microseconds between its return and this look.
 */
async function tellPutBack(
  file: fs.FileHandle,
  before: Identity,
  { hasWriters, onPutBack }: CaptureOptions,
): Promise<void> {
  if (hasWriters?.(file.fd) === true) return;
  const now = identityOf(await file.stat({ bigint: true }));
  if (sameButRenamed(before, now)) onPutBack?.(now);
}

type Kept = Extract<CaptureResult, { outcome: 'changed' | 'busy' | 'refused' }>;

/** Why a captured file must not be removed. The server is asked first, since the local file changes more easily. */
async function whyKept(
  { holder, capture, path }: CapturePlace,
  file: fs.FileHandle,
  before: Identity,
  { hasWriters, lastLook }: CaptureOptions,
): Promise<Kept | undefined> {
  const reason = await lastLook?.(path);
  if (reason !== undefined) return { outcome: 'refused', reason };
  const captured = identityOf(await fs.lstat(holder.entry(capture), { bigint: true }));
  if (!sameInode(before, captured)) return { outcome: 'changed' };
  if (hasWriters?.(file.fd) === true) return { outcome: 'busy' };
  // After the question for writers: a write that came before it is seen here, and none can come after it.
  const after = identityOf(await file.stat({ bigint: true }));
  return sameButRenamed(before, after) ? undefined : { outcome: 'changed' };
}
