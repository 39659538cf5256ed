import type { OursJob } from './ours.js';

/** What contestants/ingest.ts is told. */
export interface IngestJob {
  how: 'put' | 'writeFile';
  /** Its cache is where the records go, under `ingest/`. */
  pass: OursJob;
  bytes: number;
  /** Records, where no pass tells how long to go on. */
  count: number;
  /** Is the pass run meanwhile, and where? Default `nothing`. */
  beside?: 'nothing' | 'here' | 'elsewhere';
  /** Between two records. Default 0. */
  pauseMilliseconds?: number;
}
