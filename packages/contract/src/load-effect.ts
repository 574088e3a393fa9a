/** Measures the effect of a load on another client. The server, the load and the client are three processes on this machine. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { type CallStats, measureCalls } from "./measured-calls.ts";

/** The effect of a load on another client. */
export interface LoadResult {
  readonly before: CallStats;
  readonly during: CallStats;
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
  const bystander = createGrep11Client(transport, { retry: { attempts: 1 } });
  const watch = (length: number) => measureCalls(() => bystander.generateRandom({ len: 32 }), length, CONCURRENCY);
  try {
    await watch(1);
    const before = await watch(seconds / 2);
    let disconnects = 0;
    load = fork(new URL("../dist/reset-attacks.js", import.meta.url), [kind, address]);
    load.on("message", () => disconnects++);
    const ended = once(load, "exit").then(() => Promise.reject(new Error("the load ended before it was measured")));
    const measured = Promise.all([watch(seconds), connectAgain(address, seconds)]);
    const [during, newConnections] = await Promise.race([measured, ended]);
    return { before, during, newConnections, disconnects };
  } finally {
    if (load?.connected) load.disconnect();
    transport.close();
    server.disconnect();
  }
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
