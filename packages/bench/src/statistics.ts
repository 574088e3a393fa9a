/** Statistics of several rounds of one measurement. */
import { percentile } from "grep11";

/** Rounds of one measurement. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** Median and extremes of `values`, in any order. Throws RangeError if it is empty. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("nothing was measured");
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length / 2;
  const median = Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : percentile(sorted, 0.5);
  return { median, min: sorted[0]!, max: sorted.at(-1)!, rounds: sorted.length };
}

/** The distance of the extremes, as a share of the median. */
export function relativeSpread({ median, min, max }: Spread): number {
  return median === 0 ? 0 : (max - min) / median;
}
