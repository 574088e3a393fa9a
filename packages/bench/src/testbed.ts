/**
 * Starts the processes of a run: server variants, load generators and the engine. All of them keep running; only those in use
 * take processor time.
 */
import { randomBytes } from "node:crypto";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import type * as ck from "@grep11/cryptoki";
import { MASTER_KEY_BYTES } from "@grep11/engine";
import { type Child, startChild } from "./child.ts";
import type { LoadPlan, LoadResult } from "./grpc-load.ts";
import { cpuMicroseconds } from "./process-usage.ts";
import type { FloorServerProgram } from "./programs/floor-server.ts";
import type { Grep11ServerProgram } from "./programs/grep11-server.ts";
import type { GrpcJsServerProgram } from "./programs/grpc-js-server.ts";
import type { InProcessProgram } from "./programs/in-process.ts";
import type { LoadProgram } from "./programs/load.ts";
import type { ServerName } from "./results.ts";

/** A server variant that accepts calls. */
export interface Target {
  readonly pid: number;
  readonly port: number;
}

/** All processes of a run. */
export interface Testbed {
  readonly servers: Readonly<Record<ServerName, Target>>;
  readonly floor: Child<FloorServerProgram>;
  readonly loader: Child<LoadProgram>;
  /** A second load generator, for load in the background of a measurement. */
  readonly secondLoader: Child<LoadProgram>;
  readonly inProcess: Child<InProcessProgram>;
  /** A client of our own server, which generates the keys. */
  readonly hsm: ck.Ep11;
  close(): Promise<void>;
}

/** The bearer token of calls for which it does not matter who the principal is. */
export const TOKEN = "bench";

/** Starts all processes. */
export async function startTestbed(): Promise<Testbed> {
  const masterKey = randomBytes(MASTER_KEY_BYTES);
  const own = startChild<Grep11ServerProgram>("grep11-server");
  const node = startChild<Grep11ServerProgram>("grep11-server");
  const grpcJs = startChild<GrpcJsServerProgram>("grpc-js-server");
  const floor = startChild<FloorServerProgram>("floor-server");
  const loader = startChild<LoadProgram>("load");
  const secondLoader = startChild<LoadProgram>("load");
  const inProcess = startChild<InProcessProgram>("in-process");
  const servers = {
    own: { pid: own.pid, port: await own.invoke("start", { http2: "own", masterKey }) },
    node: { pid: node.pid, port: await node.invoke("start", { http2: "node", masterKey }) },
    grpcJs: { pid: grpcJs.pid, port: await grpcJs.invoke("start", undefined) },
    floor: { pid: floor.pid, port: await floor.invoke("start", undefined) },
  };
  const transport = createGrpcTransport({ address: `127.0.0.1:${servers.own.port}`, auth: TOKEN });
  return {
    servers,
    floor,
    loader,
    secondLoader,
    inProcess,
    hsm: createGrep11Client(transport),
    async close() {
      transport.close();
      const children = [own, node, grpcJs, floor, loader, secondLoader, inProcess];
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}

/** Puts load on `target`. In the result, `cpu` is the processor time of the target in microseconds per call. */
export async function loadTarget(
  loader: Child<LoadProgram>,
  { pid, port }: Target,
  plan: Omit<LoadPlan, "port">,
): Promise<LoadResult & { readonly cpu: number }> {
  const before = cpuMicroseconds(pid);
  const result = await loader.invoke("load", { ...plan, port });
  return { ...result, cpu: (cpuMicroseconds(pid) - before) / (result.succeeded + result.refused) };
}
