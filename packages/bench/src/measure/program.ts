/** The server program: start and memory (P10). */
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { WORKLOADS, type Workload } from "grep11";
import type { Field } from "../field.ts";
import type { LoadPlan, WireCall } from "../grpc-load.ts";
import type { Plan } from "../plan.ts";
import { residentMebibytes } from "../process-usage.ts";
import type { Start } from "../results.ts";
import { createDataFolder, type ServerProgram, startServerProgram } from "../server-program.ts";
import { spreadOf } from "../statistics.ts";
import { wireCallsOf, wireWorkload } from "../wire-calls.ts";

const CONCURRENCY = 64;
const CONNECTIONS = 8;
/** Slices of load after which memory is read. */
const SLICES = 6;
/** Answered as soon as the program serves. */
export const FIRST_CALL = wireCallsOf([{ method: "generateRandom", request: { len: 32 } }])[0]!;

/** Start to first answer, and memory before and under load. */
export async function measureStart(field: Field, plan: Plan): Promise<Start> {
  const folder = createDataFolder();
  try {
    // The first start makes keyring and certificates.
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
      await field.loader.ask("load", loadOf(program, calls, plan.longSeconds));
      loadedMiB.push(residentMebibytes(program.pid));
    }
    await program.stop();
    return { firstAnswerMs: spreadOf(starts), idleMiB, loadedMiB };
  } finally {
    folder.remove();
  }
}

/** The workload called `name`. */
export function workloadOf(name: string): Workload {
  return WORKLOADS.find((candidate) => candidate.name === name) as Workload;
}

/** The calls of `workload` with keys that `program` made. */
export async function requestsFor({ port }: ServerProgram, workload: Workload): Promise<readonly WireCall[]> {
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}` });
  try {
    return (await wireWorkload(workload, createGrep11Client(transport))).requests;
  } finally {
    transport.close();
  }
}

/** Load on a program that asks for no token, over several connections. */
export function loadOf({ port }: ServerProgram, calls: readonly WireCall[], seconds: number): LoadPlan {
  return { port, calls, concurrency: CONCURRENCY, connections: CONNECTIONS, seconds, tokens: [""] };
}
