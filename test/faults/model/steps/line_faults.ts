/** The line to the server breaks, garbles, or is slow. */
import fc from 'fast-check';
import type { LineFault } from '../../../support/rough_line.js';
import type { AnyStep } from '../step.js';
import { byte, troubleOf, underFault } from '../trouble.js';

const direction = fc.constantFrom('requests' as const, 'answers' as const);

function line(kind: LineFault['kind'], weight: number, by: fc.Arbitrary<number | undefined>): AnyStep {
  return underFault({
    ...{ name: `line: ${kind}`, weight },
    fault: fc.record({ direction, at: byte, by }),
    begin(world, { direction, at, by }) {
      const { line } = troubleOf(world);
      line.arm({ kind, direction, at, ...(by !== undefined && { by }) });
      return () => {
        line.disarm();
      };
    },
  });
}

const once = fc.constant(undefined);

export const lineFaults: AnyStep[] = [
  line('cut', 4, fc.option(fc.integer({ min: 1000, max: 50_000 }), { nil: undefined })),
  line('garble', 4, once),
  line('delay', 2, fc.integer({ min: 1, max: 20 })),
  line('throttle', 1, fc.integer({ min: 200_000, max: 2_000_000 })),
  line('swallow', 1, once),
];
