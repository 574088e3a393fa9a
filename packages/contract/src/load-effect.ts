/** Measures the effect of a load on another client. The server, the load and the client are three processes on this machine. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { latencyOf } from "grep11";

/** Statistics of the calls of the other client. Latencies are in milliseconds. */
interface BystanderStats {
  readonly callsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** The effect of a load on another client. */
export interface LoadResult {
  readonly before: BystanderStats;
  readonly during: BystanderStats;
  /** How many clients connected from the same address during the load, and how many of them were served. */
  readonly newConnections: { readonly connected: number; readonly served: number };
  /** How often the client that causes the load lost its connection. */
  readonly disconnects: number;
}

const CONCURRENCY = 4;
const TOKEN = "alice";

/**
 * Measures another client without load for half of `seconds`, and then for `seconds` under the load `kind` of reset-attacks.ts.
 */
export async function runLoad(kind: "flood" | "deadlines", seconds: number): Promise<LoadResult> {
  const server = fork(new URL("../dist/authenticated-server.js", import.meta.url));
  let load: ChildProcess | undefined;
  const [{ address }] = (await once(server, "message")) as [{ readonly address: string }];
  const transport = createGrpcTransport({ address, auth: TOKEN });
  const bystander = () => observe(createGrep11Client(transport, { retry: { attempts: 1 } }).generateRandom);
  try {
    await watch(bystander(), 1);
    const before = await watch(bystander(), seconds / 2);
    let disconnects = 0;
    load = fork(new URL("../dist/reset-attacks.js", import.meta.url), [kind, address]);
    load.on("message", () => disconnects++);
    const ended = once(load, "exit").then(() => Promise.reject(new Error("the load ended before it was measured")));
    const measured = Promise.all([watch(bystander(), seconds), connectAgain(address, seconds)]);
    const [during, newConnections] = await Promise.race([measured, ended]);
    return { before, during, newConnections, disconnects };
  } finally {
    if (load?.connected) load.disconnect();
    transport.close();
    server.disconnect();
  }
}

type Random = ReturnType<typeof createGrep11Client>["generateRandom"];

function observe(generateRandom: Random) {
  const times: number[] = [];
  let errors = 0;
  return {
    async worker(until: number): Promise<void> {
      for (let began = performance.now(); began < until; began = performance.now()) {
        const failed = await generateRandom({ len: 32 }).then(
          () => false,
          () => true,
        );
        if (failed) {
          errors++;
          await sleep(20);
        }
        times.push(performance.now() - began);
      }
    },
    stats(seconds: number): BystanderStats {
      const { p50, p99 } = latencyOf(times);
      return { callsPerSecond: times.length / seconds, p50, p99, errors };
    },
  };
}

async function watch(observer: ReturnType<typeof observe>, seconds: number): Promise<BystanderStats> {
  const until = performance.now() + seconds * 1_000;
  await Promise.all(Array.from({ length: CONCURRENCY }, () => observer.worker(until)));
  return observer.stats(seconds);
}

async function connectAgain(address: string, seconds: number): Promise<{ connected: number; served: number }> {
  const until = performance.now() + seconds * 1_000;
  let connected = 0;
  let served = 0;
  while (performance.now() < until) {
    const transport = createGrpcTransport({ address, auth: TOKEN });
    connected++;
    await createGrep11Client(transport)
      .generateRandom({ len: 32 }, { timeoutMs: 5_000 })
      .then(
        () => served++,
        () => undefined,
      );
    transport.close();
    await sleep(500);
  }
  return { connected, served };
}
