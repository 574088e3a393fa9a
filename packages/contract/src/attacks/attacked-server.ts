/**
 * Runs the server that is attacked, on a plaintext port and on a TLS port. The parent process controls it over the IPC
 * channel of fork(): it first sends the certificate, and later requests reports and the shutdown.
 */
import { createEngine } from "@grep11/engine";
import { createGrep11Server } from "@grep11/grpc-server";
import { createKeyring } from "../targets.ts";

/** The messages that this process accepts. */
export type ServerRequest =
  | { readonly cert: string; readonly key: string; readonly http2: "own" | "node" }
  | { readonly report: true }
  | { readonly close: number };

/** The reply to a request for a report. Peaks and counts are since the previous report. */
export interface ServerReport {
  /** The resident memory in bytes when the report is made. */
  readonly rss: number;
  /** The largest resident memory in bytes since the previous report. */
  readonly peakRss: number;
  /** The largest amount of processor time, in milliseconds, that the main thread used between two ticks of a timer. */
  readonly blockedMs: number;
  readonly faults: number;
}

const SAMPLE_MS = 10;
/** How many bytes of memory requests and responses may take together. One principal may use half of them. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
const CALLERS: ReadonlySet<string> = new Set(["alice", "bob"]);

let peakRss = 0;
let blockedMs = 0;
let faults = 0;
let cpu = process.threadCpuUsage();
setInterval(() => {
  const { user, system } = process.threadCpuUsage(cpu);
  blockedMs = Math.max(blockedMs, (user + system) / 1_000);
  cpu = process.threadCpuUsage();
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}, SAMPLE_MS);
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (thrown: unknown) => {
    faults += 1;
    console.error(thrown);
  });
}

let server: ReturnType<typeof createGrep11Server> | undefined;

async function start({ cert, key, http2 }: Extract<ServerRequest, { readonly cert: string }>): Promise<object> {
  const ep11 = createEngine({ keyring: createKeyring() });
  server = createGrep11Server({ ep11, http2, maxPendingBytes: MAX_PENDING_BYTES });
  const bearer = (token: string) => (CALLERS.has(token) ? { name: token } : undefined);
  const plaintext = await server.listen({ port: 0, bearer });
  const tls = await server.listen({ port: 0, bearer, tls: { cert, key } });
  return { plaintext: plaintext.port, tls: tls.port };
}

function report(): ServerReport {
  const rss = process.memoryUsage.rss();
  const result = { rss, peakRss: Math.max(peakRss, rss), blockedMs, faults };
  peakRss = rss;
  blockedMs = 0;
  cpu = process.threadCpuUsage();
  return result;
}

/** Shuts the server down. Returns by how many milliseconds the shutdown exceeded the grace period. */
async function close(graceMs: number): Promise<{ readonly beyondGraceMs: number }> {
  const began = performance.now();
  await server?.close({ graceMs });
  return { beyondGraceMs: performance.now() - began - graceMs };
}

process.on("message", async (request: ServerRequest) => {
  if ("cert" in request) process.send!(await start(request));
  else if ("report" in request) process.send!(report());
  else process.send!(await close(request.close));
});
process.on("disconnect", () => process.exit());
