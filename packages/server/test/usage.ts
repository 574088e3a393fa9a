/** Measures what tests limit, in ways that do not depend on how busy the machine is. */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Returns how many milliseconds of processor time this thread takes until `work` is done. The client and the server of
 * a test share the thread.
 */
export async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** Collects garbage, and returns how many bytes this thread still uses. */
export function liveBytes(): number {
  collect();
  return getHeapStatistics().used_heap_size + process.memoryUsage().arrayBuffers;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
