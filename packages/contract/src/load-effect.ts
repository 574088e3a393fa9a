/** What another client notices of a load: server, load and client are three processes, and all of it stays on this machine. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { latencyOf } from "grep11";

/** Calls of the bystander; latency in milliseconds. */
export interface BystanderStats {
  readonly callsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** The effect of a load. */
export interface LoadResult {
  readonly before: BystanderStats;
  readonly during: BystanderStats;
  /** Clients that connected during the load, from the same address, and how many of them were served. */
  readonly newcomers: { readonly came: number; readonly served: number };
  /** How often the client that made the load lost its connection, as far as it says so. */
  readonly cuts: number;
}

const LANES = 4;
const TOKEN = "alice";

/** Runs the load `kind` of reset-attacks.ts for `seconds`, after `seconds` / 2 without it. */
export async function runLoad(kind: "flood" | "deadlines", seconds: number): Promise<LoadResult> {
  const server = fork(new URL("../dist/authenticated-server.js", import.meta.url));
  let load: ChildProcess | undefined;
  const [{ address }] = (await once(server, "message")) as [{ readonly address: string }];
  const transport = createGrpcTransport({ address, auth: TOKEN });
  const bystander = () => observe(createGrep11Client(transport, { retry: { attempts: 1 } }).generateRandom);
  try {
    await watch(bystander(), 1);
    const before = await watch(bystander(), seconds / 2);
    let cuts = 0;
    load = fork(new URL("../dist/reset-attacks.js", import.meta.url), [kind, address]);
    load.on("message", () => cuts++);
    const ended = once(load, "exit").then(() => Promise.reject(new Error("the load ended before it was measured")));
    const measured = Promise.all([watch(bystander(), seconds), connectAgain(address, seconds)]);
    const [during, newcomers] = await Promise.race([measured, ended]);
    return { before, during, newcomers, cuts };
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
    async lane(until: number): Promise<void> {
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
    noticed(seconds: number): BystanderStats {
      const { p50, p99 } = latencyOf(times);
      return { callsPerSecond: times.length / seconds, p50, p99, errors };
    },
  };
}

async function watch(observer: ReturnType<typeof observe>, seconds: number): Promise<BystanderStats> {
  const until = performance.now() + seconds * 1_000;
  await Promise.all(Array.from({ length: LANES }, () => observer.lane(until)));
  return observer.noticed(seconds);
}

async function connectAgain(address: string, seconds: number): Promise<{ came: number; served: number }> {
  const until = performance.now() + seconds * 1_000;
  let came = 0;
  let served = 0;
  while (performance.now() < until) {
    const transport = createGrpcTransport({ address, auth: TOKEN });
    came++;
    await createGrep11Client(transport)
      .generateRandom({ len: 32 }, { timeoutMs: 5_000 })
      .then(
        () => served++,
        () => undefined,
      );
    transport.close();
    await sleep(500);
  }
  return { came, served };
}
