/** May we write and remove at the target? A small file of a name that nobody else has goes there, is compared, and is removed. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchiveConfig } from '../config/index.js';
import type { RemoteStat, RemoteStore, Uploaded } from '../remote/store.js';
import { sameChecksum } from '../rules/checksum.js';
import { RESERVED_PREFIX } from '../rules/names.js';
import { adviceFor, textOf } from './advice.js';
import { failed, ok, warning, type Finding } from './finding.js';

/** Its flags may change while we look, as when it is written to tape. */
const ATTEMPTS = 5;
/** Servers tell whole seconds. */
const CLOCK_SLACK = 5000;

export async function* probe(
  store: RemoteStore,
  config: ArchiveConfig,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding, void, undefined> {
  const name = `${RESERVED_PREFIX}doctor.${randomUUID()}`;
  const started = Date.now();
  let uploaded: Uploaded;
  try {
    uploaded = await upload(store, name, config, signal);
  } catch (error) {
    signal?.throwIfAborted();
    yield failed('target: write', textOf(error), adviceFor(error));
    return;
  }
  yield ok('target: write', `a file of ${uploaded.size} bytes was written`);
  // From here on nothing stops before it is removed.
  const seen = await store.stat(name).catch(() => null);
  if (seen !== null) {
    yield clock(seen, started, Date.now());
    yield await compare(store, name, seen, uploaded);
  }
  yield await remove(store, name, config);
}

async function upload(
  store: RemoteStore,
  name: string,
  { checksumType }: ArchiveConfig,
  signal: AbortSignal | undefined,
): Promise<Uploaded> {
  const directory = await mkdtemp(join(tmpdir(), 'xrootd-archive-doctor-'));
  try {
    const file = join(directory, 'probe');
    await writeFile(file, `xrootd-archive doctor, ${new Date().toISOString()}: this file may be removed.\n`);
    return await store.upload(file, name, { checksumType, label: 'a test file', ...(signal && { signal }) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @param started, ended milliseconds since the epoch, between which the file was made */
export function clock({ mtime }: Pick<RemoteStat, 'mtime'>, started: number, ended: number): Finding {
  const check = 'target: clock';
  const time = mtime.getTime();
  const ahead = time > ended ? time - ended : Math.min(0, time + 999 - started);
  const told = `the server's clock is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} ours`;
  if (ahead === 0) return ok(check, "the server's clock agrees with ours");
  return Math.abs(ahead) <= CLOCK_SLACK
    ? ok(check, told)
    : warning(
        check,
        told,
        'set both by NTP (timedatectl): SSS logins and tokens fail with clocks that differ',
      );
}

async function compare(
  store: RemoteStore,
  name: string,
  seen: RemoteStat,
  { checksum }: Uploaded,
): Promise<Finding> {
  const check = 'target: checksum';
  if (checksum === undefined) return ok(check, 'not compared');
  try {
    const { type, value } = await store.checksum(name, checksum.type, seen.size);
    return sameChecksum({ type, value }, checksum)
      ? ok(check, `${type} of the file is right`)
      : failed(
          check,
          `the server says ${type} ${value} of a file that has ${checksum.value}`,
          'ask its operators: its checksums are wrong',
        );
  } catch (error) {
    return warning(
      check,
      textOf(error),
      'copies are read back to be compared; ask the operators of the server for this checksum',
    );
  }
}

async function remove(store: RemoteStore, name: string, { targetUrl }: ArchiveConfig): Promise<Finding> {
  const check = 'target: remove';
  const left = `the test file stays: ${targetUrl}/${name}`;
  const advice =
    'ask the operators of the server to let us remove what a failed copy has left, and to remove this file';
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const seen = await store.stat(name);
      const removed = seen === null ? 'gone' : await store.removeSeen(name, seen);
      if (removed === 'removed' || removed === 'gone') return ok(check, 'the file was removed');
    }
    return warning(check, left, advice);
  } catch (error) {
    return warning(check, `${textOf(error)}; ${left}`, advice);
  }
}
