/** Numbers of several rounds as one. */

export interface Summary {
  median: number;
  min: number;
  max: number;
  /** In the order of the rounds. */
  all: number[];
}

/** @throws {Error} without values */
export function summarize(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    min: Math.min(...values),
    max: Math.max(...values),
    all: [...values],
  };
}

/**
 * Interpolated between neighbours.
 * @param share 0 to 1
 * @throws {Error} without values
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}
