/** Target P5: measures the latency of signing while eight other clients continuously generate RSA-4096 key pairs. */
import { template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { type Latency, type PreparedCall, WORKLOADS, type Workload } from "grep11";
import type { Plan } from "../plan.ts";
import type { TailLatency } from "../results.ts";
import { type Testbed, TOKEN } from "../testbed.ts";
import { wireCallsOf, wireWorkload } from "../wire-calls.ts";

const GENERATING_CLIENTS = 8;

const RSA_4096: PreparedCall = {
  method: "generateKeyPair",
  request: {
    mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
    pubKeyTemplate: template({ CKA_MODULUS_BITS: 4096, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1) }),
    privKeyTemplate: template({ CKA_SIGN: true }),
  },
};

/** Measures the latency, alternating between an idle and a loaded server. */
export async function measureTailLatency(testbed: Testbed, plan: Plan): Promise<TailLatency> {
  const signing = WORKLOADS.find(({ name }) => name === "ecdsa-p256") as Workload;
  const { requests } = await wireWorkload(signing, testbed.hsm);
  const { port } = testbed.servers.own;
  const sign = async (): Promise<Latency> => {
    const load = { port, calls: requests, concurrency: 1, connections: 1, seconds: plan.longSeconds, tokens: [TOKEN] };
    return (await testbed.loader.invoke("load", load)).latency;
  };
  const generate = () =>
    testbed.secondLoader.invoke("load", {
      port,
      calls: wireCallsOf([RSA_4096]),
      concurrency: GENERATING_CLIENTS,
      connections: GENERATING_CLIENTS,
      // The server limits the share of each principal, so every client is its own principal.
      tokens: Array.from({ length: GENERATING_CLIENTS }, (_, index) => `generator-${index}`),
      seconds: plan.longSeconds + 0.5,
      mayFail: true,
    });
  const idle: Latency[] = [];
  const loaded: Latency[] = [];
  let pairs = 0;
  let refused = 0;
  for (let round = 0; round < plan.sideRounds; round++) {
    idle.push(await sign());
    const generating = generate();
    await new Promise((resolve) => setTimeout(resolve, 300));
    loaded.push(await sign());
    const result = await generating;
    pairs += result.succeeded;
    refused += result.refused;
  }
  return { idle, loaded, pairs, refused };
}
