/** One process of the server program against two (P7), by calls whose cost lies in the server. */
import { ecParams, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import type { Workload } from "grep11";
import type { Field } from "../field.ts";
import type { Plan } from "../plan.ts";
import { cpuMicroseconds, processesBelow } from "../process-usage.ts";
import type { ProcessesRow, Skipped } from "../results.ts";
import { createDataFolder, hasServerOption, type ServerProgram, startServerProgram } from "../server-program.ts";
import { spreadOf } from "../statistics.ts";
import { FIRST_CALL, loadOf, requestsFor, workloadOf } from "./program.ts";

/**
 * The dearest signature that a process makes on its main thread, so that the load generator's share of the cores counts
 * least. P-521 takes longer, but on worker threads, by which one process uses all cores.
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

/** One load on one program. */
interface Round {
  readonly callsPerSecond: number;
  readonly clientLoad: number;
  /** Processor time of the process that did least, as a share of that which did most. */
  readonly evenness: number;
}

/** Calls per second of each workload by one process and by two, in turn. */
export async function measureProcesses(field: Field, plan: Plan): Promise<readonly ProcessesRow[] | Skipped> {
  if (!hasServerOption("--processes")) return { skipped: "grep11-server has no option --processes" };
  const workloads = [workloadOf("rsa-2048"), ECDSA_P384];
  const rounds = workloads.map(() => ({ one: [] as Round[], two: [] as Round[] }));
  const folder = createDataFolder();
  try {
    for (let round = 0; round < plan.sideRounds; round++) {
      for (const [processes, name] of [["1", "one"] as const, ["2", "two"] as const]) {
        const program = await startServerProgram(folder, FIRST_CALL, ["--processes", processes]);
        for (const [index, workload] of workloads.entries()) {
          rounds[index]![name].push(await measureRound(field, plan, program, workload));
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

async function measureRound(field: Field, plan: Plan, program: ServerProgram, workload: Workload): Promise<Round> {
  const calls = await requestsFor(program, workload);
  await field.loader.ask("load", loadOf(program, calls, plan.warmUpSeconds));
  const serving = processesBelow(program.pid);
  const before = serving.map(cpuMicroseconds);
  const result = await field.loader.ask("load", loadOf(program, calls, plan.longSeconds / 2));
  const used = serving.map((pid, index) => cpuMicroseconds(pid) - before[index]!);
  return {
    callsPerSecond: result.answered / result.seconds,
    clientLoad: result.clientCpuMicroseconds / (result.seconds * 1e6),
    evenness: used.length < 2 ? 1 : Math.min(...used) / Math.max(...used),
  };
}
