/** Processes on cores of their own, so that the load on a server does not take the server's time. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

const CAN_PIN = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/**
 * Starts the program `module` with `args` as fork() does: the server on the first core, everything else on the others. Where
 * there is one core, or no taskset (util-linux), they share what there is.
 */
export function forkPinned(role: "server" | "load", module: URL, args: readonly string[] = []): ChildProcess {
  if (!CAN_PIN) return fork(module, args);
  const cores = role === "server" ? "0" : `1-${availableParallelism() - 1}`;
  return fork(module, args, { execPath: "taskset", execArgv: ["--cpu-list", cores, process.execPath] });
}
