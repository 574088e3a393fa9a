/** Computes statistics of the durations of calls. */

/** Percentiles of latency, in the unit of the durations. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Returns the latency of `times`, which can be in any order. If there are none, all percentiles are 0. */
export function latencyOf(times: readonly number[]): Latency {
  const sorted = Float64Array.from(times).sort();
  return {
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
}

/**
 * Returns the smallest element of `sorted` (ascending) that at least the fraction `share` (0 to 1) of the elements do not exceed,
 * or 0 if there are none.
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
