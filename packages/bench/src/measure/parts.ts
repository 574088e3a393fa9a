/**
 * Target P6: measures message parts of 1 MiB in the server and in the engine, and how often they cause a full garbage
 * collection in the server.
 */
import type { Workload } from "grep11";
import type { Plan } from "../plan.ts";
import type { PartsRow } from "../results.ts";
import { measureLoad, repeat, secondsOf } from "../rounds.ts";
import type { Testbed } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";
import { DIGEST_UPDATE, workloadOf } from "../workloads.ts";
import { CONCURRENCY_OF_PARTS, CONNECTIONS } from "./matrix.ts";

/** The number of parts in the message that is measured in the engine. */
const PARTS = 16;

/** Measures messages that consist of many parts. */
export async function measureParts(testbed: Testbed, plan: Plan): Promise<PartsRow[]> {
  return [
    await measureOperation("encrypt", workloadOf("encrypt-update"), testbed, plan),
    await measureOperation("digest", DIGEST_UPDATE, testbed, plan),
  ];
}

async function measureOperation(
  operation: "encrypt" | "digest",
  workload: Workload,
  testbed: Testbed,
  plan: Plan,
): Promise<PartsRow> {
  const { requests: calls } = await wireWorkload(workload, testbed.hsm);
  let sizes: readonly number[] = [];
  const { server, engine, primitive, early, late, collections } = await repeat(plan.rounds, async (isWarmUp) => {
    const before = await testbed.own.invoke("collections", undefined);
    const load = {
      calls,
      concurrency: CONCURRENCY_OF_PARTS,
      connections: CONNECTIONS,
      seconds: secondsOf(plan, isWarmUp),
    };
    const { cpu, callsPerSecond } = await measureLoad(testbed.loader, testbed.servers.own, load);
    const collected = (await testbed.own.invoke("collections", undefined)) - before;
    const alone = await testbed.inProcess.invoke("parts", { operation, count: PARTS });
    sizes = alone.sizes;
    return {
      server: cpu,
      collections: collected / (callsPerSecond * load.seconds),
      engine: mean(alone.costs),
      primitive: alone.primitiveUs,
      early: mean(alone.costs.slice(0, PARTS / 2)),
      late: mean(alone.costs.slice(PARTS / 2)),
    };
  });
  return {
    operation: workload.title,
    server,
    collections: collections.median,
    engine,
    primitive,
    early: early.median,
    late: late.median,
    // The state that Init returns is smaller, because it has not processed data yet. So the size after the first part
    // is reported.
    firstState: sizes[1]!,
    lastState: sizes.at(-1)!,
  };
}

function mean(costs: readonly number[]): number {
  return costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}
