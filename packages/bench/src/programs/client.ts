/** Runs the client library in its own process, so that its processor time can be measured. */
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport as createConnectTransport } from "@connectrpc/connect-node";
import { createGrep11Client, mechanism } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { serveParent } from "../child.ts";
import { call } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

const CONCURRENCY = 64;

/**
 * The transport, the servers and the duration of the load. The server at `hsmPort` generates the keys, and the server
 * at `port` receives the load.
 */
export interface ClientLoad {
  readonly transport: "own" | "node" | "connect";
  readonly hsmPort: number;
  readonly port: number;
  readonly token: string;
  readonly seconds: number;
}

/** Says how many calls of 1 MiB to make over one connection to `port`. */
interface ParallelCalls {
  readonly port: number;
  readonly token: string;
  readonly calls: number;
}

const handlers = {
  /** Calls EncryptSingle for `seconds` and returns the processor time per call in microseconds. */
  async calls({ transport: kind, hsmPort, port, token, seconds }: ClientLoad): Promise<number> {
    const hsm = createGrpcTransport({ address: `127.0.0.1:${hsmPort}`, auth: token });
    const [first] = await workloadOf("aes-cbc").prepare(createGrep11Client(hsm));
    hsm.close();
    const address = `127.0.0.1:${port}`;
    const ours = createGrpcTransport({ address, auth: token, http2: kind === "node" ? "node" : "own" });
    const transport: Transport = kind === "connect" ? createConnectTransport({ baseUrl: `http://${address}` }) : ours;
    const client = createGrep11Client(transport);
    await call(client, first!);
    const usage = process.cpuUsage();
    const until = performance.now() + seconds * 1000;
    let calls = 0;
    async function worker(): Promise<void> {
      for (; performance.now() < until; calls++) await call(client, first!);
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    const { user, system } = process.cpuUsage(usage);
    ours.close();
    return (user + system) / calls;
  },

  /** Makes all calls at the same time, without retries, and returns how many failed. */
  async parallel({ port, token, calls }: ParallelCalls): Promise<number> {
    const transport = createGrpcTransport({ address: `127.0.0.1:${port}`, auth: token, connections: 1 });
    const hsm = createGrep11Client(transport, { retry: { attempts: 1 } });
    const [call] = await workloadOf("aes-cbc").prepare(hsm);
    if (call?.method !== "encryptSingle") throw new TypeError("the workload has another call");
    const request = { ...call.request, mech: mechanism.aesCbc(new Uint8Array(16)), plain: new Uint8Array(1 << 20) };
    const results = await Promise.allSettled(Array.from({ length: calls }, () => hsm.encryptSingle(request)));
    transport.close();
    const lost = results.filter(({ status }) => status === "rejected");
    return lost.length;
  },
};
export type ClientProgram = typeof handlers;
serveParent(handlers);
