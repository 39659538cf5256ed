import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICE_LOCK_NAME } from '../../lib/cache/own_files.js';
import { acquireLock, acquireServiceLock } from '../../lib/cache/lock.js';
import { Archive, ConfigError, type ArchiveEvent } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { keepingLogger, recordsIn, withArchive } from '../support/archive.js';
import { cli } from '../support/cli.js';
import { NotifySocket } from '../support/notify_socket.js';
import {
  assertArchived,
  configureService,
  makeServicePlace,
  RunningService,
  writeRecords,
  type Records,
} from '../support/service.js';
import { withTemp } from '../support/temporary.js';

interface Interval {
  from: number;
  to: number;
}

/** When passes ran; one without an end ran until `killed`. */
function intervals(
  events: readonly ArchiveEvent[],
  heard: ReadonlyMap<number, number>,
  killed: number,
): Interval[] {
  const found: Interval[] = [];
  let open: number | undefined;
  for (const [i, event] of events.entries()) {
    if (event.type === 'pass:started') open = heard.get(i) ?? assert.fail();
    if (event.type === 'pass:finished') {
      open = undefined;
      found.push({ from: Date.parse(event.report.startedAt), to: Date.parse(event.report.finishedAt) });
    }
  }
  if (open !== undefined) found.push({ from: open, to: killed });
  return found;
}

/** When each event was heard here; never before it happened. */
function hearing(service: RunningService): Map<number, number> {
  const heard = new Map<number, number>();
  service.child.stdout.on('data', () => {
    for (const i of service.events.keys()) if (!heard.has(i)) heard.set(i, Date.now());
  });
  return heard;
}

function overlaps(all: readonly Interval[]): [Interval, Interval][] {
  return all.flatMap((a, i) =>
    all.slice(i + 1).flatMap((b): [Interval, Interval][] => (a.from < b.to && b.from < a.to ? [[a, b]] : [])),
  );
}

describe('the service in the process (Archive.start, stop)', () => {
  it('makes passes until it is stopped, and can be started again', async () => {
    await withArchive({ tapeFlags: false }, async ({ archive, cache, events }) => {
      const service = archive({ copyCronString: '* * * * * *', autoRemove: 'cached' });
      for (const name of ['one', 'two']) {
        await writeFile(path.join(cache, name), name);
        const copied = new Promise((resolve) => {
          const off = service.on('pass:finished', ({ report }) => {
            if (report.copied > 0) off();
            if (report.copied > 0) resolve(report);
          });
        });
        await service.start();
        await assert.rejects(service.start(), /started before/);
        await copied;
        await service.stop();
        const begun = events.filter(({ type }) => type === 'pass:started').length;
        await service.stop();
        assert.deepEqual(await recordsIn(cache), []);
        assert.equal(events.filter(({ type }) => type === 'pass:started').length, begun);
      }
      assert.ok(events.some(({ type }) => type === 'usage'));
    });
  });

  it('is refused without a schedule or cache, and tells why', async () => {
    await withTemp(async (cacheDirectory) => {
      const targetUrl = 'root://server.invalid//base';
      await assert.rejects(new Archive({ cacheDirectory, targetUrl }).start(), /copyCronString: is missing/);
      const copyCronString = '0 3 * * *';
      await assert.rejects(new Archive({ targetUrl, copyCronString }).start(), /cacheDirectory: is missing/);
      const gone = new Archive({ cacheDirectory: `${cacheDirectory}/gone`, targetUrl, copyCronString });
      await assert.rejects(gone.start(), ConfigError);
      await gone.stop();
    });
  });

  it('may be stopped while it is started', async () => {
    await withTemp(async (cacheDirectory) => {
      const targetUrl = 'root://server.invalid//base';
      const archive = new Archive({ cacheDirectory, targetUrl, copyCronString: '* * * * * *' });
      archive.on('pass:scheduled', () => assert.fail('it was stopped'));
      await Promise.all([archive.start(), archive.stop()]);
      const lock = await acquireServiceLock(cacheDirectory);
      await lock.release();
    });
  });

  it('goes on with the old options when the new ones are refused', async () => {
    await withTemp(async (cacheDirectory) => {
      const options = {
        cacheDirectory,
        targetUrl: 'root://server.invalid//base',
        copyCronString: '0 3 * * *',
      };
      const { logger } = keepingLogger();
      const archive = new Archive(options, { logger });
      const scheduled: string[] = [];
      archive.on('pass:scheduled', ({ at }) => void scheduled.push(new Date(at).toISOString().slice(14, 16)));
      await archive.start();
      try {
        assert.throws(() => archive.reconfigure({ ...options, copyCronString: 'nightly' }), ConfigError);
        assert.throws(() => archive.reconfigure({ ...options, keytabFilePath: '/etc/other' }), ConfigError);
        const { copyCronString: _, ...without } = options;
        assert.throws(() => archive.reconfigure(without), ConfigError);
        assert.equal(archive.config.copyCronString, '0 3 * * *');
        const again = new Promise((resolve) => archive.on('pass:scheduled', resolve));
        archive.reconfigure({ ...options, copyCronString: '17 3 * * *', verify: 'size' });
        await again;
        assert.deepEqual([scheduled, archive.config.verify], [['00', '17'], 'size']);
      } finally {
        await archive.stop();
      }
    });
  });

  it('waits for a pass by hand to end', async () => {
    await withArchive({ tapeFlags: false }, async ({ archive, cache, events, lines }) => {
      const service = archive({ copyCronString: '* * * * * *' });
      const byHand = await acquireLock(cache);
      const scheduled = new Promise((resolve) => service.on('pass:scheduled', resolve));
      const finished = new Promise((resolve) => service.on('pass:finished', resolve));
      await service.start();
      await scheduled;
      while (!lines.some(({ message }) => /^waiting for its end: another pass is running/.test(message)))
        await new Promise((resolve) => setImmediate(resolve));
      assert.ok(!events.some(({ type }) => type === 'pass:started'));
      await byHand.release();
      await finished;
      await service.stop();
      assert.deepEqual(
        events.filter(({ type }) => type === 'pass:failed'),
        [],
      );
    });
  });
});

describe('xrootd-archive run', () => {
  it('2: without a schedule nothing begins', async () => {
    await withTemp(async (directory) => {
      const place = await makeServicePlace(directory, 'root://server.invalid//base');
      await configureService(place, 'root://server.invalid//base', { copy_cron_string: undefined });
      const { code, stderr } = await cli(['run', '--config', place.config]);
      assert.match(stderr, /copy_cron_string/);
      assert.equal(code, 2);
    });
  });

  it('tells systemd, reads its configuration anew on SIGHUP, ends with 0 on SIGTERM', async () => {
    await using sandbox = await TapeSandbox.start({ tapeFlags: false });
    await withTemp(async (directory) => {
      const place = await makeServicePlace(directory, sandbox.url, { copy_cron_string: '0 0 1 1 *' });
      const socketPath = path.join(directory, 'notify');
      await using socket = await NotifySocket.listen(socketPath);
      const env = { NOTIFY_SOCKET: socketPath, WATCHDOG_USEC: '200000', WATCHDOG_PID: undefined };
      await using service = new RunningService(place, { env });
      const count = (what: string) => socket.messages.filter((message) => message.startsWith(what)).length;
      await socket.until(
        () => count('READY=1') === 1 && count('WATCHDOG=1') > 2 && count('STATUS=next pass') === 1,
      );

      await service.until(({ stderr }) =>
        /INFO +the next pass is scheduled at=\d{4}-01-01T00:00:00.000Z/.test(stderr),
      );

      await writeFile(place.config, 'backup: {target_url: 4}');
      service.child.kill('SIGHUP');
      await socket.until(() => count('READY=1') === 2);
      assert.equal(count('RELOADING=1\nMONOTONIC_USEC='), 1);
      await service.until(({ stderr }) =>
        /the configuration is refused, the old one stays: .*target_url/.test(stderr),
      );
      assert.equal(count('STATUS=next pass'), 1);

      await writeFile(path.join(place.cache, 'record'), 'bytes');
      await configureService(place, sandbox.url, { log_level: 'debug' });
      service.child.kill('SIGHUP');
      await service.untilEvents('file:removed');
      // The log is on another stream, and may come later.
      await service.until(({ stderr }) => /DEBUG +file:removed/.test(stderr));

      service.child.kill('SIGTERM');
      const { code, signal, stderr } = await service.ended;
      assert.deepEqual([code, signal], [0, null], stderr);
      await socket.until(() => count('STOPPING=1') === 1);
      assert.match(stderr, /service stopped/);
    });
  });

  it('lives on when its server is away, and tells of each pass', async () => {
    await withTemp(async (directory) => {
      await using sandbox = await TapeSandbox.start({ tapeFlags: false });
      await sandbox.kill();
      const place = await makeServicePlace(directory, sandbox.url);
      await using service = new RunningService(place);
      await service.untilEvents('pass:failed', 2);
      assert.ok(service.events.every((event) => event.type !== 'pass:failed' || event.message !== ''));
      await sandbox.restart();
      await writeFile(path.join(place.cache, 'record'), 'bytes');
      await service.untilEvents('file:removed');
      service.child.kill('SIGTERM');
      assert.equal((await service.ended).code, 0);
    });
  });

  it('a second SIGTERM ends it at once, within the grace time of the first', async () => {
    await using sandbox = await TapeSandbox.start({ tapeFlags: false });
    await withTemp(async (directory) => {
      const place = await makeServicePlace(directory, sandbox.url, {
        ...{ stop_grace_seconds: 3600, max_rate: 100_000 },
      });
      await writeRecords(place.cache, 60, 100_000);
      await using service = new RunningService(place);
      await service.untilEvents('file:copying');
      service.child.kill('SIGTERM');
      await service.until(({ stderr }) => /SIGTERM, stopping cleanly/.test(stderr));
      // Signals within 0.3 s count as one; a third one, while the process ends, would kill it in the system's own way.
      await sleep(400);
      service.child.kill('SIGTERM');
      const { code, signal } = await service.ended;
      assert.deepEqual([code, signal], [130, null]);
    });
  });
});

describe('several services (S10)', () => {
  /** Two services on caches of theirs, or on one; the one that works is killed in mid-pass. */
  async function twoServices(oneCache: boolean, use: (ran: Ran) => void | Promise<void>): Promise<void> {
    await using sandbox = await TapeSandbox.start({ tapeFlags: false });
    await withTemp(async (directory) => {
      const keys = { max_rate: 500_000 };
      const one = await makeServicePlace(path.join(directory, '1'), sandbox.url, keys);
      const other = oneCache
        ? one
        : await makeServicePlace(path.join(directory, '2'), `${sandbox.url}/other`, keys);
      const records = await writeRecords(one.cache, 30, 100_000);
      if (!oneCache) await writeRecords(other.cache, 30, 100_000);
      await using first = new RunningService(one);
      const heardFirst = hearing(first);
      await first.untilEvents('file:copied');
      await using second = new RunningService(other);
      const heardSecond = hearing(second);
      if (oneCache) await second.until(({ stderr }) => (stderr.match(/standing by/g)?.length ?? 0) >= 3);
      else await second.untilEvents('file:copied');
      const holder = readFileSync(path.join(one.cache, SERVICE_LOCK_NAME), 'utf8');
      assert.match(holder, new RegExp(`^pid ${first.child.pid}\nhost .*\nstarted 20`));
      const killedAt = Date.now();
      first.child.kill('SIGKILL');
      await first.ended;
      const ranUntilKilled = intervals(first.events, heardFirst, killedAt);
      await second.until(() => second.events.some((event) => event.type === 'pass:finished'));
      const takenOver = second.events.findIndex(({ type }) => type === 'pass:started');
      const all = [...ranUntilKilled, ...intervals(second.events, heardSecond, Date.now())];
      second.child.kill('SIGTERM');
      assert.equal((await second.ended).code, 0);
      const waited = (heardSecond.get(takenOver) ?? assert.fail()) - killedAt;
      await use({ all, records, sandbox, cache: one.cache, waited });
    });
  }

  interface Ran {
    all: Interval[];
    records: Records;
    sandbox: TapeSandbox;
    cache: string;
    /** Milliseconds from the kill to the other's pass. */
    waited: number;
  }

  it('one works, another takes over in the next slot when it is killed; never two passes at once', async () => {
    await twoServices(true, async ({ all, records, sandbox, cache, waited }) => {
      assert.ok(all.length >= 2);
      assert.deepEqual(overlaps(all), []);
      // Slots are a second apart, and its pass takes a while on a busy machine.
      assert.ok(waited > 0 && waited < 15_000, `${waited} ms`);
      await assertArchived(cache, sandbox.url, records);
    });
  });

  it('this test would notice two passes at once: on two caches there are', async () => {
    await twoServices(false, ({ all }) => {
      assert.notDeepEqual(overlaps(all), []);
    });
  });
});
