/** Runs processes on fixed cores, so that the load generator does not take processor time from the server. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const CAN_PIN = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/**
 * Like fork(), but a server runs on the first core and any other process on the other cores. On a machine with a single core or
 * without taskset (util-linux), processes run on any core.
 */
export function forkPinned(role: "server" | "load", module: URL, args: readonly string[] = []): ChildProcess {
  if (!CAN_PIN) return fork(module, args);
  const cores = role === "server" ? "0" : `1-${availableParallelism() - 1}`;
  return fork(module, args, { execPath: "taskset", execArgv: ["--cpu-list", cores, process.execPath] });
}
