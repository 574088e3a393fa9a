/** Records a CPU profile of the server while it runs the workload of target P1. */
import { resolve } from "node:path";
import type { Plan } from "../plan.ts";
import type { ProfileEntry } from "../profile.ts";
import { measureLoad } from "../rounds.ts";
import type { Testbed } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

/** How many functions `recordProfile` returns. */
const LISTED = 15;

/**
 * Writes the profile to `file`. Returns the functions that took most of the time, not counting the functions they call.
 */
export async function recordProfile(testbed: Testbed, plan: Plan, file: string): Promise<readonly ProfileEntry[]> {
  const { requests: calls } = await wireWorkload(workloadOf("aes-cbc"), testbed.hsm);
  const load = { calls, concurrency: 64, connections: 4, seconds: plan.longSeconds };
  await measureLoad(testbed.loader, testbed.servers.own, load);
  await testbed.own.invoke("startProfile", undefined);
  await measureLoad(testbed.loader, testbed.servers.own, load);
  return (await testbed.own.invoke("stopProfile", resolve(file))).slice(0, LISTED);
}
