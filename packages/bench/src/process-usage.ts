/** Reads processor time and memory of processes (Linux, proc(5)). */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** How many clock ticks of /proc a second has. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/**
 * Returns the processor time of all threads of `pid` so far, in microseconds. Its resolution is one tick (10,000 microseconds on
 * most machines).
 */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The program name may contain spaces, so fields are counted from its closing parenthesis. The next field is the state, field 3
  // of proc(5); utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
}

/** Like cpuMicroseconds, for `pid` and all of its descendants together. */
export function cpuMicrosecondsOfTree(pid: number): number {
  return childProcesses(pid).reduce((sum, child) => sum + cpuMicrosecondsOfTree(child), cpuMicroseconds(pid));
}

/** Returns the running child processes that the main thread of `pid` started. */
export function childProcesses(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}

/** Resident memory of `pid` in MiB. */
export function residentMebibytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(line?.[1] ?? 0) / 1024;
}
