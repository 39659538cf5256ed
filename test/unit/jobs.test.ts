import assert from 'node:assert/strict';
import fc from 'fast-check';
import { forEachConcurrent } from '../../lib/flow/concurrent.js';
import { EventBus } from '../../lib/jobs/events/event_bus.js';
import { mapConcurrent } from '../../lib/flow/map_concurrent.js';
import { ProgressMeter } from '../../lib/jobs/run/progress_meter.js';
import { ProgressNews } from '../../lib/jobs/run/progress_news.js';
import { mostFailures, Tally, type Outcome } from '../../lib/jobs/run/tally.js';
import { assertAddsUp, collect, keepingLogger } from '../support/archive.js';
import { unhandledRejections } from '../support/rejections.js';

async function* numbers(count: number, seen?: (n: number) => void): AsyncGenerator<number> {
  for (let n = 0; n < count; n += 1) {
    seen?.(n);
    await Promise.resolve();
    yield n;
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('forEachConcurrent', () => {
  it('runs every item once, never more than allowed at a time, and pulls no further', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        async (count, most) => {
          let running = 0;
          let highest = 0;
          let pulled = 0;
          const done: number[] = [];
          await forEachConcurrent(
            numbers(count, () => (pulled += 1)),
            most,
            async (n) => {
              running += 1;
              highest = Math.max(highest, running);
              assert.ok(pulled <= done.length + most + 1);
              for (let i = 0; i < n % 4; i += 1) await turn();
              running -= 1;
              done.push(n);
            },
          );
          assert.deepEqual(
            done.sort((a, b) => a - b),
            [...Array(count).keys()],
          );
          assert.ok(highest <= most);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('after a failure starts nothing more, waits for what runs, then throws it', async () => {
    const started: number[] = [];
    let ended = 0;
    const work = forEachConcurrent(numbers(100), 3, async (n) => {
      started.push(n);
      if (n === 4) throw new Error('four');
      for (let i = 0; i < 5; i += 1) await turn();
      ended += 1;
    });
    await assert.rejects(work, /four/);
    assert.equal(ended, started.length - 1);
    assert.ok(started.length < 10);
  });

  it('a slow item delays nobody', async () => {
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const done: number[] = [];
    await forEachConcurrent(numbers(50), 2, async (n) => {
      if (n === 0) await slow;
      done.push(n);
      if (n === 49) release();
    });
    assert.equal(done.at(-1), 0);
  });
});

describe('mapConcurrent', () => {
  it('keeps the order of the source', async () => {
    const results = await collect(
      mapConcurrent(numbers(40), 7, async (n) => {
        for (let i = 0; i < (n * 7) % 5; i += 1) await turn();
        return n * 2;
      }),
    );
    assert.deepEqual(
      results,
      [...Array(40).keys()].map((n) => n * 2),
    );
  });

  it('throws a failure in its turn', async () => {
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const n of mapConcurrent(numbers(9), 4, async (n) => {
        await turn();
        if (n === 2) throw new Error('two');
        return n;
      }))
        seen.push(n);
    }, /two/);
    assert.deepEqual(seen, [0, 1]);
  });
});

describe('Tally', () => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.record({ result: fc.constant('copied' as const), bytes: fc.nat(), removed: fc.boolean() }),
    fc.record({ result: fc.constant('removed' as const), bytes: fc.nat() }),
    fc.record({ result: fc.constant('kept' as const), reason: fc.constantFrom('a', 'b') }),
    fc.record({
      result: fc.constantFrom('failed' as const, 'conflicts' as const),
      failure: fc.record({ path: fc.string(), code: fc.string(), message: fc.string() }),
    }),
  );

  it('adds up, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(outcome), (outcomes) => {
        const tally = new Tally('backup', false, new Date(0));
        for (const each of outcomes) tally.add(each);
        const report = tally.report(new Date(1000), false);
        assertAddsUp(report);
        assert.equal(report.scanned, outcomes.length);
        assert.deepEqual(
          [report.startedAt, report.finishedAt],
          ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:01.000Z'],
        );
      }),
    );
  });

  it('counts all failures and holds the first thousand', () => {
    const tally = new Tally('backup', false, new Date());
    const failure = { path: 'p', code: 'c', message: 'm' };
    for (let i = 0; i < mostFailures + 5; i += 1) tally.add({ result: 'failed', failure });
    const report = tally.report(new Date(), false);
    assert.deepEqual([report.failed, report.failures.length], [mostFailures + 5, mostFailures]);
  });
});

describe('ProgressNews', () => {
  const hour = 3_600_000;

  it('a job that waits 48 h for tape says so once', () => {
    const [meter, news] = [new ProgressMeter(), new ProgressNews()];
    meter.found(1000);
    meter.walkEnded();
    let events = 0;
    for (let now = 0; now <= 48 * hour; now += 1000)
      if (news.isNew({ ...meter.read(now), job: 'restore', waitingForTape: 1 }, now)) events += 1;
    assert.equal(events, 1);
    const last = { ...meter.read(48 * hour), job: 'restore', waitingForTape: 1 } as const;
    assert.equal(news.isNew(last, 48 * hour, true), false);
    assert.equal(news.isNew({ ...last, waitingForTape: 0 }, 48 * hour), true);
  });

  it('a rate that only sinks is told once a second, and at once at the end', () => {
    const [meter, news] = [new ProgressMeter(), new ProgressNews()];
    meter.found(1000);
    const told = (now: number, isLast = false) =>
      news.isNew({ ...meter.read(now), job: 'backup' }, now, isLast);
    assert.equal(told(0), true);
    meter.copying('a', 500, 1000);
    assert.deepEqual(
      [told(100), told(200), told(900), told(1100), told(1200)],
      [true, false, false, true, false],
    );
    assert.equal(told(1300, true), true);
  });
});

describe('ProgressMeter', () => {
  it('knows rate and time left once the walk is done', () => {
    const meter = new ProgressMeter();
    meter.found(1000);
    meter.found(3000);
    assert.equal(meter.read(0).etaSeconds, null);
    meter.copying('a', 500, 1000);
    assert.deepEqual([meter.read(1000).rate, meter.read(1000).etaSeconds], [500, null]);
    meter.walkEnded();
    meter.copying('a', 1000, 1000);
    meter.done('a', 1000);
    const now = meter.read(2000);
    assert.deepEqual(
      [now.rate, now.bytesDone, now.bytesKnown, now.filesDone, now.filesKnown, now.etaSeconds],
      [500, 1000, 4000, 1, 2, 6],
    );
    meter.done('b', 3000);
    assert.equal(meter.read(3000).etaSeconds, 0);
  });

  it('names ten of the files in flight, the earliest first, and none whose bytes have all been moved', () => {
    const meter = new ProgressMeter();
    meter.copying('whole', 5, 5);
    for (let i = 0; i < 12; i += 1) meter.copying(`f${i}`, i, 100);
    meter.restart('f1');
    const { inFlight, copying } = meter.read(0);
    assert.equal(copying, 12);
    assert.deepEqual(
      inFlight.map(({ path, bytes }) => `${path} ${bytes}`),
      ['f0 0', 'f2 2', 'f3 3', 'f4 4', 'f5 5', 'f6 6', 'f7 7', 'f8 8', 'f9 9', 'f10 10'],
    );
  });

  it('forgets old seconds, and what a failed copy had done', () => {
    const meter = new ProgressMeter();
    meter.found(100);
    meter.read(0);
    meter.copying('a', 60, 100);
    meter.read(1000);
    meter.restart('a');
    assert.equal(meter.read(1000).bytesDone, 0);
    for (let second = 2; second <= 30; second += 1) meter.read(second * 1000);
    assert.equal(meter.read(31_000).rate, 0);
  });
});

describe('EventBus', () => {
  it('tells each listener, takes listeners off, and survives those that throw', () => {
    const { logger, lines } = keepingLogger();
    const bus = new EventBus(logger);
    const heard: string[] = [];
    bus.onAny(() => {
      throw new Error('broken');
    });
    const off = bus.on('file:kept', ({ path }) => heard.push(path));
    const offTwice = bus.on('file:kept', ({ path }) => heard.push(path));
    bus.emit({ jobId: 'j', type: 'file:kept', path: 'a', reason: 'r' });
    bus.emit({ jobId: 'j', type: 'file:skipped', path: 'x', reason: 'r' });
    off();
    bus.emit({ jobId: 'j', type: 'file:kept', path: 'b', reason: 'r' });
    offTwice();
    bus.emit({ jobId: 'j', type: 'file:kept', path: 'c', reason: 'r' });
    assert.deepEqual(heard, ['a', 'a', 'b']);
    assert.equal(lines.filter(({ message }) => message === 'a listener threw').length, 4);
  });

  it('survives listeners that reject, and those that throw or reject with what is no error', async () => {
    const { logger, lines } = keepingLogger();
    const bus = new EventBus(logger);
    const nothing: unknown = Object.create(null);
    bus.on('file:kept', async () => {
      await turn();
      throw new Error('rejected');
    });
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    bus.onAny(() => Promise.reject(nothing));
    bus.onAny(() => {
      throw nothing as Error;
    });
    const unheard = await unhandledRejections(() => {
      bus.emit({ jobId: 'j', type: 'file:kept', path: 'a', reason: 'r' });
    });
    assert.deepEqual(unheard, []);
    assert.deepEqual(
      lines.map(({ level, message, fields }) => [level, message, fields['event'], typeof fields['error']]),
      Array<unknown>(3).fill(['error', 'a listener threw', 'file:kept', 'string']),
    );
    assert.ok(lines.some(({ fields }) => String(fields['error']).includes('rejected')));
  });
});
