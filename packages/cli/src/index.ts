/** The program as a library: run a command in surroundings of your own; and the calls it measures by. */
export { connect } from "./connection.ts";
export type { Connection, Io, Output } from "./io.ts";
export { type Latency, latencyOf, percentile } from "./latency.ts";
export { run } from "./run.ts";
export type { Settings } from "./settings.ts";
export { type PreparedCall, WORKLOADS, type Workload } from "./workloads.ts";
