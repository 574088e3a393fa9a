/** Target P10: measures the start-up time of the programs and the memory of the server program. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import type { Workload } from "grep11";
import type { LoadPlan, WireCall } from "../grpc-load.ts";
import type { Plan } from "../plan.ts";
import { residentMebibytes } from "../process-usage.ts";
import type { Start } from "../results.ts";
import { repeat } from "../rounds.ts";
import { createDataFolder, type ServerProgram, startServerProgram } from "../server-program.ts";
import type { Testbed } from "../testbed.ts";
import { wireCallsOf, wireWorkload } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

const CLI = fileURLToPath(new URL("../../../cli/bundle/main.js", import.meta.url));
const CONCURRENCY = 64;
const CONNECTIONS = 8;
/** Memory is read after every slice of this many calls. */
const SLICE_CALLS = 25_000;
const SLICES = 6;
/** A slice ends after this time even if it has made fewer calls. */
const SLICE_SECONDS = 60;
/** The first call to a new server. Start-up ends when its response arrives. */
export const FIRST_CALL = wireCallsOf([{ method: "generateRandom", request: { len: 32 } }])[0]!;

/** Measures start-up times, and the memory before and under load. */
export async function measureStart(testbed: Testbed, plan: Plan): Promise<Start> {
  const folder = createDataFolder();
  try {
    // The first start is not measured, because it also creates the keyring and the certificates.
    await (await startServerProgram(folder, FIRST_CALL)).stop();
    const times = await repeat(plan.rounds * 2, async () => {
      const nodeMs = durationOf(["-e", "0"]);
      const program = await startServerProgram(folder, FIRST_CALL);
      const cliMs = durationOf([CLI, "random", "8"], { GREP11_ADDRESS: `http://127.0.0.1:${program.port}` });
      await program.stop();
      return { nodeMs, serverMs: program.firstAnswerMs, cliMs };
    });
    const program = await startServerProgram(folder, FIRST_CALL);
    const idleMiB = residentMebibytes(program.pid);
    const calls = await requestsFor(program, workloadOf("mixed"));
    const loadedMiB: number[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      await testbed.loader.invoke("load", { ...loadOf(program, calls, SLICE_SECONDS), most: SLICE_CALLS });
      loadedMiB.push(residentMebibytes(program.pid));
    }
    await program.stop();
    return { ...times, idleMiB, loadedMiB };
  } finally {
    folder.remove();
  }
}

/** Returns how many milliseconds Node takes to run with `options`. Throws an Error if it fails. */
function durationOf(options: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const began = performance.now();
  execFileSync(process.execPath, options, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] });
  return performance.now() - began;
}

/** Generates keys in `program` and returns the calls of `workload` with them. */
export async function requestsFor({ port }: ServerProgram, workload: Workload): Promise<readonly WireCall[]> {
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}` });
  try {
    return (await wireWorkload(workload, createGrep11Client(transport))).requests;
  } finally {
    transport.close();
  }
}

/** Returns a load plan without bearer tokens that spreads the calls over several connections. */
export function loadOf({ port }: ServerProgram, calls: readonly WireCall[], seconds: number): LoadPlan {
  return { port, calls, concurrency: CONCURRENCY, connections: CONNECTIONS, seconds, tokens: [""] };
}
