/** Runs `grep11` inside another program, with an Io of that program. Also exports the workloads for benchmarks. */

export { type Latency, latencyOf, percentile } from "./bench/latency.ts";
export { type PreparedCall, WORKLOADS, type Workload } from "./bench/workloads.ts";
export { connect } from "./connection/connection.ts";
export type { Settings } from "./connection/settings.ts";
export { run } from "./run.ts";
export type { Connection, Io, Output } from "./terminal/io.ts";
