/** Durations and repetitions of a run. */

/** Durations are in seconds. */
export interface Plan {
  readonly name: "quick" | "full";
  /** Rounds of the matrix; each measures every variant. */
  readonly rounds: number;
  /** Duration for one variant and one workload in one round. */
  readonly seconds: number;
  /** Before the first round, not counted. */
  readonly warmUpSeconds: number;
  /** Rounds of the other measurements. */
  readonly sideRounds: number;
  /** Duration of one measurement inside a process. */
  readonly sliceSeconds: number;
  /** Duration of one measurement of latency, memory or clients. */
  readonly longSeconds: number;
}

/** For development: the resolution of the clock and other load on the machine affect every number. */
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
