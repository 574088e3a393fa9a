/** Target P10: measures the start-up time and the memory of the server program. */
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { WORKLOADS, type Workload } from "grep11";
import type { LoadPlan, WireCall } from "../grpc-load.ts";
import type { Plan } from "../plan.ts";
import { residentMebibytes } from "../process-usage.ts";
import type { Start } from "../results.ts";
import { createDataFolder, type ServerProgram, startServerProgram } from "../server-program.ts";
import { spreadOf } from "../statistics.ts";
import type { Testbed } from "../testbed.ts";
import { wireCallsOf, wireWorkload } from "../wire-calls.ts";

const CONCURRENCY = 64;
const CONNECTIONS = 8;
/** How many periods the load is divided into. Memory is read after each. */
const SLICES = 6;
/** The first call to a new server. Start-up ends when its response arrives. */
export const FIRST_CALL = wireCallsOf([{ method: "generateRandom", request: { len: 32 } }])[0]!;

/** Measures the time from start to first response, and the memory before and under load. */
export async function measureStart(testbed: Testbed, plan: Plan): Promise<Start> {
  const folder = createDataFolder();
  try {
    // The first start creates keyring and certificates.
    await (await startServerProgram(folder, FIRST_CALL)).stop();
    const starts: number[] = [];
    for (let round = 1; round < plan.sideRounds; round++) {
      const program = await startServerProgram(folder, FIRST_CALL);
      starts.push(program.firstAnswerMs);
      await program.stop();
    }
    const program = await startServerProgram(folder, FIRST_CALL);
    starts.push(program.firstAnswerMs);
    const idleMiB = residentMebibytes(program.pid);
    const calls = await requestsFor(program, workloadOf("mixed"));
    const loadedMiB: number[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      await testbed.loader.invoke("load", loadOf(program, calls, plan.longSeconds));
      loadedMiB.push(residentMebibytes(program.pid));
    }
    await program.stop();
    return { firstAnswerMs: spreadOf(starts), idleMiB, loadedMiB };
  } finally {
    folder.remove();
  }
}

/** Returns the workload named `name`. */
export function workloadOf(name: string): Workload {
  return WORKLOADS.find((candidate) => candidate.name === name) as Workload;
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

/** Returns a load plan for a program that requires no token, over several connections. */
export function loadOf({ port }: ServerProgram, calls: readonly WireCall[], seconds: number): LoadPlan {
  return { port, calls, concurrency: CONCURRENCY, connections: CONNECTIONS, seconds, tokens: [""] };
}
