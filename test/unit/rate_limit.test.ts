import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { RateLimit, type Clock } from '../../lib/xrdcl/rate_limit.js';

const rate = 100_000;
/** Seconds of which the bytes may be made up for. */
const credit = 0.1;
/** Of sums of floating point numbers. */
const inexact = 1e-6 * rate;

/** A clock that is moved by hand, and rings as late as it is told. */
class HandClock implements Clock {
  time = 0;
  readonly #late: () => number;
  readonly #alarms = new Set<{ at: number; ring: () => void }>();

  constructor(late: () => number = () => 0) {
    this.#late = late;
  }

  now(): number {
    return this.time;
  }

  after(seconds: number, callback: () => void): () => void {
    const alarm = { at: this.time + seconds + this.#late(), ring: callback };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  get rings(): number {
    return this.#alarms.size;
  }

  /** Rings all that is due until then. */
  async until(time: number): Promise<void> {
    for (;;) {
      await turn();
      const [first] = [...this.#alarms].sort((a, b) => a.at - b.at);
      if (first === undefined || first.at > time) break;
      this.#alarms.delete(first);
      this.time = Math.max(this.time, first.at);
      first.ring();
    }
    if (time < Infinity) this.time = time;
  }
}

interface Given {
  number: number;
  bytes: number;
  at: number;
}

/** Asks as it is told, and notes what is given when, in order. */
class Asker {
  readonly given: Given[] = [];
  readonly ended = new Set<number>();
  readonly #limit: RateLimit;
  readonly #clock: HandClock;
  readonly #stops: AbortController[] = [];

  constructor(clock: HandClock) {
    this.#clock = clock;
    this.#limit = new RateLimit(rate, clock);
  }

  ask(bytes: number): void {
    const stop = new AbortController();
    const number = this.#stops.push(stop) - 1;
    void this.#limit.take(bytes, stop.signal).then(() => {
      this.ended.add(number);
      if (!stop.signal.aborted) this.given.push({ number, bytes, at: this.#clock.time });
    });
  }

  abort(number: number): void {
    this.#stops[number]?.abort();
  }
}

const bytesOf = (given: readonly Given[]) => given.reduce((sum, { bytes }) => sum + bytes, 0);

const step = fc.record({
  pause: fc.double({ min: 0, max: 2, noNaN: true }),
  bytes: fc.array(fc.integer({ min: 0, max: rate }), { maxLength: 5 }),
  abort: fc.option(fc.nat(20), { nil: undefined, freq: 4 }),
});
const steps = fc.array(step, { minLength: 1, maxLength: 15 });
const lateness = (max: number) => fc.infiniteStream(fc.double({ min: 0, max, noNaN: true }));

describe('a rate limit', () => {
  it('refuses rates that libXrdCl could not keep', () => {
    for (const bad of [0, -1, 65_535, NaN, Infinity])
      assert.throws(() => new RateLimit(bad), RangeError, String(bad));
    assert.equal(new RateLimit(65_536).bytesPerSecond, 65_536);
  });

  it('is kept between any two moments, however late its clock rings', async () => {
    await fc.assert(
      fc.asyncProperty(steps, lateness(3), async (all, late) => {
        const clock = new HandClock(() => Number(late.next().value));
        const asker = new Asker(clock);
        for (const { pause, bytes, abort } of all) {
          await clock.until(clock.time + pause);
          for (const each of bytes) asker.ask(each);
          await turn();
          if (abort !== undefined) asker.abort(abort);
        }
        await clock.until(Infinity);
        const { given, ended } = asker;
        assert.equal(ended.size, all.flatMap(({ bytes }) => bytes).length, 'all have ended');
        assert.deepEqual(
          given.map(({ number }) => number),
          given.map(({ number }) => number).sort((a, b) => a - b),
          'in the order in which they were asked for',
        );
        given.forEach((first, i) => {
          let bytes = 0;
          for (const { bytes: more, at } of given.slice(i)) {
            bytes += more;
            const most = rate * (at - first.at + credit) + first.bytes;
            assert.ok(bytes <= most + inexact, `${bytes} bytes, not ${most}`);
          }
        });
        assert.equal(clock.rings, 0);
      }),
    );
  });

  it('is used up while there is somebody in the line, and the clock is not too late', async () => {
    await fc.assert(
      fc.asyncProperty(steps, lateness(credit), async (all, late) => {
        const clock = new HandClock(() => Number(late.next().value));
        const asker = new Asker(clock);
        const bytes = all.flatMap((each) => each.bytes);
        for (const each of bytes) asker.ask(each);
        await clock.until(Infinity);
        assert.equal(asker.given.length, bytes.length);
        const seconds = bytesOf(asker.given) / rate;
        assert.ok(clock.time <= seconds + 1e-6, `${clock.time} s, not ${seconds}`);
      }),
    );
  });

  it('holds up nobody who asks for less', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: credit * rate - 1 })), async (all) => {
        const clock = new HandClock();
        const asker = new Asker(clock);
        for (const bytes of all) {
          asker.ask(bytes);
          await turn();
          assert.equal(asker.given.at(-1)?.at, clock.time);
          await clock.until(clock.time + bytes / rate + 1e-9);
        }
        assert.equal(asker.given.length, all.length);
      }),
    );
  });

  it('whoever is aborted ends at once, and takes nothing from the others', async () => {
    const clock = new HandClock();
    const asker = new Asker(clock);
    asker.ask(5 * rate);
    asker.ask(5 * rate);
    asker.ask(rate);
    await clock.until(2);
    asker.abort(1);
    await turn();
    assert.deepEqual([...asker.ended], [1], 'in the midst of the line');
    asker.abort(0);
    await turn();
    assert.deepEqual([...asker.ended], [1, 0], 'the first in the line');
    await clock.until(Infinity);
    assert.deepEqual(asker.given, [{ number: 2, bytes: rate, at: 3 - credit }]);
    assert.equal(clock.rings, 0);

    const stop = AbortSignal.abort();
    const limit = new RateLimit(rate, clock);
    await limit.take(1e9, stop);
    await limit.take(1);
    assert.equal(clock.rings, 0);
  });
});
