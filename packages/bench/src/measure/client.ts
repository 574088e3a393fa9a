/** P8: what a call costs the caller, over the client's own transport and over Connect's. */
import { WORKLOADS } from "grep11";
import { startChild } from "../child.ts";
import { type Field, TOKEN } from "../field.ts";
import type { Plan } from "../plan.ts";
import type { ClientProgram, ClientQuestion } from "../programs/client.ts";
import type { ClientCost } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { wireWorkload } from "../wire-calls.ts";

const WORKLOAD = "aes-cbc";

/** EncryptSingle of 1 KiB against a server that answers at once. */
export async function measureClient(field: Field, plan: Plan): Promise<ClientCost> {
  const workload = WORKLOADS.find(({ name }) => name === WORKLOAD)!;
  await field.floor.ask("reply", (await wireWorkload(workload, field.hsm)).answers);
  const child = startChild<ClientProgram>("client");
  const ask = (transport: ClientQuestion["transport"], seconds: number): Promise<number> =>
    child.ask("calls", {
      transport,
      workload: WORKLOAD,
      hsmPort: field.servers.fast.port,
      floorPort: field.servers.floor.port,
      token: TOKEN,
      seconds,
    });
  const ours: number[] = [];
  const connect: number[] = [];
  try {
    for (const transport of ["ours", "connect"] as const) await ask(transport, plan.warmUpSeconds * 2);
    for (let round = 0; round < plan.sideRounds; round++) {
      ours.push(await ask("ours", plan.longSeconds / 4));
      connect.push(await ask("connect", plan.longSeconds / 4));
    }
  } finally {
    await child.stop();
  }
  return { ours: spreadOf(ours), connect: spreadOf(connect) };
}
