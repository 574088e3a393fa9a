/** How long a benchmark run measures, and how often. */

/** The durations and repetitions of a run. Durations are in seconds. */
export interface Plan {
  readonly name: "quick" | "full";
  /** How many rounds the matrix has. Each round measures every variant. */
  readonly rounds: number;
  /** How long one variant is measured with one workload in one round. */
  readonly seconds: number;
  /** How long the servers run under load before the first round; this is not counted. */
  readonly warmUpSeconds: number;
  /** How many rounds the measurements other than the matrix have. */
  readonly sideRounds: number;
  /** How long one measurement inside a process takes. */
  readonly sliceSeconds: number;
  /** How long one measurement of latency, memory or clients takes. */
  readonly longSeconds: number;
}

/**
 * A plan for development. Its numbers are imprecise: the resolution of the clock and other load on the machine affect all of
 * them.
 */
export const QUICK: Plan = {
  name: "quick",
  rounds: 1,
  seconds: 0.25,
  warmUpSeconds: 0.1,
  sideRounds: 2,
  sliceSeconds: 0.05,
  longSeconds: 1,
};

/** The plan for published results. */
export const FULL: Plan = {
  name: "full",
  rounds: 5,
  seconds: 0.7,
  warmUpSeconds: 0.5,
  sideRounds: 5,
  sliceSeconds: 0.2,
  longSeconds: 4,
};
