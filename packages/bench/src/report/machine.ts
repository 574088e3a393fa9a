/** Describes the machine that a run was measured on. */
import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import type { Machine } from "../results.ts";

/** Describes this machine at the end of a run. `loadBefore` is the load average at the beginning of the run. */
export function describeMachine(loadBefore: number): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? process.arch,
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    openSsl: process.versions.openssl,
    revision: revision(),
    loadBefore,
    loadAfter: loadavg()[0]!,
  };
}

function revision(): string {
  try {
    return `commit ${execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim()}`;
  } catch {
    return "an unknown commit";
  }
}
