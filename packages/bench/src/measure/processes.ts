/**
 * Target P7: compares the throughput of one server process with that of two. The calls are expensive for the server.
 */
import type { Workload } from "grep11";
import type { Plan } from "../plan.ts";
import { childProcesses, cpuMicroseconds } from "../process-usage.ts";
import type { ProcessesRow } from "../results.ts";
import { inTurn } from "../rounds.ts";
import { createDataFolder, type ServerProgram, startServerProgram } from "../server-program.ts";
import type { Testbed } from "../testbed.ts";
import { ECDSA_P384, workloadOf } from "../workloads.ts";
import { FIRST_CALL, loadOf, requestsFor } from "./program.ts";

/** Measures the calls per second of each workload, alternating between one process and two. */
export async function measureProcesses(testbed: Testbed, plan: Plan): Promise<readonly ProcessesRow[]> {
  const folder = createDataFolder();
  const rows: ProcessesRow[] = [];
  try {
    for (const workload of [workloadOf("rsa-2048"), ECDSA_P384]) {
      const [one, two] = await inTurn(plan.rounds, ["1", "2"], async (processes, isWarmUp) => {
        const program = await startServerProgram(folder, FIRST_CALL, ["--processes", processes]);
        const seconds = isWarmUp ? plan.warmUpSeconds : plan.longSeconds / 3;
        const round = await measureRound(testbed, program, workload, seconds);
        await program.stop();
        return round;
      });
      const clientLoad = Math.max(one!.clientLoad.median, two!.clientLoad.median);
      const evenness = two!.evenness.median;
      rows.push({ title: workload.title, one: one!.callsPerSecond, two: two!.callsPerSecond, clientLoad, evenness });
    }
  } finally {
    folder.remove();
  }
  return rows;
}

async function measureRound(testbed: Testbed, program: ServerProgram, workload: Workload, seconds: number) {
  const calls = await requestsFor(program, workload);
  await testbed.loader.invoke("load", loadOf(program, calls, seconds / 3));
  const serving = childProcesses(program.pid);
  const before = serving.map(cpuMicroseconds);
  const result = await testbed.loader.invoke("load", loadOf(program, calls, seconds));
  const used = serving.map((pid, index) => cpuMicroseconds(pid) - before[index]!);
  return {
    callsPerSecond: result.succeeded / result.seconds,
    clientLoad: result.clientCpuMicroseconds / (result.seconds * 1e6),
    evenness: used.length < 2 ? 1 : Math.min(...used) / Math.max(...used),
  };
}
