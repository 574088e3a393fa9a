/** Target P8: measures the cost of a call to the client, over our own transport and over Connect's. */
import { WORKLOADS } from "grep11";
import { startChild } from "../child.ts";
import type { Plan } from "../plan.ts";
import type { ClientLoad, ClientProgram } from "../programs/client.ts";
import type { ClientCost } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { type Testbed, TOKEN } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";

const WORKLOAD = "aes-cbc";

/** Measures EncryptSingle of 1 KiB against a server that responds immediately. */
export async function measureClient(testbed: Testbed, plan: Plan): Promise<ClientCost> {
  const workload = WORKLOADS.find(({ name }) => name === WORKLOAD)!;
  await testbed.floor.invoke("reply", (await wireWorkload(workload, testbed.hsm)).responses);
  const child = startChild<ClientProgram>("client");
  const invoke = (transport: ClientLoad["transport"], seconds: number): Promise<number> =>
    child.invoke("calls", {
      transport,
      workload: WORKLOAD,
      hsmPort: testbed.servers.own.port,
      floorPort: testbed.servers.floor.port,
      token: TOKEN,
      seconds,
    });
  const ours: number[] = [];
  const connect: number[] = [];
  try {
    for (const transport of ["ours", "connect"] as const) await invoke(transport, plan.warmUpSeconds * 2);
    for (let round = 0; round < plan.sideRounds; round++) {
      ours.push(await invoke("ours", plan.longSeconds / 4));
      connect.push(await invoke("connect", plan.longSeconds / 4));
    }
  } finally {
    await child.stop();
  }
  return { ours: spreadOf(ours), connect: spreadOf(connect) };
}
