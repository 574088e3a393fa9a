/** Computes statistics over several rounds of one measurement. */
import { percentile } from "grep11";

/** The median and the extremes of several rounds of one measurement. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/**
 * Returns the median and the extremes of `values`, which can be in any order. Throws RangeError if `values` is empty.
 */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("nothing was measured");
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length / 2;
  const median = Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : percentile(sorted, 0.5);
  return { median, min: sorted[0]!, max: sorted.at(-1)!, rounds: sorted.length };
}

/** Returns the difference between the largest and the smallest value, divided by the median. */
export function relativeSpread({ median, min, max }: Spread): number {
  return median === 0 ? 0 : (max - min) / median;
}
