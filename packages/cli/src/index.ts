/** The program as a library: runs a command with a given Io; also exports the benchmark workloads. */

export { type Latency, latencyOf, percentile } from "./bench/latency.ts";
export { type PreparedCall, WORKLOADS, type Workload } from "./bench/workloads.ts";
export { connect } from "./connection/connection.ts";
export type { Settings } from "./connection/settings.ts";
export { run } from "./run.ts";
export type { Connection, Io, Output } from "./terminal/io.ts";
