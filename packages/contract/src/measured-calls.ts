/** Measures the calls of a client that are not part of a load, to see the effect of the load on them. */
import { setTimeout as sleep } from "node:timers/promises";
import { latencyOf } from "grep11";

/** Statistics of calls. Latencies are in milliseconds. */
export interface CallStats {
  readonly calls: number;
  readonly perSecond: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
}

const PAUSE_AFTER_FAILURE_MS = 20;

/** Makes calls for `seconds`. `concurrency` calls run at the same time, and each is followed by the next one. */
export async function measureCalls(call: () => Promise<unknown>, seconds: number, concurrency = 1): Promise<CallStats> {
  const times: number[] = [];
  let failed = 0;
  const until = performance.now() + seconds * 1_000;
  const worker = async () => {
    for (let began = performance.now(); began < until; began = performance.now()) {
      await call().catch(() => {
        failed++;
        return sleep(PAUSE_AFTER_FAILURE_MS);
      });
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { p50, p99 } = latencyOf(times);
  return { calls: times.length, perSecond: times.length / seconds, failed, p50, p99 };
}
