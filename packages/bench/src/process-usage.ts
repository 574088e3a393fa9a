/** Reads the processor time and the memory of processes from /proc (Linux). */
import { readdirSync, readFileSync } from "node:fs";

/**
 * Returns how many microseconds of processor time all running threads of `pid` have used. The number is exact while
 * they are idle. The clock ticks in /proc/PID/stat would be too coarse for calls that are made one at a time.
 */
export function cpuMicroseconds(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = (task: string) => Number(readFileSync(`${tasks}/${task}/schedstat`, "latin1").split(" ", 1)[0]);
  return readdirSync(tasks).reduce((sum, task) => sum + nanoseconds(task) / 1000, 0);
}

/** Like cpuMicroseconds, but for `pid` and all of its descendants together. */
export function cpuMicrosecondsOfTree(pid: number): number {
  return childProcesses(pid).reduce((sum, child) => sum + cpuMicrosecondsOfTree(child), cpuMicroseconds(pid));
}

/** Returns the running child processes that the main thread of `pid` started. */
export function childProcesses(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}

/** Returns the resident memory of `pid` in MiB. */
export function residentMebibytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(line?.[1] ?? 0) / 1024;
}
