/** Runs a server as a child process, which reports its memory over the IPC channel of fork(). */
import { createKeyring, serveEngine } from "./targets.ts";

/**
 * The reply to every message. It contains the resident memory in bytes, at present and at its peak since the previous message.
 */
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
  // Node runs with --expose-gc. Garbage is collected first, so that it does not count as a leak.
  globalThis.gc?.();
  globalThis.gc?.();
  const report: MemoryReport = { rss: process.memoryUsage.rss(), peakRss: peak };
  peakRss = report.rss;
  process.send!(report);
});
process.on("disconnect", () => process.exit());
process.send!({ address });
