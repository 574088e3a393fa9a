/** Pins processes to cores, so that the load generator does not take the server's processor time. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const CAN_PIN = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/**
 * Like fork(), with the server on the first core and everything else on the others. With a single core, or without taskset
 * (util-linux), nothing is pinned.
 */
export function forkPinned(role: "server" | "load", module: URL, args: readonly string[] = []): ChildProcess {
  if (!CAN_PIN) return fork(module, args);
  const cores = role === "server" ? "0" : `1-${availableParallelism() - 1}`;
  return fork(module, args, { execPath: "taskset", execArgv: ["--cpu-list", cores, process.execPath] });
}
