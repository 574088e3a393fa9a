/** Defines how long a benchmark run measures, and how often. */

/** The durations and repetitions of a run. Durations are in seconds. */
export interface Plan {
  readonly name: "quick" | "full";
  /** How many rounds there are. Each round measures every variant once, one after the other. */
  readonly rounds: number;
  /** How long each variant is under load in one round. */
  readonly seconds: number;
  /** How long a server runs under load before the first round. This warm-up does not count as a measurement. */
  readonly warmUpSeconds: number;
  /** How long one measurement of the engine takes. */
  readonly sliceSeconds: number;
  /** How long one measurement of latency or processes takes. */
  readonly longSeconds: number;
}

/**
 * A plan for development. Its results are imprecise, because they depend on the resolution of the clock and on other
 * load of the machine.
 */
export const QUICK: Plan = {
  name: "quick",
  rounds: 1,
  seconds: 0.25,
  warmUpSeconds: 0.1,
  sliceSeconds: 0.05,
  longSeconds: 1,
};

/** The plan for published results. */
export const FULL: Plan = {
  name: "full",
  rounds: 5,
  seconds: 0.6,
  warmUpSeconds: 0.8,
  sliceSeconds: 0.15,
  longSeconds: 4,
};
