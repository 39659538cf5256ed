import assert from 'node:assert/strict';
import fc from 'fast-check';
import { queriesInFlight } from '../../lib/rules/queries_in_flight.js';

describe('queriesInFlight', () => {
  const table: [roundTrip: number, duration: number | undefined, inFlight: number][] = [
    [0, undefined, 4],
    [50, undefined, 4],
    [0.2, 5, 4],
    [10, 13, 8],
    [50, 51, 8],
    [50, 125, 6],
    [50, 700, 4],
    [50, 40, 8],
    [0, 0, 4],
  ];
  for (const [roundTrip, duration, inFlight] of table) {
    it(`${roundTrip} ms away, ${duration ?? 'none yet'} ms each: ${inFlight}`, () => {
      assert.equal(queriesInFlight(4, { roundTrip, duration }), inFlight);
    });
  }

  it('is never less than the server may work at, nor more than twice that', () => {
    const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), ms, ms, (atOnce, roundTrip, duration) => {
        const inFlight = queriesInFlight(atOnce, { roundTrip, duration });
        assert.ok(Number.isInteger(inFlight) && inFlight >= atOnce && inFlight <= 2 * atOnce);
      }),
    );
  });
});
