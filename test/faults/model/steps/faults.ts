/** All steps with a fault, which take part with `--faults`. */
import type { AnyStep } from '../step.js';
import { aheadOfTime } from './clock.js';
import { diskFaults } from './disk_faults.js';
import { limited } from './limits.js';
import { lineFaults } from './line_faults.js';
import { killed } from './killed.js';
import { serverFaults } from './server_faults.js';
import { twoAtOnce } from './two_at_once.js';

export const FAULTS: readonly AnyStep[] = [
  ...lineFaults,
  ...serverFaults,
  ...diskFaults,
  ...killed,
  ...limited,
  twoAtOnce,
  aheadOfTime,
];
