/** Passes, puts and restores in the middle of which somebody does something: what a check a moment too early, or left out, would lose. */
import { chmodSync, chownSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { exitCodeOfReport } from '../../../../lib/cli/pass.js';
import { Archive, LockedError, type ArchiveOptions, type Report } from '../../../../lib/index.js';
import { backup as runBackup } from '../../../../lib/jobs/backup/backup.js';
import { EventBus } from '../../../../lib/jobs/events/event_bus.js';
import type { LimitedStore } from '../../../../lib/remote/limited_store.js';
import { openStore } from '../../../../lib/remote/open_store.js';
import type { RemoteStat } from '../../../../lib/remote/store.js';
import { Relay } from '../../../support/relay.js';
import { bytesOf, content, hashOf } from '../content.js';
import { checkJob } from '../invariant.js';
import { job } from '../job.js';
import { cache, name } from '../names.js';
import { rowsIn } from '../rows.js';
import { step, type AnyStep } from '../step.js';
import type { Truth } from '../truth.js';
import { violated } from '../violation.js';
import type { Sight, World } from '../world.js';
import { passOptions, removalsOf } from './backup.js';
import { store as storeBytes } from './write.js';

/** `sent`: a record was uploaded, and nothing else; `captured`: it is held under a name of ours, before the last look. */
type Moment = 'sent' | 'captured';
type Act = 'rewrite' | 'others delete' | 'others replace' | 'another pass' | 'look at the row';

const CAPTURE = '.xrootd-archive.removing.';
/** kXR_close, and kXR_NoSpace. */
const [CLOSE, NO_SPACE] = [3003, 3009];

interface Interrupted {
  cache: number;
  autoRemove: 'never' | 'cached' | 'backed_up';
  verify: 'auto' | 'checksum' | 'read' | 'size';
  checksumType: 'adler32' | 'crc32c';
  moment: Moment;
  acts: Act[];
  /** The server says of each file that it is offline, and never that it is on tape. */
  offline: boolean;
  /** The server answers each close with an error. */
  closeFails: boolean;
  settleSeconds: number;
}

/** One pass, with what happens once in its middle. */
class InterruptedPass {
  readonly #world: World;
  readonly #truth: Truth;
  readonly #how: Interrupted;
  readonly #before: Sight;
  #acted: string | undefined;
  /** Rewritten after it was sent. */
  rewritten: string | undefined;
  /** A pass counts what is thrown in its middle as a failure. */
  violation: string | undefined;

  constructor(world: World, truth: Truth, how: Interrupted, before: Sight) {
    this.#world = world;
    this.#truth = truth;
    this.#how = how;
    this.#before = before;
  }

  around(store: LimitedStore): Partial<LimitedStore> {
    const { moment, offline } = this.#how;
    const lie = (stat: RemoteStat) => (offline ? { ...stat, offline: true, backUpExists: false } : stat);
    return {
      upload: async (source, path, options) => {
        const uploaded = await store.upload(source, path, options);
        if (moment === 'sent') await this.#act(path);
        return uploaded;
      },
      stat: async (path, signal) => {
        const stat = await store.stat(path, signal);
        return stat && lie(stat);
      },
      statMany: async (names, signal) => {
        const stats = await store.statMany(names, signal);
        const [first = ''] = names;
        if (moment === 'captured' && first.includes(CAPTURE)) await this.#act(first.replace(CAPTURE, ''));
        return stats.map((stat) => (stat === null || stat instanceof Error ? stat : lie(stat)));
      },
    };
  }

  async #act(path: string): Promise<void> {
    if (this.#acted !== undefined) return;
    this.#acted = path;
    for (const act of this.#how.acts) await this.#do(act, path);
  }

  async #do(act: Act, path: string): Promise<void> {
    const { cache, moment } = this.#how;
    const world = this.#world;
    const root = world.caches[cache]!;
    switch (act) {
      case 'rewrite': {
        const at = path.lastIndexOf('/') + 1;
        const held = moment === 'captured' ? path.slice(0, at) + CAPTURE + path.slice(at) : path;
        const file = join(root, held);
        storeBytes(file, Buffer.from([statSync(file).size % 251, 7]), 0);
        const seen = world.looker.file(file)!;
        // What was sent before is there.
        const key = `${cache} ${path}`;
        const sent = this.#truth.beside.get(key) ?? new Set<string>();
        this.#truth.beside.set(key, sent.add(this.#truth.local[cache]!.get(path)!));
        this.#truth.local[cache]!.set(path, seen.hash);
        (this.#before.caches[cache] as Map<string, typeof seen>).set(path, seen);
        if (moment === 'sent') this.rewritten = path;
        break;
      }
      case 'others delete':
        rmSync(world.sandbox.diskPath(path), { force: true });
        rmSync(world.sandbox.tapePath(path), { force: true });
        this.#truth.gone(path);
        this.#before.remote.delete(path);
        break;
      case 'others replace': {
        const file = world.sandbox.diskPath(path);
        const { size, uid, gid } = statSync(file);
        rmSync(file);
        // By another program, with bytes of its own.
        writeFileSync(file, Buffer.alloc(size, 'somebody else '));
        chownSync(file, uid, gid);
        this.#truth.gone(path);
        const now = world.remote().get(path);
        if (now !== undefined) this.#before.remote.set(path, now);
        break;
      }
      case 'another pass': {
        const refused = await world
          .archive(cache, { autoRemove: 'never' })
          .backup({ dryRun: true })
          .then(
            () => false,
            (error: unknown) => error instanceof LockedError,
          );
        if (!refused) this.violation = 'two passes were at work on one cache at once';
        break;
      }
      case 'look at the row':
        if (
          moment === 'captured' &&
          !(rowsIn(root).get(path) ?? []).some(({ removing }) => removing !== null)
        )
          this.violation = `${path} is captured, and no row in the catalogue says that it is to go`;
    }
  }
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function interrupted(world: World, truth: Truth, how: Interrupted): Promise<void> {
  const { cache, autoRemove, verify, checksumType, closeFails, settleSeconds } = how;
  const relay = closeFails ? await Relay.start(`root://127.0.0.1:${world.sandbox.port}`) : undefined;
  relay?.refuse(CLOSE, NO_SPACE);
  const before = world.sight();
  truth.offered(cache);
  const pass = new InterruptedPass(world, truth, how, before);
  const options: Partial<ArchiveOptions> = {
    ...{ autoRemove, verify, checksumType, settleSeconds },
    // Another port is another archive: the catalogue isn't for it.
    ...(relay !== undefined && { targetUrl: `${relay.url}/${world.sandbox.basePath}`, retryAttempts: 1 }),
    ...(relay !== undefined && { catalogue: false, autoRemove: 'never' as const }),
  };
  const { config } = world.archive(cache, options);
  const copied: string[] = [];
  const events = new EventBus(silent);
  events.onAny((event) => {
    if (event.type === 'file:copied') copied.push(event.path);
  });
  const store = openStore(config);
  let report: Report | undefined;
  try {
    const open = () => ({ ...store, ...pass.around(store) });
    report = await job(truth, () => runBackup({ config, logger: silent, events, open }));
  } finally {
    relay?.release();
    relay?.stop();
  }
  if (pass.violation !== undefined) violated(pass.violation);
  if (closeFails && copied.length > 0)
    violated(`${copied.join(', ')} count as copied, and the server failed to close them`);
  if (settleSeconds > 0 && copied.length > 0)
    violated(`${copied.join(', ')} were copied, and had not settled`);
  if (pass.rewritten !== undefined && copied.includes(pass.rewritten))
    violated(`${pass.rewritten} changed while it was copied, and counts as copied`);
  // What a failed close has left there is ours.
  const uploads = [{ cache, unfinishedAfter: 600 }];
  await checkJob(world, truth, before, { uploads, removals: removalsOf(cache, config.autoRemove, verify) });
  if (report !== undefined && !closeFails) checkLosses(world, cache, report, before);
}

/** What has left in an earlier pass, and isn't on the server any more, is told by each pass until somebody forgets it. */
function checkLosses(world: World, cache: number, report: Report, before: Sight): void {
  if (exitCodeOfReport(report) !== 0) return;
  for (const [path, rows] of rowsIn(world.caches[cache]!))
    if (
      rows.some(({ removed }) => removed !== null) &&
      !before.caches[cache]!.has(path) &&
      !before.remote.has(path)
    )
      violated(`a pass ended with 0, and ${path}, which has left the cache, is lost`);
}

export const momentary: AnyStep[] = [
  step({
    name: 'backup, and meanwhile',
    weight: 6,
    args: fc.record({
      cache,
      autoRemove: passOptions.autoRemove,
      ...{ verify: passOptions.verify, checksumType: passOptions.checksumType },
      moment: fc.constantFrom('sent' as const, 'captured' as const),
      acts: fc.constantFrom<Act[][]>(
        ['rewrite'],
        ['others delete'],
        ['others replace'],
        ['rewrite', 'others replace'],
        ['another pass'],
        ['look at the row'],
        [],
      ),
      offline: fc.constantFrom(false, false, false, true),
      // Of a script with one record alone: the relay doesn't see a close that comes together with other requests.
      closeFails: fc.constant(false),
      settleSeconds: fc.constantFrom(0, 0, 0, 3600),
    }),
    ready: (truth, { cache }) => !truth.trouble && truth.local[cache]!.size > 0,
    run: interrupted,
  }),
  step({
    name: 'put, and look meanwhile',
    weight: 2,
    args: fc.record({ cache, name, content }),
    async run(world, truth, { cache, name, content }) {
      const root = world.caches[cache]!;
      const path = join(root, name);
      const was = world.looker.file(path)?.hash;
      const bytes = bytesOf(content);
      const pieces = (async function* () {
        yield bytes.subarray(0, bytes.byteLength / 2);
        await Promise.resolve();
        if (world.looker.file(path)?.hash !== was)
          violated(`half of ${name} has its name, before all of it was put`);
        yield bytes.subarray(bytes.byteLength / 2);
      })();
      try {
        await world.archive(cache).put(name, pieces, { overwrite: true });
        const is = world.looker.file(path)?.hash;
        if (is !== hashOf(bytes)) violated(`put of ${name}: ${String(is)} instead of ${hashOf(bytes)}`);
      } catch (error) {
        const code = String((error as NodeJS.ErrnoException).code);
        if (!['ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'OutsideCache', 'AlreadyExists'].includes(code))
          throw error;
      }
      truth.adopt(cache, world.looker.tree(root));
    },
  }),
  step({
    name: 'restore of what cannot be listed',
    weight: 1,
    args: fc.record({ into: fc.nat(1) }),
    ready: (truth) => !truth.trouble,
    async run(world, truth, { into }) {
      const before = world.sight();
      const closed = readdirSync(world.diskRoot, { withFileTypes: true }).find(
        (entry) =>
          entry.isDirectory() && [...before.remote.keys()].some((path) => path.startsWith(`${entry.name}/`)),
      )?.name;
      if (closed === undefined) return;
      const directory = join(world.diskRoot, closed);
      const { mode } = statSync(directory);
      chmodSync(directory, 0);
      // One who has no catalogue has nothing but the listing.
      const archive = new Archive(
        { targetUrl: world.sandbox.url, retryDelaySeconds: 0, stageDeadlineSeconds: 5 },
        { logger: silent },
      );
      let report: Report | undefined;
      try {
        report = await job(truth, () => archive.restore(['.'], { to: world.restores[into]! }));
      } finally {
        chmodSync(directory, mode);
      }
      if (report !== undefined && exitCodeOfReport(report) === 0)
        violated(`a restore ended with 0, and ${closed}, which it couldn't list, was not restored`);
      const mayGet = (name: string, { hash }: { hash: string }) => {
        const there = before.remote.get(name);
        return Promise.resolve(there?.disk.hash === hash || there?.tape?.hash === hash);
      };
      await checkJob(world, truth, before, { restore: { into, overwrite: false, mayGet } });
    },
  }),
];
