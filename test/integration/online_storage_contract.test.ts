/** What every online storage promises to retention (lib/jobs/retention/online_storage.ts), tried on each kind. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { parseTarget, resolveOptions } from '../../lib/config/index.js';
import type { ArchiveEvent } from '../../lib/index.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { FileChanged } from '../../lib/jobs/record/file_changed.js';
import { OnlineDirectory } from '../../lib/jobs/retention/online_directory.js';
import { OnlineServer } from '../../lib/jobs/retention/online_server.js';
import type { OnlineStorage, OpenedFile } from '../../lib/jobs/retention/online_storage.js';
import { JobRun } from '../../lib/jobs/run/job_run.js';
import type { Outcome } from '../../lib/jobs/run/tally.js';
import { SeparateStorage, SharedStorageError } from '../../lib/jobs/separation/separate_storage.js';
import { checksumFile } from '../../lib/posix/index.js';
import { openStore } from '../../lib/remote/open_store.js';
import type { Removal } from '../../lib/rules/removal.js';
import type { OnlineFile } from '../../lib/rules/retention.js';
import { collect, keepingLogger } from '../support/archive.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';

interface Place {
  storage: OnlineStorage;
  /** Its files on this disk. */
  root: string;
  /** Gives what others put there to the server's user. */
  own: (name: string) => void;
  close: () => Promise<void>;
}

const bytes = 'the record';
const MiB = 2 ** 20;

describe('an online storage', () => {
  let target: PlainServer;
  let server: PlainServer;
  let local: TemporaryDirectory;
  let events: ArchiveEvent[];
  let stop: AbortController;
  let count = 0;

  before(async () => {
    const settings = { config: ['xrootd.chksum max 4 adler32 crc32c'] };
    [target, server] = await Promise.all([PlainServer.start(settings), PlainServer.start(settings)]);
    local = new TemporaryDirectory();
  });
  after(async () => {
    local.remove();
    await Promise.all([target.stop(), server.stop()]);
  });

  function runOf(targetUrl: string) {
    const config = resolveOptions({ targetUrl, retryDelaySeconds: 0 });
    const { logger } = keepingLogger();
    const bus = new EventBus(logger);
    events = [];
    bus.onAny((event) => events.push(event));
    const store = openStore(config);
    const dependencies = { config, logger, events: bus, open: () => store };
    stop = new AbortController();
    const run = new JobRun(store, dependencies, { job: 'retention', place: '', signal: stop.signal });
    return { config, logger, store, run };
  }

  /** @param shared with the target: then they are one */
  const places: Record<string, (shared: boolean) => Promise<Place>> = {
    'a local directory': async (shared) => {
      const base = `/directory ${(count += 1)}`;
      target.mkdir(base);
      const { config, logger, store, run } = runOf(target.urlOf(base));
      const path = shared ? target.file(base) : join(local.path, base);
      if (!shared) mkdirSync(path);
      const root = await CacheDirectory.openRoot(path);
      const separate = new SeparateStorage({
        ...{ store, root, signal: run.signal, target: config.targetUrl },
        key: 'retention.onlineDirectory',
      });
      const storage = new OnlineDirectory({ root, run, logger, now: Date.now }, config, separate);
      const close = async () => {
        await storage.close();
        await root.close();
      };
      return { storage, root: path, own: () => undefined, close };
    },
    'another server': (shared) => {
      const base = `/server ${(count += 1)}`;
      target.mkdir(base);
      const { config, logger, store, run } = runOf(target.urlOf(base));
      const on = shared ? target : server;
      on.mkdir(base);
      const place = parseTarget(on.urlOf(base));
      const online = openStore({ ...config, targetUrl: place.url });
      const storage = new OnlineServer(place, online, run, { config, target: store, logger });
      const own = (name: string) => {
        on.own(join(base, name));
      };
      return Promise.resolve({ storage, root: on.file(base), own, close: () => storage.close() });
    },
  };

  for (const [title, make] of Object.entries(places))
    describe(title, () => {
      let place: Place;
      let storage: OnlineStorage;
      beforeEach(async () => {
        place = await make(false);
        storage = place.storage;
      });
      afterEach(() => place.close());

      const path = (name: string) => join(place.root, name);
      const write = (name: string, content: string | Uint8Array = bytes, seconds = 1e9) => {
        mkdirSync(dirname(path(name)), { recursive: true });
        for (let each = dirname(name); each !== '.'; each = dirname(each)) place.own(each);
        writeFileSync(path(name), content);
        place.own(name);
        utimesSync(path(name), seconds, seconds);
      };
      const listed = async (name: string): Promise<OnlineFile> => {
        const file = (await collect(storage.files())).find((each) => each.path === name);
        assert.ok(file, `${name} isn't listed`);
        return file;
      };
      const failures = () => events.flatMap((event) => (event.type === 'file:failed' ? [event] : []));
      const files = () =>
        readdirSync(place.root, { recursive: true, withFileTypes: true })
          .filter((entry) => !entry.isDirectory())
          .map((entry) => join(entry.parentPath, entry.name).slice(place.root.length + 1))
          .sort();
      const removalOf = (file: OnlineFile, perform = true): Removal => ({
        ...{ action: 'remove', identity: file.identity, reason: 'past its time', perform },
      });
      const may = () => Promise.resolve(undefined);
      /** It stays, and why is said: by the outcome, or by what is thrown. */
      const stays = async (removing: Promise<Outcome>): Promise<string> => {
        const outcome = await removing.catch((error: unknown) => {
          if (!(error instanceof FileChanged)) throw error;
          return { result: 'kept', reason: error.message } as const;
        });
        assert.equal(outcome.result, 'kept');
        return outcome.reason;
      };
      async function opened(name: string, use: (file: OpenedFile, seen: OnlineFile) => Promise<void>) {
        const seen = await listed(name);
        const file = await storage.open(seen);
        try {
          await use(file, seen);
        } finally {
          file.close();
        }
      }

      it('is separate from the target, or says that it isn’t', async () => {
        await storage.check();
        const shared = await make(true);
        await assert.rejects(shared.storage.check(), SharedStorageError);
        await shared.close();
      });

      it('all files are listed, by their names, with size and time; ours are not', async () => {
        const names = ['a', 'd/e/f', ' a b%20 ', 'ü束/\u{1f600}', '..a', '#&=', `d/${'n'.repeat(254)}`];
        for (const [i, name] of names.entries()) write(name, 'x'.repeat(i), 1e9 + i);
        for (let i = 0; i < 300; i += 1) write(`many/${i}`, '');
        write('.xrootd-archive.verified', 'ours');
        mkdirSync(path('empty'));
        const found = new Map((await collect(storage.files())).map((file) => [file.path, file.identity]));
        assert.equal(found.size, names.length + 300);
        for (const [i, name] of names.entries()) {
          const { size, mtimeNs } = found.get(name) ?? {};
          assert.deepEqual([size, mtimeNs], [BigInt(i), BigInt(1e9 + i) * 1_000_000_000n], name);
          assert.equal(storage.nameProblem(name), undefined);
        }
        assert.deepEqual(failures(), []);
      });

      it('what is no file is told of, and isn’t listed', async () => {
        write('a');
        execFileSync('mkfifo', [path('pipe')]);
        place.own('pipe');
        assert.deepEqual(
          (await collect(storage.files())).map((file) => file.path),
          ['a'],
        );
        assert.deepEqual(failures().map(({ code, path: about }) => [code, about]), [['NotARecord', 'pipe']]); // prettier-ignore
      });

      it('a listing ends with the signal', async () => {
        for (let i = 0; i < 300; i += 1) write(`many/${i}`, '');
        stop.abort(new Error('enough'));
        await assert.rejects(collect(storage.files()), { message: 'enough' });
      });

      it('what isn’t the file that was listed isn’t opened', async () => {
        for (const name of ['gone', 'longer', 'later', 'directory', 'other']) write(name);
        const all = new Map((await collect(storage.files())).map((file) => [file.path, file]));
        for (const name of ['gone', 'directory']) rmSync(path(name));
        mkdirSync(path('directory'));
        write('longer', `${bytes}!`);
        write('later', bytes, 1e9 + 1);
        rmSync(path('other'));
        write('other', 'the RECORD', 1e9 + 2);
        for (const file of all.values()) await assert.rejects(storage.open(file), FileChanged, file.path);
      });

      for (const size of [0, 10, MiB + 1])
        it(`sums up ${size} bytes`, async () => {
          write('d/f', Buffer.alloc(size, 'some bytes'));
          await opened('d/f', async (file, { identity }) => {
            for (const type of ['adler32', 'crc32c'] as const) {
              const sum = await file.checksum(type);
              assert.ok(!('failed' in sum));
              assert.equal(sum.value, (await checksumFile(path('d/f'), { type })).value);
            }
            assert.deepEqual(file.verified(), identity);
          });
        });

      it('sums up the beginning, or says that it doesn’t', async () => {
        write('f');
        await opened('f', async (file) => {
          const sum = await file.checksum('adler32', 3);
          if ('failed' in sum) return;
          const expected = await checksumFile(path('f'), { type: 'adler32', length: 3 });
          assert.equal(sum.value, expected.value);
        });
      });

      it('has no checksum of what was changed, or replaced, since it was opened', async () => {
        for (const name of ['changed', 'replaced']) write(name);
        await opened('changed', async (file) => {
          write('changed', `${bytes}!`);
          await assert.rejects(file.checksum('adler32'), Error);
        });
        await opened('replaced', async (file, seen) => {
          rmSync(path('replaced'));
          write('replaced', 'THE RECORD', 1e9 + 1);
          await file.checksum('adler32').catch((error: unknown) => {
            assert.ok(error instanceof FileChanged, String(error));
          });
          await stays(file.remove(removalOf(seen), may));
        });
        assert.deepEqual(files(), ['changed', 'replaced']);
      });

      it('removes the file that was opened, after a last look, and says so', async () => {
        for (const name of ['d/f', 'd/g']) write(name);
        await opened('d/f', async (file, seen) => {
          let looks = 0;
          const outcome = await file.remove(removalOf(seen), () => {
            looks += 1;
            assert.ok(files().some((name) => name !== 'd/g'));
            return may();
          });
          assert.deepEqual([outcome, looks], [{ result: 'removed', bytes: bytes.length }, 1]);
        });
        assert.deepEqual(files(), ['d/g']);
        const removed = events.filter(({ type }) => type === 'file:removed');
        const [{ jobId: _, ...event } = {}, ...others] = removed as Partial<ArchiveEvent>[];
        assert.deepEqual([event, ...others], [{ type: 'file:removed', path: 'd/f', size: bytes.length, reason: 'past its time' }]); // prettier-ignore
      });

      it('removes nothing where that isn’t to be performed', async () => {
        write('f');
        await opened('f', async (file, seen) => {
          const outcome = await file.remove(removalOf(seen, false), may);
          assert.deepEqual(outcome, { result: 'removed', bytes: bytes.length, reason: 'past its time' });
        });
        assert.deepEqual([files(), events], [['f'], []]);
      });

      it('what the last look refuses, or can’t find out, stays whole', async () => {
        write('d/f');
        await opened('d/f', async (file, seen) => {
          assert.equal(
            await stays(file.remove(removalOf(seen), () => Promise.resolve('not there'))),
            'not there',
          );
          assert.deepEqual([files(), readFileSync(path('d/f'), 'utf8')], [['d/f'], bytes]);
        });
        await opened('d/f', async (file, seen) => {
          const looking = () => Promise.reject(new Error('no answer'));
          await assert.rejects(file.remove(removalOf(seen), looking), { message: 'no answer' });
          assert.deepEqual([files(), readFileSync(path('d/f'), 'utf8')], [['d/f'], bytes]);
        });
        assert.ok(!events.some(({ type }) => type === 'file:removed'));
      });

      const changes: Record<string, () => void> = {
        changed: () => {
          write('f', `${bytes}!`);
        },
        touched: () => {
          utimesSync(path('f'), 1e9 + 5, 1e9 + 5);
        },
        replaced: () => {
          rmSync(path('f'));
          write('f', 'the RECORD', 1e9 + 1);
        },
        'replaced by a directory': () => {
          rmSync(path('f'));
          mkdirSync(path('f'));
          place.own('f');
        },
      };
      for (const [how, change] of Object.entries(changes))
        it(`what was ${how} meanwhile stays`, async () => {
          write('f');
          await opened('f', async (file, seen) => {
            await file.checksum('adler32');
            change();
            await stays(file.remove(removalOf(seen), may));
          });
          assert.ok(existsSync(path('f')));
          assert.ok(!events.some(({ type }) => type === 'file:removed'));
        });

      it('what went meanwhile is gone, and nothing is said to be removed', async () => {
        write('f');
        await opened('f', async (file, seen) => {
          rmSync(path('f'));
          await stays(file.remove(removalOf(seen), may));
        });
        assert.deepEqual([files(), events], [[], []]);
      });

      it('what is to go as another than was listed stays', async () => {
        write('f');
        await opened('f', async (file, seen) => {
          const identity = { ...seen.identity, mtimeNs: seen.identity.mtimeNs + 1_000_000_000n };
          await stays(file.remove({ ...removalOf(seen), identity }, may));
        });
        assert.deepEqual(files(), ['f']);
      });
    });
});
