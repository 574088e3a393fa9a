/** Target P7: compares the server program with one process and with two, using calls that are expensive for the server. */
import { ecParams, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import type { Workload } from "grep11";
import type { Plan } from "../plan.ts";
import { childProcesses, cpuMicroseconds } from "../process-usage.ts";
import type { ProcessesRow, Skipped } from "../results.ts";
import { createDataFolder, hasServerOption, type ServerProgram, startServerProgram } from "../server-program.ts";
import { spreadOf } from "../statistics.ts";
import type { Testbed } from "../testbed.ts";
import { FIRST_CALL, loadOf, requestsFor, workloadOf } from "./program.ts";

/**
 * The most expensive signature that a process computes on its main thread, so that the cost of the load generator matters least.
 * P-521 is slower, but runs on worker threads, so that a single process already uses all cores.
 */
const ECDSA_P384: Workload = {
  name: "ecdsa-p384",
  title: "SignSingle ECDSA P-384, digest",
  async prepare(hsm, options) {
    const pair = {
      mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      pubKeyTemplate: template({ CKA_EC_PARAMS: ecParams("P-384"), CKA_VERIFY: true }),
      privKeyTemplate: template({ CKA_SIGN: true }),
    };
    const { privKey } = await hsm.generateKeyPair(pair, options);
    return [
      { method: "signSingle", request: { mech: mechanism.ecdsa(), privKey, data: new Uint8Array(48).fill(0x5a) } },
    ];
  },
};

/** The result of one measurement with one number of processes. */
interface Round {
  readonly callsPerSecond: number;
  readonly clientLoad: number;
  /** Processor time of the least busy process divided by that of the busiest. */
  readonly evenness: number;
}

/** Measures each workload in calls per second, alternating between one process and two. */
export async function measureProcesses(testbed: Testbed, plan: Plan): Promise<readonly ProcessesRow[] | Skipped> {
  if (!hasServerOption("--processes")) return { skipped: "grep11-server has no option --processes" };
  const workloads = [workloadOf("rsa-2048"), ECDSA_P384];
  const rounds = workloads.map(() => ({ one: [] as Round[], two: [] as Round[] }));
  const folder = createDataFolder();
  try {
    for (let round = 0; round < plan.sideRounds; round++) {
      for (const [processes, name] of [["1", "one"] as const, ["2", "two"] as const]) {
        const program = await startServerProgram(folder, FIRST_CALL, ["--processes", processes]);
        for (const [index, workload] of workloads.entries()) {
          rounds[index]![name].push(await measureRound(testbed, plan, program, workload));
        }
        await program.stop();
      }
    }
  } finally {
    folder.remove();
  }
  return workloads.map(({ title }, index) => {
    const { one, two } = rounds[index]!;
    const spread = (figure: keyof Round, of: readonly Round[]) => spreadOf(of.map((round) => round[figure]));
    return {
      title,
      one: spread("callsPerSecond", one),
      two: spread("callsPerSecond", two),
      clientLoad: spread("clientLoad", [...one, ...two]).median,
      evenness: spread("evenness", two).median,
    };
  });
}

async function measureRound(testbed: Testbed, plan: Plan, program: ServerProgram, workload: Workload): Promise<Round> {
  const calls = await requestsFor(program, workload);
  await testbed.loader.invoke("load", loadOf(program, calls, plan.warmUpSeconds));
  const serving = childProcesses(program.pid);
  const before = serving.map(cpuMicroseconds);
  const result = await testbed.loader.invoke("load", loadOf(program, calls, plan.longSeconds / 2));
  const used = serving.map((pid, index) => cpuMicroseconds(pid) - before[index]!);
  return {
    callsPerSecond: result.succeeded / result.seconds,
    clientLoad: result.clientCpuMicroseconds / (result.seconds * 1e6),
    evenness: used.length < 2 ? 1 : Math.min(...used) / Math.max(...used),
  };
}
