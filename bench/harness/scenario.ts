/** One question to the benchmarks. */
import type { Bench } from './bench.js';
import type { ContestantResult, Wish } from './result.js';

export interface Scenario {
  name: string;
  title: string;
  run: (bench: Bench) => Promise<Findings>;
}

export interface Findings {
  facts?: Record<string, string | number>;
  results: ContestantResult[];
  wishes: readonly Wish[];
}
