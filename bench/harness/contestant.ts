/** Who takes part in a scenario. */
import type { Measures } from './measured_process.js';

export interface Amount {
  count: number;
  unit: 'files' | 'MB' | 'puts' | 'rows';
}

export interface Contestant {
  /** Unique in its scenario. */
  name: string;
  /** What one run works through: rates are this by the time. */
  amount: Amount;
  /** Which of its times its rate is made of. Default `wallSeconds`: the process as a whole. */
  basis?: 'wallSeconds' | 'innerSeconds' | 'secondsEach';
  /** Makes everything as it was before; not measured. */
  prepare?: () => Promise<void>;
  run: () => Promise<Measures>;
  /** Throws unless the work was done; not measured. */
  check?: () => Promise<void>;
}
