/**
 * Target P2: measures every workload four times: on the server, on its HTTP/2 layer alone, in the engine alone, and as
 * a direct call of the cryptographic library.
 */
import { WORKLOADS, type Workload } from "grep11";
import type { Plan } from "../plan.ts";
import type { MatrixRow } from "../results.ts";
import { inTurn, measureLoad, secondsOf } from "../rounds.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import type { Testbed } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";

const CONCURRENCY = 64;
/** How many calls run at the same time in workloads whose calls carry a lot of data. */
export const CONCURRENCY_OF_PARTS = 4;
export const CONNECTIONS = 4;

/** Measures all workloads and returns their rows. */
export async function measureMatrix(testbed: Testbed, plan: Plan): Promise<MatrixRow[]> {
  const rows: MatrixRow[] = [];
  for (const workload of WORKLOADS) rows.push(await measureWorkload(testbed, plan, workload));
  return rows;
}

async function measureWorkload(testbed: Testbed, plan: Plan, workload: Workload): Promise<MatrixRow> {
  const { requests: calls, responses } = await wireWorkload(workload, testbed.hsm);
  await testbed.reply(responses);
  const { name, title, partBytes } = workload;
  const concurrency = partBytes === undefined ? CONCURRENCY : CONCURRENCY_OF_PARTS;
  const alone: { engineUs: number; primitiveUs: number | undefined }[] = [];
  const [own, layer] = await inTurn(plan.rounds, ["own", "layer"] as const, async (server, isWarmUp) => {
    const seconds = secondsOf(plan, isWarmUp);
    if (server === "own") {
      const times = await testbed.inProcess.invoke("workload", { name, seconds: plan.sliceSeconds });
      if (!isWarmUp) alone.push(times);
    }
    return measureLoad(testbed.loader, testbed.servers[server], {
      calls,
      concurrency,
      connections: CONNECTIONS,
      seconds,
    });
  });
  return {
    name,
    title,
    concurrency,
    own: own!,
    layer: layer!,
    engine: spreadOf(alone.map(({ engineUs }) => engineUs)),
    primitive: spreadIfAny(alone.map(({ primitiveUs }) => primitiveUs).filter((time) => time !== undefined)),
  };
}

function spreadIfAny(times: readonly number[]): Spread | undefined {
  return times.length === 0 ? undefined : spreadOf(times);
}
