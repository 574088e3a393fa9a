/** Processor time of code in this process. */

/** Calls between two readings of the clock. */
const BATCH = 16;

/** Processor time of `work` in microseconds per call, over about `seconds`, including all threads of the process. */
export function costOf(work: () => unknown, seconds: number): number {
  const clock = startClock(seconds);
  while (clock.runs()) for (let call = 0; call < BATCH; call++) work();
  return clock.perCall();
}

/** Like costOf, for asynchronous work: one call after the other. */
export async function costOfCalls(work: () => Promise<unknown>, seconds: number): Promise<number> {
  const clock = startClock(seconds);
  while (clock.runs()) for (let call = 0; call < BATCH; call++) await work();
  return clock.perCall();
}

/** Counts batches for `seconds` and computes the cost per call. */
function startClock(seconds: number) {
  const usage = process.cpuUsage();
  const until = performance.now() + seconds * 1000;
  let batches = 0;
  return {
    /** Whether one more batch fits; at least one does. */
    runs(): boolean {
      if (batches > 0 && performance.now() >= until) return false;
      batches += 1;
      return true;
    },
    perCall(): number {
      const { user, system } = process.cpuUsage(usage);
      return (user + system) / (batches * BATCH);
    },
  };
}
