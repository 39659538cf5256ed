/** What the bytes of a record that comes back must have, and whether they have it. */
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStore } from '../../remote/store.js';
import { checksumText, sameChecksum, type Checksum } from '../../rules/checksum.js';
import { comparisonOfRestored } from '../../rules/comparison.js';
import { LOST_COPY } from '../../rules/failure_codes.js';
import {
  catalogueSays,
  compareWithKnown,
  typesOfRestored,
  type KnownComparison,
} from '../../rules/known_record.js';
import { XRootDError, type ChecksumType } from '../../xrdcl/index.js';
import { Once } from '../../flow/once.js';
import { remoteChecksum } from '../record/remote_checksum.js';
import type { JobRun } from '../run/job_run.js';
import type { RemoteEntry } from '../run/list.js';
import type { Received, Receiver } from './receiver.js';

type ExpectedEntry = Pick<RemoteEntry, 'path' | 'size' | 'mtime' | 'row'>;

interface ExpectedContext {
  config: Pick<ArchiveConfig, 'verify' | 'checksumType'>;
  run: Pick<JobRun, 'signal'>;
  store: RemoteStore;
  receiver: Pick<Receiver, 'isLocal'>;
}

/** What the server gives back isn't the record that the catalogue knows. */
class LostCopy extends Error {
  override readonly name = LOST_COPY;
  readonly code = LOST_COPY;
}

/** What the bytes that come are to have. */
export interface ExpectedSums {
  /** By which the bytes are summed, once they are here. */
  types: readonly ChecksumType[];
  /** Of the first type, by the server, or of its bytes as they are read once more. Undefined: its size is enough. */
  theirs: Once<Checksum> | undefined;
}

export async function expectedSums(
  { path, size, mtime, row }: ExpectedEntry,
  { config, run, store, receiver }: ExpectedContext,
): Promise<ExpectedSums> {
  const { verify, checksumType: configured } = config;
  const known = row?.checksums ?? [];
  if (verify === 'size')
    return { types: typesOfRestored(undefined, known, receiver.isLocal), theirs: undefined };
  const compared = comparisonOfRestored(verify, configured, await store.checksumTypes(run.signal));
  const types = typesOfRestored(compared, known, receiver.isLocal);
  const { by } = compared;
  const [type = compared.type] = types;
  // Reading a second time would prove nothing: with `checksum`, as in a drill, it takes the server's own.
  const asking = { store, verify, configured: verify === 'checksum' ? type : configured, signal: run.signal };
  return {
    types,
    theirs: new Once(() => remoteChecksum(path, { id: '', size, mtime }, { by, type }, asking)),
  };
}

/** @throws {XRootDError} `CheckSumError`; {LostCopy}; what asking throws */
export async function checkReceived(
  { path, size, row }: ExpectedEntry,
  { size: came, checksums }: Received,
  { theirs }: ExpectedSums,
): Promise<void> {
  if (came !== size) throw corrupt(path, `${came} bytes came of ${size}`);
  const known = row && compareWithKnown(checksums, row.checksums);
  if (row !== undefined && known?.same === false) throw new LostCopy(await lostText(known, row, theirs));
  const [mine] = checksums;
  if (mine === undefined || theirs === undefined) return;
  const says = await theirs.get();
  if (sameChecksum(mine, says)) return;
  const also = known ? `, the catalogue says ${catalogueSays(known.catalogue, row)}` : '';
  throw corrupt(
    path,
    `the bytes that came have ${checksumText(mine)}, the server says ${checksumText(says)}${also}`,
  );
}

/** What the server says helps to tell whether it has other bytes by now, or can't read its own. */
async function lostText(
  { here, catalogue }: KnownComparison,
  row: NonNullable<RemoteEntry['row']>,
  theirs: Once<Checksum> | undefined,
): Promise<string> {
  const came = `the bytes that came have ${checksumText(here)}, the catalogue says ${catalogueSays(catalogue, row)}`;
  const says = await theirs?.get().then(checksumText, (error: unknown) => `nothing: ${String(error)}`);
  return says === undefined ? came : `${came}, the server says ${says}`;
}

function corrupt(path: string, message: string): XRootDError {
  return XRootDError.of('CheckSumError', message, { operation: 'verify', source: path });
}
