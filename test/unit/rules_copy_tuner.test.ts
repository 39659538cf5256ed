import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CopyTuner } from '../../lib/rules/copy_tuner.js';

/** Copies of equal work at a server that takes `milliseconds` for one, and `capacity` a second at most. */
class Server {
  now = 0;
  readonly #tuner: CopyTuner;

  constructor(tuner: CopyTuner) {
    this.#tuner = tuner;
  }

  rate(limit: number, milliseconds: number, capacity: number): number {
    return Math.min((limit * 1000) / milliseconds, capacity);
  }

  run(copies: number, milliseconds: number, capacity: number): void {
    for (let i = 0; i < copies; i += 1) {
      this.now += 1000 / this.rate(this.#tuner.limit, milliseconds, capacity);
      this.#tuner.ended(1, this.now);
    }
  }
}

describe('CopyTuner', () => {
  const bounds = { first: 16, most: 256 };

  it('finds about as many copies as a server rewards', () => {
    const cases = fc.record({
      milliseconds: fc.integer({ min: 5, max: 500 }),
      capacity: fc.integer({ min: 50, max: 5000 }),
    });
    fc.assert(
      fc.property(cases, ({ milliseconds, capacity }) => {
        const tuner = new CopyTuner(bounds);
        const server = new Server(tuner);
        server.run(60_000, milliseconds, capacity);
        const possible = server.rate(bounds.most, milliseconds, capacity);
        const needed = (possible * milliseconds) / 1000;
        const rate = server.rate(tuner.limit, milliseconds, capacity);
        // It may be looking around just now, at half or twice of what it found.
        assert.ok(rate >= possible * 0.45, `${rate} of ${possible}`);
        assert.ok(tuner.limit <= Math.max(4, needed * 4.5), `${tuner.limit} for ${needed}`);
      }),
    );
  });

  it('begins low and doubles while that helps', () => {
    const tuner = new CopyTuner(bounds);
    const server = new Server(tuner);
    assert.equal(tuner.limit, 16);
    const limits = new Set<number>();
    for (let i = 0; i < 5000; i += 1) {
      server.run(1, 100, 1e9);
      limits.add(tuner.limit);
    }
    assert.deepEqual([...limits].slice(0, 5), [16, 32, 64, 128, 256]);
  });

  it('halves on an error, and takes no more for half a minute; a flood of errors is one', () => {
    const tuner = new CopyTuner(bounds);
    const server = new Server(tuner);
    server.run(20_000, 100, 1e9);
    const before = tuner.limit;
    assert.ok(before >= 128);
    const failedAt = server.now;
    for (let i = 0; i < 100; i += 1) tuner.failed(server.now + i);
    assert.equal(tuner.limit, before / 2);
    while (server.now < failedAt + 29_000) {
      server.run(1, 100, 1e9);
      assert.ok(tuner.limit <= before / 2);
    }
    server.run(60_000, 100, 1e9);
    assert.ok(tuner.limit >= 128);
  });

  it('comes down again when fewer do as well', () => {
    const tuner = new CopyTuner(bounds);
    const server = new Server(tuner);
    server.run(20_000, 100, 1e9);
    assert.ok(tuner.limit >= 128);
    server.run(200_000, 10, 400);
    assert.ok(tuner.limit <= 16, String(tuner.limit));
  });

  it('learns nothing where nobody waits for the room that there is', () => {
    const tuner = new CopyTuner(bounds);
    const server = new Server(tuner);
    for (let i = 0; i < 20_000; i += 1) {
      server.run(1, 100, 1e9);
      tuner.idle();
    }
    assert.equal(tuner.limit, 16);
  });

  it('stays within its bounds, whatever happens', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('ended' as const), after: fc.integer({ min: 0, max: 2000 }) }),
      fc.record({ kind: fc.constantFrom('failed' as const, 'idle' as const), after: fc.nat(100_000) }),
    );
    const limits = fc.record({
      first: fc.integer({ min: 1, max: 40 }),
      most: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(limits, fc.array(event, { maxLength: 400 }), ({ first, most }, events) => {
        const tuner = new CopyTuner({ first, most });
        let now = 0;
        for (const { kind, after } of events) {
          now += after;
          if (kind === 'ended') tuner.ended(1, now);
          else if (kind === 'failed') tuner.failed(now);
          else tuner.idle();
          assert.ok(Number.isInteger(tuner.limit) && tuner.limit >= 1 && tuner.limit <= most);
        }
      }),
    );
  });
});
