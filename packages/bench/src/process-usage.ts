/** Processor time and memory of processes (Linux, proc(5)). */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Clock ticks of /proc in a second. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Processor time of all threads of `pid` so far, in microseconds, with the resolution of a tick (10,000 on most machines). */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name may contain spaces, so fields count from its end: state is field 3 of proc(5), utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
}

/** Like cpuMicroseconds, for `pid` and all its descendants. */
export function cpuMicrosecondsOfTree(pid: number): number {
  return childProcesses(pid).reduce((sum, child) => sum + cpuMicrosecondsOfTree(child), cpuMicroseconds(pid));
}

/** The running child processes that the main thread of `pid` started. */
export function childProcesses(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}

/** Resident memory of `pid` in MiB. */
export function residentMebibytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(line?.[1] ?? 0) / 1024;
}
