/** What must be true after every step, and what a job may have changed. */
import { checksumsOfFile } from '../../../lib/posix/index.js';
import type { Seen, Tree } from './look.js';
import { replacedSizes, rowsIn, sameBytes, sumsOf, type Row } from './rows.js';
import { isFile, type Owed, type Truth } from './truth.js';
import { bytesAt, type Remote, type Sight, type World } from './world.js';
import { violated } from './violation.js';

/** What a job was asked to do, and so what it may change. Nothing else may be different after it. */
export interface Allowed {
  /** Records of these caches may get to the server. */
  uploads?: readonly { cache: number; unfinishedAfter: number }[];
  /** Files here, that are identical on the server, may go. */
  removals?: readonly Removal[];
  /** Files may appear in this restore directory, each of which must be allowed; those that were there may be replaced. */
  restore?: { into: number; overwrite: boolean; mayGet: (path: string, seen: Seen) => Promise<boolean> };
}

export interface Removal {
  from: number | 'online';
  /** Whose catalogue notes it. */
  cache: number;
  rule: Owed['rule'];
  verify: string;
}

/** After every step: what the server owes is there. */
export function checkOwed(world: World, truth: Truth): void {
  if (truth.archived.size === 0) return;
  const remote = world.remote();
  for (const [path, owed] of truth.archived) {
    const there = remote.get(path);
    if (!holds(there, owed.hash, owed.rule))
      violated(`${path} left ${owed.rule} ${owed.cache}, and the server has it no longer: ${tell(there)}`);
  }
}

/** After a job: it changed what it was allowed to, and nothing else. */
export async function checkJob(world: World, truth: Truth, before: Sight, allowed: Allowed): Promise<Sight> {
  const after = world.sight();
  checkRemote(world, truth, before, after, allowed);
  for (const index of world.caches.keys()) await checkCache(world, truth, index, before, after, allowed);
  await checkRestored(before, after, allowed);
  await checkOnline(world, truth, before, after, allowed);
  for (const index of world.caches.keys()) checkRows(world, truth, index);
  truth.inFlight.length = 0;
  truth.beside.clear();
  truth.besideSeen.clear();
  truth.besideInodes.clear();
  truth.besideUnlinked.clear();
  return after;
}

function checkRemote(
  world: World,
  truth: Truth,
  before: Sight,
  after: Sight,
  { uploads = [] }: Allowed,
): void {
  /** What passes may have copied to this path. */
  const offered = (path: string) =>
    uploads.flatMap(({ cache }) => [
      ...(truth.beside.get(`${cache} ${path}`) ?? []),
      truth.local[cache]?.get(path),
    ]);
  for (const [path, was] of before.remote) {
    const is = after.remote.get(path);
    if (same(was, is)) continue;
    // An unfinished copy may be replaced by the whole record, also by one that was written while the pass ran; not a record that left the
    // same cache, which is whole as well (S4).
    const owed = truth.archived.get(path);
    const isWhole = (cache: number) =>
      owed?.cache === cache &&
      owed.hash === was.disk.hash &&
      replacedSizes(world.caches[cache]!, path).includes(owed.size);
    const unfinished = uploads.some(({ cache, unfinishedAfter }) => {
      const hashes = truth.beside.get(`${cache} ${path}`) ?? [];
      const meanwhile = [...hashes].map((hash) => truth.besideSeen.get(`${cache} ${hash}`));
      const longer = [before.caches[cache]?.get(path), ...meanwhile].some(
        (whole) => whole !== undefined && was.disk.size < whole.size,
      );
      return unfinishedAfter === 0 && was.tape === undefined && longer && !isWhole(cache);
    });
    // If the record changes while it is copied, the copy is taken back.
    const left = is === undefined && truth.beside.size > 0;
    if (unfinished && (left || offered(path).includes(is?.disk.hash))) {
      truth.gone(path);
      continue;
    }
    violated(`a job changed the remote file ${path}: ${tell(was)} became ${tell(is)}`);
  }
  for (const [path, is] of after.remote) {
    if (before.remote.has(path)) continue;
    if (uploads.length === 0) violated(`a job that copies nothing made the remote file ${path}: ${tell(is)}`);
    truth.gone(path);
    if (!offered(path).includes(is.disk.hash) && !truth.trouble)
      violated(
        `a pass made the remote file ${path}: ${tell(is)}, and the records are ${offered(path).join(', ')}`,
      );
  }
}

async function checkCache(
  world: World,
  truth: Truth,
  index: number,
  before: Sight,
  after: Sight,
  allowed: Allowed,
): Promise<void> {
  const local = truth.local[index]!;
  const is = after.caches[index]!;
  const captured = after.captures[index]!;
  for (const [path, hash] of local) {
    if (is.get(path)?.hash === hash || captured.get(path)?.hash === hash) continue;
    if (is.has(path))
      violated(`${path} of cache ${index} has other bytes: ${tellSeen(is.get(path))} instead of ${hash}`);
    const had = before.caches[index]!.get(path);
    const was = had?.hash === hash ? had : truth.besideSeen.get(`${index} ${hash}`);
    if (was === undefined) violated(`${path} of cache ${index} was not there before the job`);
    await checkRemoval(world, truth, index, path, was, after, allowed);
    local.delete(path);
  }
  // What a user replaced while a pass had it in hand: if the pass had removed it before, the server owes it.
  for (const { path, seen } of truth.inFlight.filter(({ cache }) => cache === index)) {
    if (captured.get(path)?.hash === seen.hash) truth.stranded.push({ cache: index, path, seen });
    if (captured.get(path)?.hash === seen.hash || is.get(path)?.hash === seen.hash) continue;
    await checkRemoval(world, truth, index, path, seen, after, allowed);
  }
  // Held by a capture, because a newer record has its name: until the name is free, and then it is back.
  for (const held of truth.stranded.filter(({ cache }) => cache === index)) {
    const { path, seen } = held;
    if (captured.get(path)?.hash === seen.hash) continue;
    truth.stranded.splice(truth.stranded.indexOf(held), 1);
    if (is.get(path)?.hash === seen.hash) local.set(path, seen.hash);
    else await checkRemoval(world, truth, index, path, seen, after, allowed);
  }
  for (const [path, seen] of is)
    if (!local.has(path) && isFile(seen.hash))
      violated(`a job made ${path} in cache ${index}: ${tellSeen(seen)}`);
  for (const [path, { hash }] of before.caches[index]!)
    if (!isFile(hash) && is.get(path)?.hash !== hash && !truth.besideUnlinked.has(`${index} ${path}`))
      violated(`a job removed ${path} (${hash}) in cache ${index}`);
}

/** A file has gone: may it? Then the server owes it. */
async function checkRemoval(
  world: World,
  truth: Truth,
  from: number | 'online',
  path: string,
  was: Pick<Seen, 'hash' | 'size' | 'ino'>,
  after: Sight,
  { removals = [] }: Allowed,
): Promise<void> {
  const where = from === 'online' ? 'online storage' : `cache ${from}`;
  const removal = removals.find((one) => one.from === from);
  if (removal === undefined) violated(`${path} has gone from ${where}, and nobody may remove anything there`);
  if (world.written.has(was.ino))
    violated(`${path} was removed from ${where} while a program had it open for writing`);
  const { rule, verify, cache } = removal;
  const remote = after.remote.get(path);
  const harm = truth.harm.get(path);
  if (!holds(remote, was.hash, harm?.tape === true ? 'cached' : rule)) {
    const got = bytesAt(remote);
    const bySize = verify === 'size' && got?.size === was.size;
    const unseen = remote?.offline === true && harm?.unseen === true;
    const onTape = rule === 'cached' || remote?.tape !== undefined;
    if ((bySize || unseen) && onTape) {
      // The row is about these bytes now; a pass that knows better calls the others lost.
      truth.archived.delete(path);
      return;
    }
    violated(
      `${path} (${tellSeen(was)}) was removed from ${where} by ${rule}, and the server has ${tell(remote)}`,
    );
  }
  const rows = rowsIn(world.caches[cache]!).get(path) ?? [];
  const said = rows.filter(({ size, ...row }) => size === was.size && saysRemoved(row, from));
  if (said.length === 0)
    violated(`${path} was removed from ${where}, and no row says so: ${JSON.stringify(rows)}`);
  const bytes = remote!.offline ? world.sandbox.tapePath(path) : world.sandbox.diskPath(path);
  // Another shard's file may have a row of an earlier record with this name and size, which has left as well.
  let row = said[0]!;
  // Of a file that somebody has changed unseen, the row may still know a checksum of before.
  if (bytesAt(remote)?.hash === was.hash && harm?.unseen !== true) {
    const wrong = await Promise.all(said.map((row) => wrongSum(bytes, row)));
    const right = wrong.indexOf(undefined);
    if (right < 0) violated(`the row of ${path} has ${String(wrong)}: ${JSON.stringify(rows)}`);
    row = said[right]!;
  }
  if (harm?.tape === true) return;
  truth.archived.set(path, { hash: was.hash, size: was.size, cache, rule, checksums: row.checksums });
}

/** The first checksum of a row that these bytes don't have. */
async function wrongSum(file: string, row: Row): Promise<string | undefined> {
  for (const [type, value] of sumsOf(row)) {
    const [sum] = await checksumsOfFile(file, [type]);
    if (sum?.value !== value) return `${type} ${value}, its bytes ${sum?.value}`;
  }
  return undefined;
}

/** What has left stays in the catalogue, with the same size and checksums. */
function checkRows(world: World, truth: Truth, index: number): void {
  const owed = [...truth.archived].filter(([, { cache }]) => cache === index);
  if (owed.length === 0) return;
  const rows = rowsIn(world.caches[index]!);
  for (const [path, known] of owed)
    if (rows.get(path)?.some((row) => sameBytes(row, known)) !== true)
      violated(
        `no row of cache ${index} knows ${path} any longer: ${JSON.stringify([rows.get(path), known])}`,
      );
}

async function checkRestored(before: Sight, after: Sight, { restore }: Allowed): Promise<void> {
  for (const [index, was] of before.restored.entries()) {
    const is = after.restored[index]!;
    for (const [path, seen] of is) {
      if (was.get(path)?.hash === seen.hash) continue;
      if (restore?.into !== index) violated(`a job changed ${path} in restore directory ${index}`);
      if (was.has(path) && !restore.overwrite)
        violated(`a restore without overwrite replaced ${path}: ${tellSeen(was.get(path))}`);
      if (!(await restore.mayGet(path, seen)))
        violated(
          `a restore gave ${path} wrong bytes: ${tellSeen(seen)}; the server has ${tell(before.remote.get(path))}`,
        );
    }
    for (const path of was.keys())
      if (!is.has(path)) violated(`a job removed ${path} in restore directory ${index}`);
  }
}

async function checkOnline(
  world: World,
  truth: Truth,
  before: Sight,
  after: Sight,
  allowed: Allowed,
): Promise<void> {
  for (const [path, seen] of before.online) {
    const is = after.online.get(path);
    if (is?.hash === seen.hash) continue;
    if (is !== undefined) violated(`a job changed ${path} in online storage`);
    await checkRemoval(world, truth, 'online', path, seen, after, allowed);
  }
  for (const path of after.online.keys())
    if (!before.online.has(path)) violated(`a job made ${path} in online storage`);
}

function saysRemoved(row: Omit<Row, 'size'>, from: number | 'online'): boolean {
  return from === 'online' ? row.online_removed !== null : row.removing !== null && row.removed !== null;
}

function holds(remote: Remote | undefined, hash: string, rule: Owed['rule']): boolean {
  if (remote === undefined || bytesAt(remote)?.hash !== hash) return false;
  return rule === 'cached' || remote.tape?.hash === hash;
}

/** For jobs, which may move a file between disk and tape, but never change it. */
function same(was: Remote, is: Remote | undefined): boolean {
  if (is === undefined) return false;
  // An eviction that had been asked for before marked it, saw that it isn't what tape has, and took the mark back.
  if (was.offline && !is.offline && is.tape === undefined && was.disk.hash === is.disk.hash) return true;
  if (was.tape?.hash !== is.tape?.hash) return false;
  // Given up and read back from tape meanwhile.
  if (was.tape !== undefined && bytesAt(is)?.hash === was.tape.hash) return true;
  return was.offline === is.offline
    ? bytesAt(was)?.hash === bytesAt(is)?.hash
    : is.disk.size === was.disk.size;
}

export function tell(remote: Remote | undefined): string {
  if (remote === undefined) return 'nothing';
  const { disk, tape, offline } = remote;
  const onTape = tape === undefined ? '' : `, on tape ${tellSeen(tape)}`;
  return offline ? `offline${onTape}` : `${tellSeen(disk)}${onTape}`;
}

export function tellSeen(seen: Pick<Seen, 'hash' | 'size'> | undefined): string {
  return seen === undefined ? 'nothing' : `${seen.hash.slice(0, 8)} of ${seen.size} bytes`;
}

export type { Tree };
