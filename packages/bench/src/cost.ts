/** Measures the processor time of code in this process. */

/** How many calls are made before the clock is read again. */
const BATCH = 16;

/**
 * Returns the processor time of `work` in microseconds per call, measured over about `seconds`. It includes all threads of the
 * process.
 */
export function costOf(work: () => unknown, seconds: number): number {
  const clock = startClock(seconds);
  while (clock.runs()) for (let call = 0; call < BATCH; call++) work();
  return clock.perCall();
}

/** Like costOf, for asynchronous work. Each call begins when the previous one has completed. */
export async function costOfCalls(work: () => Promise<unknown>, seconds: number): Promise<number> {
  const clock = startClock(seconds);
  while (clock.runs()) for (let call = 0; call < BATCH; call++) await work();
  return clock.perCall();
}

/** Counts the calls that are made in `seconds`, and computes the processor time of one call. */
function startClock(seconds: number) {
  const usage = process.cpuUsage();
  const until = performance.now() + seconds * 1000;
  let batches = 0;
  return {
    /** Returns whether to run another batch. The first batch always runs. */
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
