/** One archived record as a stream of its bytes, which ends well only if they are what server and catalogue say. */
import type { Readable } from 'node:stream';
import { checkOptions, type Known } from '../../config/known_options.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { CATALOGUE_UNUSABLE, LOST_COPY } from '../../rules/failure_codes.js';
import { missingText, sizeProblem } from '../../rules/known_record.js';
import { printableName } from '../../rules/names.js';
import { checkDeadline } from '../run/deadline.js';
import { JOB_OPTIONS, type JobOptions } from '../run/job_options.js';
import { emitOf, type JobDependencies } from '../run/job_run.js';
import { KnownRecords } from '../run/known_records.js';
import { recordName } from '../run/record_name.js';
import { uploadLook } from '../run/uploads.js';
import { Stager } from '../staging/stager.js';
import { checkReceived, expectedSums } from './expected_sums.js';

/** Options of `Archive.open`. */
export interface OpenOptions extends JobOptions {
  /** Bring an offline record from tape first. Default false: it is an error (`Offline`). */
  stage?: boolean | undefined;
  /** Seconds for that. Default `stageDeadlineSeconds`. */
  deadlineSeconds?: number | undefined;
  /** Ends it: a stage request is cancelled, and the stream is destroyed, with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<OpenOptions> = { ...JOB_OPTIONS, stage: true, deadlineSeconds: true, signal: true };

/** A record that can't be opened, or whose bytes couldn't be compared. */
export class OpenError extends Error {
  /** The name of this class of errors. */
  override readonly name = 'OpenError';
  /**
   * `NotFound`: the server has no file of this name. `LostCopy`: it has none, or one of another size, and the catalogue knows the record.
   * `Offline`: it is on tape, and `stage` wasn't asked for. `Unfinished`: its copy isn't whole yet. `NotAFile`: a directory, a named pipe, a device.
   * `CatalogueUnusable`: the stream's error at its end, if there is a catalogue that can't be read.
   */
  readonly code:
    'NotFound' | typeof LOST_COPY | 'Offline' | 'Unfinished' | 'NotAFile' | typeof CATALOGUE_UNUSABLE;
  /** The record's name, relative to the target's base. */
  readonly path: string;

  /**
   * Makes the error.
   * @param code why it can't be opened
   * @param path the record's name; the error's text begins with it
   * @param message the rest of the error's text
   */
  constructor(code: OpenError['code'], path: string, message: string) {
    super(`${printableName(path)}: ${message}`);
    this.code = code;
    this.path = path;
  }
}

const NOT_COMPARED =
  'Its bytes were not compared with the catalogue; with catalogue: false what the server says is enough';

/**
 * Resolves when the record is online. Memory: 12 MiB a stream, however slowly it is read. `maxRate` counts, the number of copies doesn't.
 * @param path whole name of a record, relative to the target's base
 * @throws {ConfigError}; {OpenError}; {StageError} when it doesn't come from tape; {XRootDError}; the signal's reason. The stream fails with an
 * {XRootDError} (`CheckSumError`) if its bytes aren't what the server says, with a `LostCopy` if they aren't what the catalogue knows, and with
 * an {OpenError} (`CatalogueUnusable`) if that can't be read.
 */
export async function openArchived(
  dependencies: JobDependencies,
  path: string,
  options: OpenOptions = {},
): Promise<Readable> {
  checkOptions(options, KNOWN);
  const name = recordName(path, 'path');
  const { config, logger } = dependencies;
  const { signal, deadlineSeconds = config.stageDeadlineSeconds } = options;
  checkDeadline(deadlineSeconds);
  const store = await dependencies.open();
  signal?.throwIfAborted();
  await store.ping(signal);
  await using known = await KnownRecords.open(config, logger);
  const row = await known.row(name);
  const { problem } = known;
  const look = async (): Promise<RemoteStat> => {
    const remote = await store.stat(name, signal);
    if (remote === null && row !== undefined) throw new OpenError(LOST_COPY, name, missingText(row));
    if (remote === null) throw new OpenError('NotFound', name, 'the server has no such file');
    if (remote.kind === 'directory') throw new OpenError('NotAFile', name, 'is a directory');
    // A pipe would hold up all that the connection is asked.
    if (remote.kind === 'other' && remote.poscPending !== true)
      throw new OpenError('NotAFile', name, 'is no regular file, but a named pipe or a device: not opened');
    const unfinished = uploadLook(config)(name, remote);
    if (unfinished !== undefined) throw new OpenError('Unfinished', name, unfinished);
    const otherSize = row && sizeProblem(remote.size, row);
    if (otherSize !== undefined) throw new OpenError(LOST_COPY, name, otherSize);
    return remote;
  };
  let remote = await look();
  if (remote.offline) {
    if (options.stage !== true)
      throw new OpenError('Offline', name, 'is on tape only; ask for it with stage');
    await bring(name, remote.size, store, dependencies, { deadlineSeconds, signal });
    remote = await look();
  }
  const told = remote;
  const context = { config, store, run: { signal: signal ?? new AbortController().signal } };
  const entry = { path: name, size: told.size, mtime: told.mtime, row };
  const expected = await expectedSums(entry, { ...context, receiver: { isLocal: true } });
  const [type = config.checksumType, also] = expected.types;
  return store.stream(name, told, {
    types: also === undefined ? [type] : [type, also],
    check: async (checksums) => {
      const received = { size: told.size, checksums: checksums.slice(0, expected.types.length) };
      await checkReceived(entry, received, expected);
      // As in a restore: the bytes come, and a comparison that couldn't be made counts as failed (S11).
      if (problem !== undefined) throw new OpenError(CATALOGUE_UNUSABLE, name, `${problem}. ${NOT_COMPARED}`);
    },
    signal,
  });
}

async function bring(
  name: string,
  size: number,
  store: RemoteStore,
  dependencies: JobDependencies,
  { deadlineSeconds, signal }: { deadlineSeconds: number; signal: AbortSignal | undefined },
): Promise<void> {
  const { config, logger } = dependencies;
  const stager = new Stager({
    ...{ store, logger, signal: signal ?? new AbortController().signal },
    config: { ...config, stageDeadlineSeconds: deadlineSeconds },
    emit: emitOf(dependencies),
  });
  await stager.online(name, size);
  stager.release(name);
}
