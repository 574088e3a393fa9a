/** Target P8: measures what a call costs the client over each of its transports, and makes many large calls at once. */
import { startChild } from "../child.ts";
import type { Plan } from "../plan.ts";
import type { ClientProgram } from "../programs/client.ts";
import type { ClientCost } from "../results.ts";
import { inTurn } from "../rounds.ts";
import { type Testbed, TOKEN } from "../testbed.ts";
import { wireWorkload } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

const TRANSPORTS = ["own", "node", "connect"] as const;
const PARALLEL_CALLS = 200;

/**
 * Measures EncryptSingle. Calls of 1 KiB go to a server that responds immediately, and calls of 1 MiB go to our server.
 */
export async function measureClient(testbed: Testbed, plan: Plan): Promise<ClientCost> {
  await testbed.reply((await wireWorkload(workloadOf("aes-cbc"), testbed.hsm)).responses);
  const { servers } = testbed;
  const child = startChild<ClientProgram>("client");
  try {
    const [own, node, connect] = await inTurn(plan.rounds, TRANSPORTS, async (transport) => {
      const ports = { hsmPort: servers.own.port, port: servers.layer.port };
      return { cpu: await child.invoke("calls", { transport, ...ports, token: TOKEN, seconds: plan.seconds }) };
    });
    const calls = PARALLEL_CALLS;
    const failed = await child.invoke("parallel", { port: servers.wide.port, token: TOKEN, calls });
    return { own: own!.cpu, node: node!.cpu, connect: connect!.cpu, parallel: { calls, failed } };
  } finally {
    await child.stop();
  }
}
