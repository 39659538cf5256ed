/** The server near and far: each distance is a delay proxy before it. */
import type { Bench } from './bench.js';
import { roundTrips } from './delay_proxy.js';

export interface Distance {
  /** Of a round-trip. */
  milliseconds: number;
  /** `root://host:port` */
  server: string;
}

/** @returns the distances, and what a round-trip to them really takes, for the record */
export async function atDistances(
  bench: Bench,
  milliseconds: readonly number[],
): Promise<{ distances: Distance[]; facts: Record<string, string> }> {
  const distances: Distance[] = [];
  const facts: Record<string, string> = {};
  for (const each of milliseconds) {
    const server = await bench.at(each);
    const { median, min, max } = await roundTrips(server);
    facts[farName(each, 'round-trip measured')] =
      `${median.toFixed(2)} ms (${min.toFixed(2)} to ${max.toFixed(2)})`;
    distances.push({ milliseconds: each, server });
  }
  return { distances, facts };
}

/** What a contestant is called at a distance. */
export function farName(milliseconds: number, who: string): string {
  return `${milliseconds} ms: ${who}`;
}
