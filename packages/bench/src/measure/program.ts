/** The server program: start and memory (P10), one process against two (P7). */
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { WORKLOADS, type Workload } from "grep11";
import type { Field } from "../field.ts";
import type { WireCall } from "../grpc-load.ts";
import type { Plan } from "../plan.ts";
import { residentMebibytes } from "../process-usage.ts";
import type { ProcessesRow, Skipped, Start } from "../results.ts";
import { createDataFolder, hasServerOption, type ServerProgram, startServerProgram } from "../server-program.ts";
import { spreadOf } from "../statistics.ts";
import { wireCallsOf, wireWorkload } from "../wire-calls.ts";

const CONCURRENCY = 64;
const CONNECTIONS = 8;
/** Slices of load after which memory is read. */
const SLICES = 6;
const FIRST_CALL = wireCallsOf([{ method: "generateRandom", request: { len: 32 } }])[0]!;

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
    const calls = await requestsFor(program, "mixed");
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

/** Calls per second of RSA-2048 signing, whose cost lies in the server, by one process and by two. */
export async function measureProcesses(field: Field, plan: Plan): Promise<ProcessesRow | Skipped> {
  if (!hasServerOption("--processes")) return { skipped: "grep11-server has no option --processes" };
  const folder = createDataFolder();
  try {
    const figures: Record<"1" | "2", number[]> = { 1: [], 2: [] };
    const clientLoads: number[] = [];
    for (let round = 0; round < plan.sideRounds; round++) {
      for (const processes of ["1", "2"] as const) {
        const program = await startServerProgram(folder, FIRST_CALL, ["--processes", processes]);
        const calls = await requestsFor(program, "rsa-2048");
        await field.loader.ask("load", loadOf(program, calls, plan.warmUpSeconds));
        const result = await field.loader.ask("load", loadOf(program, calls, plan.longSeconds / 2));
        figures[processes].push(result.answered / result.seconds);
        clientLoads.push(result.clientCpuMicroseconds / (result.seconds * 1e6));
        await program.stop();
      }
    }
    return { one: spreadOf(figures[1]), two: spreadOf(figures[2]), clientLoad: spreadOf(clientLoads).median };
  } finally {
    folder.remove();
  }
}

async function requestsFor({ port }: ServerProgram, name: string): Promise<readonly WireCall[]> {
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}` });
  try {
    const workload = WORKLOADS.find((candidate) => candidate.name === name) as Workload;
    return (await wireWorkload(workload, createGrep11Client(transport))).requests;
  } finally {
    transport.close();
  }
}

function loadOf({ port }: ServerProgram, calls: readonly WireCall[], seconds: number) {
  return { port, calls, concurrency: CONCURRENCY, connections: CONNECTIONS, seconds, tokens: [""] };
}
