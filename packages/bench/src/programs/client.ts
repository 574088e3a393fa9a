/** Runs the client library in its own process against the floor server, so that its processor time can be measured. */
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport as createConnectTransport } from "@connectrpc/connect-node";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import { WORKLOADS } from "grep11";
import { serveParent } from "../child.ts";
import { call } from "../wire-calls.ts";

const CONCURRENCY = 64;

/** The transport, the servers and the duration of the load. The HSM at `hsmPort` generates the keys. */
export interface ClientLoad {
  readonly transport: "ours" | "connect";
  readonly workload: string;
  readonly hsmPort: number;
  readonly floorPort: number;
  readonly token: string;
  readonly seconds: number;
}

const handlers = {
  /** Makes calls and returns the processor time per call in microseconds. */
  async calls({ transport: kind, workload: name, hsmPort, floorPort, token, seconds }: ClientLoad): Promise<number> {
    const hsm = createGrpcTransport({ address: `127.0.0.1:${hsmPort}`, auth: token });
    const prepared = await WORKLOADS.find((workload) => workload.name === name)!.prepare(createGrep11Client(hsm));
    hsm.close();
    const ours = createGrpcTransport({ address: `127.0.0.1:${floorPort}`, auth: token });
    const transport: Transport =
      kind === "ours" ? ours : createConnectTransport({ baseUrl: `http://127.0.0.1:${floorPort}` });
    const client = createGrep11Client(transport);
    const [first] = prepared;
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
};
export type ClientProgram = typeof handlers;
serveParent(handlers);
