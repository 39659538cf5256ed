/** Waits until records are on tape, and are there what this archive knows of them. Changes nothing, and asks tape for nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAccess } from '../../config/index.js';
import { checkOptions, type Known } from '../../config/known_options.js';
import { checkPaths } from '../../config/option_values.js';
import { forEachConcurrent } from '../../flow/concurrent.js';
import { statBatch, type LimitedStore } from '../../remote/limited_store.js';
import type { RemoteStat } from '../../remote/store.js';
import { printableName } from '../../rules/names.js';
import { plural } from '../../rules/quantities.js';
import { sameRemote } from '../../rules/remote_identity.js';
import { nextPoll } from '../../rules/staging.js';
import type { Failure } from '../events/report.js';
import { DamagedInCache } from '../record/damaged_in_cache.js';
import { DIFFERENT_FILES } from '../record/last_look.js';
import { checkDeadline } from '../run/deadline.js';
import { failureOf, isServerFailure } from '../run/failure.js';
import type { JobDependencies } from '../run/job_run.js';
import { KnownRecords } from '../run/known_records.js';
import { recordName } from '../run/record_name.js';
import { toldOfTape } from '../run/tape_told.js';
import { refuseProxies } from '../run/refuse_proxies.js';
import { TapeProof } from './tape_proof.js';

/** Options of `Archive.waitUntilOnTape`. */
export interface UntilOnTapeOptions {
  /** Seconds after which what isn't on tape has failed (`TapeTimeout`). Default `stageDeadlineSeconds`. */
  deadlineSeconds?: number | undefined;
  /** Ends the waiting: the promise is rejected with its reason. */
  signal?: AbortSignal | undefined;
}

const KNOWN: Known<UntilOnTapeOptions> = { deadlineSeconds: true, signal: true };

/** A record that is on tape, with the bytes that this archive knows. */
export interface OnTape {
  /** The record's name, relative to the target's base. */
  path: string;
  /** Bytes. */
  size: number;
}

/** Some of the records aren't on tape, or aren't there what this archive knows of them. */
export class NotOnTapeError extends Error {
  /** The name of this class of errors. */
  override readonly name = 'NotOnTapeError';
  /** The same in each error of this class. */
  readonly code = 'NotOnTape';
  /**
   * `TapeTimeout`: not on tape in time. `Conflict`: what is on tape has other bytes. `NotFound`: neither cache nor catalogue knows the
   * record. `Unverified`: whether it is the same can't be told. `DamagedInCache`: the disk has changed its bytes. Others: what asking failed with.
   */
  readonly failures: readonly Failure[];
  /** The others. */
  readonly onTape: readonly OnTape[];

  /**
   * Makes the error.
   * @param failures the records that aren't proven on tape; the error's text names the first one
   * @param onTape the records that are
   */
  constructor(failures: readonly Failure[], onTape: readonly OnTape[]) {
    const [first] = failures;
    const which = first === undefined ? '' : `: ${first.path}: ${first.message}`;
    super(
      `${plural(failures.length, 'record')} of ${failures.length + onTape.length} not proven on tape${which}`,
    );
    this.failures = failures;
    this.onTape = onTape;
  }
}

/** Records that are compared at once: each may read a local file. */
const comparedAtOnce = 16;
/** After this number of polls in a row without the server, the waiting ends. */
const lostPolls = 3;

/**
 * @param paths whole names of records, relative to the target's base; no directories, no globs
 * @throws {ConfigError} for paths that no record can have, and for a proxy that isn't trusted; {NotOnTapeError} when all have been settled, and not all are on tape;
 * {XRootDError} when the server can't be reached or refuses us; the signal's reason
 */
export async function untilOnTape(
  dependencies: JobDependencies,
  paths: readonly string[],
  options: UntilOnTapeOptions = {},
): Promise<OnTape[]> {
  checkOptions(options, KNOWN);
  const { config, logger } = dependencies;
  const { signal, deadlineSeconds = config.stageDeadlineSeconds } = options;
  checkDeadline(deadlineSeconds);
  checkPaths(paths);
  const names = [...new Set(paths.map((path) => recordName(path, 'paths')))];
  const store = toldOfTape(await dependencies.open(), dependencies);
  const { cacheDirectory, cacheMountPoint } = config;
  if (cacheDirectory !== undefined) await checkAccess({ cacheDirectory, cacheMountPoint });
  signal?.throwIfAborted();
  await store.ping(signal);
  await refuseProxies(store, config, signal, 'tape');
  await using known = await KnownRecords.open(config, logger);
  await using proof = await TapeProof.open({ config, store, known, signal });
  return await new Waiting(store, dependencies, proof, signal).all(names, deadlineSeconds);
}

class Waiting {
  readonly #store: LimitedStore;
  readonly #config: JobDependencies['config'];
  readonly #proof: TapeProof;
  readonly #signal: AbortSignal | undefined;
  readonly #onTape = new Map<string, OnTape>();
  readonly #failures: Failure[] = [];
  /** What a poll couldn't find out, for the message if there is no other. */
  readonly #last = new Map<string, Failure>();

  constructor(
    store: LimitedStore,
    { config }: JobDependencies,
    proof: TapeProof,
    signal: AbortSignal | undefined,
  ) {
    this.#store = store;
    this.#config = config;
    this.#proof = proof;
    this.#signal = signal;
  }

  async all(names: readonly string[], deadlineSeconds: number): Promise<OnTape[]> {
    const { stagePollMinSeconds: minSeconds, stagePollMaxSeconds: maxSeconds } = this.#config;
    const deadline = performance.now() + deadlineSeconds * 1000;
    let pending = [...names];
    let seconds = minSeconds;
    for (let lost = 0; ;) {
      const { left, failure } = await this.#poll(pending);
      this.#signal?.throwIfAborted();
      lost = failure === undefined ? 0 : lost + 1;
      if (failure !== undefined && (lost >= lostPolls || performance.now() >= deadline)) throw failure;
      const progressed = left.length < pending.length;
      pending = left;
      const rest = deadline - performance.now();
      if (pending.length === 0 || rest <= 0) break;
      seconds = nextPoll({
        previousSeconds: seconds,
        minSeconds,
        maxSeconds,
        progressed,
        random: Math.random(),
      });
      const pause = Math.min(seconds * 1000, rest);
      await sleep(pause, undefined, { ...(this.#signal && { signal: this.#signal }) }).catch(() => undefined);
      this.#signal?.throwIfAborted();
    }
    for (const name of pending) this.#failures.push(this.#late(name, deadlineSeconds));
    const onTape = names.flatMap((name) => this.#onTape.get(name) ?? []);
    if (this.#failures.length > 0) throw new NotOnTapeError(this.#failures, onTape);
    return onTape;
  }

  /** Asks about all that are waited for, a batch after the other. */
  async #poll(pending: readonly string[]): Promise<{ left: string[]; failure: Error | undefined }> {
    const left: string[] = [];
    let failure: Error | undefined;
    for (let at = 0; at < pending.length; at += statBatch) {
      const batch = pending.slice(at, at + statBatch);
      const stats = await this.#store.statMany(batch, this.#signal);
      const flagged: [name: string, remote: RemoteStat][] = [];
      batch.forEach((name, index) => {
        const stat = stats[index];
        if (stat instanceof Error) {
          if (isServerFailure(stat)) failure ??= stat;
          this.#last.set(name, failureOf(name, stat));
        } else if (stat?.backUpExists === true) {
          flagged.push([name, stat]);
          return;
        } else this.#last.delete(name);
        left.push(name);
      });
      await forEachConcurrent(flagged, comparedAtOnce, async ([name, remote]) => {
        if (!(await this.#settle(name, remote))) left.push(name);
      });
    }
    return { left, failure };
  }

  /** @returns false: it isn't known yet */
  async #settle(name: string, remote: RemoteStat): Promise<boolean> {
    try {
      const proven = await this.#proof.of(name, remote);
      if (proven === 'not yet') return false;
      const servers = await this.#store.differing(name, this.#signal);
      if (servers.length > 0) {
        const message = `${DIFFERENT_FILES}: ${servers.join(', ')}`;
        this.#failures.push({ path: printableName(name), code: 'Unverified', message });
        return true;
      }
      if (!(await this.#isStillOnTape(name, remote))) return false;
      if (proven === 'same') this.#onTape.set(name, { path: name, size: remote.size });
      else this.#failures.push({ path: printableName(name), ...proven });
      return true;
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof DamagedInCache) {
        this.#failures.push(failureOf(name, error));
        return true;
      }
      // What couldn't be asked is asked again: it never counts as a yes (S11).
      this.#last.set(name, failureOf(name, error));
      return false;
    }
  }

  /** What was compared may have been put there after the stat, which then told of another file. */
  async #isStillOnTape(name: string, remote: RemoteStat): Promise<boolean> {
    const now = await this.#store.stat(name, this.#signal);
    return now?.backUpExists === true && sameRemote(remote, now);
  }

  #late(name: string, seconds: number): Failure {
    const last = this.#last.get(name);
    const why = last === undefined ? '' : `; asking failed: ${last.message}`;
    return {
      path: printableName(name),
      code: 'TapeTimeout',
      message: `not on tape after ${seconds} s${why}`,
    };
  }
}
