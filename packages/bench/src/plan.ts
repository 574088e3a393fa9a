/** How long everything runs. */

/** Durations in seconds, and how often a measurement is repeated. */
export interface Plan {
  readonly name: "quick" | "full";
  /** Rounds of the matrix; in each every variant has its turn. */
  readonly rounds: number;
  /** One variant, one workload, one round. */
  readonly seconds: number;
  /** Before the first round, uncounted. */
  readonly warmUpSeconds: number;
  /** Rounds of measurements besides the matrix. */
  readonly sideRounds: number;
  /** One slice of measurements inside one process. */
  readonly sliceSeconds: number;
  /** One slice of the measurements of latency, memory and clients. */
  readonly longSeconds: number;
}

/** For development: ticks of the clock and neighbours on the machine show in every number. */
export const QUICK: Plan = {
  name: "quick",
  rounds: 1,
  seconds: 0.25,
  warmUpSeconds: 0.1,
  sideRounds: 2,
  sliceSeconds: 0.05,
  longSeconds: 1,
};

/** For publication. */
export const FULL: Plan = {
  name: "full",
  rounds: 5,
  seconds: 0.7,
  warmUpSeconds: 0.5,
  sideRounds: 5,
  sliceSeconds: 0.2,
  longSeconds: 4,
};
