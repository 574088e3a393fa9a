/** Target P5: measures the latency of signing while other clients constantly request long jobs. */
import { mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import type { PreparedCall } from "grep11";
import type { LoadPlan } from "../grpc-load.ts";
import type { Plan } from "../plan.ts";
import type { TailLatencyRow } from "../results.ts";
import { inTurn } from "../rounds.ts";
import { type Testbed, TOKEN } from "../testbed.ts";
import { wireCallsOf, wireWorkload } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

/** The number of rounds is limited, because every round waits until all long jobs are done. */
const MOST_ROUNDS = 3;
const WRAPPED_BYTES = 2_000_000;
/** How many milliseconds the long jobs run before the first signature is requested. */
const HEAD_START_MS = 300;

/**
 * One kind of long job. `clients` is how many clients request it, and `principals` is how many principals they belong
 * to. The server limits the share of each principal.
 */
interface LongJobs {
  readonly title: string;
  readonly call?: PreparedCall;
  readonly clients: number;
  readonly principals: number;
}

const RSA_4096: PreparedCall = {
  method: "generateKeyPair",
  request: {
    mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
    pubKeyTemplate: template({ CKA_MODULUS_BITS: 4096, CKA_PUBLIC_EXPONENT: Uint8Array.of(1, 0, 1) }),
    privKeyTemplate: template({ CKA_SIGN: true }),
  },
};

/** Measures the latency first without long jobs, and then with each kind of long job. */
export async function measureTailLatency(testbed: Testbed, plan: Plan): Promise<readonly TailLatencyRow[]> {
  const jobs: LongJobs[] = [
    { title: "idle", clients: 0, principals: 0 },
    { title: "8 clients generate RSA-4096 key pairs", call: RSA_4096, clients: 8, principals: 8 },
    { title: "48 KWP encryptions of 2 MB", call: await kwp(testbed.hsm), clients: 48, principals: 1 },
  ];
  const { requests } = await wireWorkload(workloadOf("ecdsa-p256"), testbed.hsm);
  const port = testbed.servers.own.port;
  const spreads = await inTurn(
    Math.min(plan.rounds, MOST_ROUNDS),
    jobs,
    async ({ call, clients, principals }, isWarmUp) => {
      const seconds = isWarmUp ? plan.warmUpSeconds : plan.longSeconds / 2;
      const signing: LoadPlan = { port, calls: requests, concurrency: 1, connections: 1, seconds, tokens: [TOKEN] };
      const tokens = Array.from({ length: principals }, (_, index) => `principal-${index}`);
      const long = {
        port,
        concurrency: clients,
        connections: 8,
        seconds: seconds + 0.5,
        tokens,
        mayFail: true,
      } as const;
      const running = call && !isWarmUp && testbed.secondLoader.invoke("load", { ...long, calls: wireCallsOf([call]) });
      await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
      const { latency } = await testbed.loader.invoke("load", signing);
      const others = await running;
      return { p99Ms: latency.p99, done: others ? others.succeeded : 0, refused: others ? others.refused : 0 };
    },
  );
  return jobs.map(({ title }, index) => ({ title, ...spreads[index]! }));
}

async function kwp(hsm: ck.Ep11): Promise<PreparedCall> {
  const { key } = await hsm.generateKey({
    mech: { mechanism: ck.CKM_AES_KEY_GEN },
    template: template({ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true }),
  });
  const plain = new Uint8Array(WRAPPED_BYTES);
  return { method: "encryptSingle", request: { mech: mechanism.aesKeyWrapPadded(), key, plain } };
}
