/** A server in a process of its own, so that its memory can be looked at; spoken to over the IPC channel of fork(). */
import { createKeyring, serveEngine } from "./targets.ts";

/** What the process answers to every message: resident memory in bytes, now and at most since the message before. */
export interface MemoryReport {
  readonly rss: number;
  readonly peakRss: number;
}

const SAMPLE_MS = 10;

const { address } = await serveEngine({ keyring: createKeyring() });
let peakRss = 0;
setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}, SAMPLE_MS);
process.on("message", () => {
  const peak = Math.max(peakRss, process.memoryUsage.rss());
  // With --expose-gc, so that garbage does not count as a leak.
  globalThis.gc?.();
  globalThis.gc?.();
  const report: MemoryReport = { rss: process.memoryUsage.rss(), peakRss: peak };
  peakRss = report.rss;
  process.send!(report);
});
process.on("disconnect", () => process.exit());
process.send!({ address });
