import assert from 'node:assert/strict';
import { chmod, mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Archive, type ArchiveEvent, type ArchiveOptions } from '../../lib/index.js';
import { parseTarget } from '../../lib/config/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { assertAddsUp, collect, counts, keepingLogger, recordsIn, type Line } from '../support/archive.js';
import { cli, jsonLines } from '../support/cli.js';
import { rowOf } from '../support/catalogue.js';
import { writeRecord } from '../support/records.js';
import { add, opened, write } from '../support/segments.js';
import type { Recorded } from '../support/recorded_requests.js';
import { Relay } from '../support/relay.js';
import { quick, until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const secret = 'Bearer%20abcdefghijklmnopqrstuvwxyz0123456789';
const text = 'eos.app=archive&site.pass=open-sesame';
const opaque = `${text}&authz=${secret}`;

interface Site {
  sandbox: TapeSandbox;
  /** Stands before the sandbox: the target's URL goes through it. */
  relay: Relay;
  recorded: readonly Recorded[];
  url: string;
  cache: string;
  lines: Line[];
  events: ArchiveEvent[];
  file: (name: string) => string;
  archive: (more?: Partial<ArchiveOptions>) => Archive;
}

/** An archive whose requests are all recorded. */
async function withSite(use: (site: Site) => Promise<void>): Promise<void> {
  await using sandbox = await TapeSandbox.start({ migrationDelay: 'never', neverStage: 'b/never' });
  const relay = await Relay.start(sandbox.url);
  try {
    await withTemp(async (directory) => {
      const file = (name: string) => join(directory, name);
      const cache = file('cache');
      await mkdir(cache);
      const { logger, lines } = keepingLogger();
      const events: ArchiveEvent[] = [];
      const url = through(relay, sandbox);
      const recorded = relay.record();
      const archive = (more: Partial<ArchiveOptions> = {}) => {
        const made = new Archive(
          {
            ...{ cacheDirectory: cache, targetUrl: url, settleSeconds: 0, retryDelaySeconds: 0, ...quick },
            ...{ targetOpaque: opaque, logLevel: 'debug', ...more },
          },
          { logger },
        );
        made.onAny((event) => events.push(event));
        return made;
      };
      await use({ sandbox, relay, recorded, url, cache, lines, events, file, archive });
    });
  } finally {
    relay.stop();
  }
}

/** @returns the kinds of requests that have paths, each of which has all of it, once */
function kindsOf(recorded: readonly Recorded[], shown = opaque): string[] {
  const kinds = new Set<string>();
  for (const { kind, paths } of recorded)
    for (const path of paths) {
      kinds.add(kind);
      const options = path.includes('?') ? path.slice(path.indexOf('?') + 1).split('&') : [];
      for (const option of shown.split('&'))
        assert.equal(options.filter((each) => each === option).length, 1, `${kind} ${path}`);
    }
  return [...kinds].sort();
}

/** Requests that never name a path, or name an open file. */
const withoutPaths = new Set([
  ...['protocol', 'login', 'auth', 'query config', 'ping', 'endsess', 'set', 'bind'],
  ...['close', 'read', 'pgread', 'write', 'pgwrite', 'sync', 'stat', 'truncate'],
  // Of all data servers, `*`.
  'locate',
]);

const small = 3000;
const large = 3_000_000;

function through(relay: Relay, { url }: TapeSandbox): string {
  return `${relay.url}/${parseTarget(url).base}`;
}

/** What each job sends at least that names a path. How bytes are compared, by queries or by reading, may change. */
const needed = {
  backup: ['open', 'rm', 'stat'],
  verify: ['stat'],
  'read back': ['stat'],
  status: ['stat'],
  ls: ['dirlist', 'stat'],
  removal: ['stat'],
  evict: ['dirlist', 'prepare evict', 'stat'],
  stage: ['dirlist', 'prepare cancel', 'prepare stage', 'query prepare', 'stat'],
  restore: ['open', 'prepare evict', 'prepare stage', 'stat'],
  drill: ['open', 'prepare evict', 'prepare stage', 'stat'],
  retention: ['query checksum', 'stat'],
};

describe('target_opaque goes to the target with each request', () => {
  it('of each job; no event, log or report shows it', async () => {
    await withSite(async ({ sandbox, recorded, cache, file, archive, lines, events }) => {
      const seen: Record<string, string[]> = {};
      const reports: unknown[] = [];
      let from = 0;
      const during = async <T>(job: keyof typeof needed, work: Promise<T>): Promise<T> => {
        const result = await work;
        const requests = recorded.slice(from);
        from = recorded.length;
        seen[job] = kindsOf(requests);
        for (const { kind, paths } of requests)
          assert.ok(paths.length > 0 || withoutPaths.has(kind), `${job}: ${kind} without a path`);
        reports.push(result);
        return result;
      };
      for (const name of ['a/small', 'a/small-2']) await writeRecord(cache, name, small);
      for (const name of ['b/large', 'b/partial']) await writeRecord(cache, name, large);
      await writeRecord(cache, 'b/never', small);
      // As a killed pass leaves it.
      await mkdir(sandbox.diskPath('b'), { recursive: true });
      await chmod(sandbox.diskPath('b'), 0o777);
      await writeFile(sandbox.diskPath('b/partial'), '');
      await chmod(sandbox.diskPath('b/partial'), 0o666);
      const copied = await during('backup', archive({ unfinishedAfterSeconds: 0 }).backup());
      assertAddsUp(copied);
      assert.deepEqual(counts(copied), { scanned: 5, copied: 5 });
      await during('verify', archive().verify());
      await during('read back', archive({ checksumType: 'crc32c' }).verify());
      await during('status', collect(archive().status()));
      await during('ls', collect(archive().ls()));
      await sandbox.migrateAll();
      const removed = await during('removal', archive().backup());
      assert.deepEqual(counts(removed), { scanned: 5, removed: 5 });
      assert.deepEqual(await recordsIn(cache), []);
      const evicted = await during('evict', archive().evict(['.']));
      assert.deepEqual(counts(evicted), { scanned: 5, evicted: 5 });
      const soon = archive({ stageDeadlineSeconds: 5 });
      const staged = await during('stage', soon.stage(['.'], { wait: true }));
      assert.deepEqual(counts(staged), { scanned: 5, staged: 4, failed: 1 });
      const names = ['a/small', 'a/small-2', 'b/large', 'b/partial'];
      await sandbox.evict(names);
      const restored = await during(
        'restore',
        archive().restore(names, { to: file('restored'), evict: true }),
      );
      assert.deepEqual(counts(restored), { scanned: 4, copied: 4, evicted: 4 });
      // The server gives a file up when it has closed it.
      for (const name of names) await until(async () => (await sandbox.stateOf(name))?.offline === true);
      const drilled = await during('drill', archive().drill(names, { files: 2, scratch: file('') }));
      assert.deepEqual(counts(drilled), { scanned: 2, verified: 2, evicted: 2 });
      const online = file('online');
      await rename(file('restored'), online);
      for (const name of names) await utimes(join(online, name), 1e9, 1e9);
      const retention = { onlineDirectory: online, period: 'P3Y' };
      const gone = await during('retention', archive({ retention }).retention({ confirm: true }));
      assert.equal(gone.scanned, 4);
      for (const [job, kinds] of Object.entries(needed))
        assert.deepEqual(
          kinds.filter((kind) => seen[job]?.includes(kind) !== true),
          [],
          job,
        );
      assertHidden(JSON.stringify({ lines, events, reports }));
    });
  });

  it('online storage on a server has its own, and neither server sees that of the other', async () => {
    await using online = await TapeSandbox.start({ tapeFlags: false });
    await withSite(async ({ sandbox, recorded, cache, archive, lines, events }) => {
      for (const [name, size] of [
        ['small', small],
        ['large', large],
      ] as const)
        await writeRecord(cache, name, size);
      await archive({ autoRemove: 'never' }).backup();
      await sandbox.migrateAll();
      await archive({ targetUrl: online.url, autoRemove: 'cached', catalogue: false }).backup();
      for (const name of ['small', 'large']) await utimes(online.diskPath(name), 1e9, 1e9);
      const relay = await Relay.start(online.url);
      try {
        const there = relay.record();
        const since = recorded.length;
        const own = 'authz=Bearer%20of-the-online-storage-0123456789';
        const retention = { onlineUrl: through(relay, online), period: 'P3Y', onlineOpaque: own };
        const report = await archive({ retention }).retention({ confirm: true });
        assert.deepEqual(counts(report), { scanned: 2, removed: 2 });
        // The marks that show whether the two are one storage are directories.
        assert.deepEqual(kindsOf(there, own), ['dirlist', 'mkdir', 'open', 'rm', 'rmdir', 'stat']);
        assert.ok(kindsOf(recorded.slice(since)).includes('stat'));
        for (const { text } of there) assert.ok(!text.includes('open-sesame') && !text.includes(secret));
        for (const { text } of recorded.slice(since)) assert.ok(!text.includes('online-storage'));
        const told = JSON.stringify({ lines, events, report });
        assertHidden(told);
        assert.ok(!told.includes('of-the-online-storage'));
      } finally {
        relay.stop();
      }
    });
  });

  it('not to another server that a restore writes to', async () => {
    await using other = await TapeSandbox.start({ tapeFlags: false });
    await withSite(async ({ recorded, cache, archive }) => {
      for (const [name, size] of [
        ['small', small],
        ['large', large],
      ] as const)
        await writeRecord(cache, name, size);
      await archive({ autoRemove: 'never' }).backup();
      const relay = await Relay.start(other.url);
      try {
        const there = relay.record();
        const since = recorded.length;
        const report = await archive().restore(['.'], { to: through(relay, other) });
        assert.deepEqual(counts(report), { scanned: 2, copied: 2 });
        assert.ok(kindsOf(recorded.slice(since)).includes('open'));
        assert.ok(there.some(({ kind }) => kind === 'open'));
        for (const { text } of there) assert.doesNotMatch(text, /authz|site\.pass|eos\.app/);
      } finally {
        relay.stop();
      }
    });
  });

  it('not to another server that segments of the catalogue go to; to another place on the same server it does', async () => {
    await using other = await TapeSandbox.start({ tapeFlags: false });
    await withSite(async ({ recorded, url, archive }) => {
      await using catalogue = await opened({ archive });
      const relay = await Relay.start(other.url);
      try {
        const there = relay.record();
        await add(catalogue, rowOf('a'));
        const elsewhere = { catalogueSegmentsUrl: through(relay, other) };
        assert.deepEqual((await write({ archive }, catalogue, { options: elsewhere })).warnings, []);
        assert.equal((await archive(elsewhere).rebuild({ from: 'segments' })).noted, 1);
        assert.ok(there.filter(({ kind }) => kind === 'open').length > 1);
        for (const { text } of there) assert.doesNotMatch(text, /authz|site\.pass|eos\.app/);

        const since = recorded.length;
        await add(catalogue, rowOf('b'));
        const beside = { catalogueSegmentsUrl: `${url}/beside` };
        assert.deepEqual((await write({ archive }, catalogue, { options: beside })).warnings, []);
        assert.ok(kindsOf(recorded.slice(since)).includes('open'));
      } finally {
        relay.stop();
      }
    });
  });

  it('from a file, which may be replaced in the middle of a pass', async () => {
    await withSite(async ({ recorded, cache, file, archive }) => {
      const renew = async (token: string) => {
        await writeFile(file('opaque.new'), `authz=${token}\n`, { mode: 0o600 });
        await rename(file('opaque.new'), file('opaque'));
      };
      await renew('first-token');
      for (let i = 0; i < 3; i += 1) await writeRecord(cache, `r${i}`, 100);
      let renewed = false;
      const slow = archive({ targetOpaque: text, targetOpaqueFile: file('opaque'), parallelCopies: 1 });
      slow.on('pass:started', async () => {
        await renew('second-token');
        renewed = true;
      });
      // A look at the file every second: the pass goes on until the new token was seen.
      const deadline = Date.now() + 20_000;
      for (let i = 3; !recorded.some((request) => request.text.includes('second-token')); i += 1) {
        assert.ok(Date.now() < deadline, 'the new token is never shown');
        await writeRecord(cache, `r${i}`, 100);
        await slow.backup();
      }
      assert.ok(renewed);
      const tokens = recorded.flatMap(({ paths }) => paths.map((path) => /authz=([^&]*)/.exec(path)?.[1]));
      const first = tokens.indexOf('second-token');
      assert.ok(first > 0);
      assert.deepEqual([...new Set(tokens.slice(0, first))], ['first-token']);
      assert.deepEqual([...new Set(tokens.slice(first))], ['second-token']);
      kindsOf(recorded, text);
    });
  });

  it('what stands in a file must be usable: ConfigError, and nothing is asked', async () => {
    await withSite(async ({ recorded, file, archive }) => {
      const bad: [content: string, mode: number, told: RegExp][] = [
        ['authz=abc', 0o644, /targetOpaqueFile: .*mode 0644/],
        ['', 0o600, /is empty/],
        ['?authz=hunter2', 0o600, /contains "\?"/],
        ['authz=a b', 0o600, /contains a blank/],
      ];
      for (const [content, mode, told] of bad) {
        await writeFile(file('opaque'), content);
        await chmod(file('opaque'), mode);
        await assert.rejects(archive({ targetOpaqueFile: file('opaque') }).backup(), (error: Error) => {
          assert.equal(error.name, 'ConfigError');
          assert.match(error.message, told);
          assert.doesNotMatch(error.message, /hunter2/);
          return true;
        });
      }
      assert.equal(recorded.length, 0);
    });
  });

  it('by the command, with all that XRootD logs, and config check shows names only', async () => {
    await withSite(async ({ cache, url, file, recorded }) => {
      for (const [name, size] of [
        ['small', small],
        ['large', large],
      ] as const)
        await writeRecord(cache, name, size);
      await writeFile(
        file('config.yaml'),
        [
          'backup:',
          ...[
            `cache_directory: ${cache}`,
            `target_url: ${url}`,
            `target_opaque: ${opaque}`,
            'settle_seconds: 0',
          ].map((line) => `  ${line}`),
        ].join('\n'),
      );
      const env = { XRD_LOGLEVEL: 'Dump' };
      const check = await cli(['config', 'check', '-c', file('config.yaml')], { env });
      assert.equal(check.code, 0, check.stderr);
      assert.match(check.stdout, /target_opaque: eos\.app=\*\*\*&site\.pass=\*\*\*&authz=\*\*\*/);
      const pass = await cli(['backup', '-c', file('config.yaml'), '--json', '--log-level', 'debug'], {
        env,
      });
      assert.equal(pass.code, 0, pass.stderr);
      assert.equal((jsonLines(pass.stdout).at(-1)?.['report'] as { copied: number }).copied, 2);
      assert.match(pass.stderr, /eos\.app=\*\*\*/);
      for (const output of [check, pass]) assertHidden(output.stdout + output.stderr);
      kindsOf(recorded);
    });
  });
});

function assertHidden(told: string): void {
  for (const hidden of [secret, secret.slice('Bearer%20'.length), 'open-sesame'])
    assert.ok(!told.includes(hidden), told.slice(Math.max(0, told.indexOf(hidden) - 200)).slice(0, 400));
}
