/**
 * Starts the processes of a run: servers, load generators and the engine. They run until the end, because idle
 * processes take no processor time.
 */
import { randomBytes } from "node:crypto";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import type * as ck from "@grep11/cryptoki";
import { MASTER_KEY_BYTES } from "@grep11/engine";
import { type Child, startChild } from "./child.ts";
import type { LoadPlan, WireCall } from "./grpc-load.ts";
import type { FloorServerProgram } from "./programs/floor-server.ts";
import type { Grep11ServerPlan, Grep11ServerProgram } from "./programs/grep11-server.ts";
import type { GrpcJsServerProgram } from "./programs/grpc-js-server.ts";
import type { InProcessProgram } from "./programs/in-process.ts";
import type { LayerServerProgram } from "./programs/layer-server.ts";
import type { LoadProgram } from "./programs/load.ts";
import type { ServerName } from "./results.ts";

/** A server that accepts calls. */
export interface Target extends Pick<LoadPlan, "port" | "ca"> {
  readonly pid: number;
}

/** Our own server, which also has a TLS port. */
interface OwnTarget extends Target {
  readonly tls: Target;
}

/** All processes of a run. */
export interface Testbed {
  /** grpc-go is missing here, because it is built only if it is needed. */
  readonly servers: Readonly<Record<Exclude<ServerName, "grpcGo" | "own" | "node">, Target>> &
    Readonly<Record<"own" | "node", OwnTarget>>;
  readonly own: Child<Grep11ServerProgram>;
  readonly loader: Child<LoadProgram>;
  /** A second load generator, which makes background load during a measurement. */
  readonly secondLoader: Child<LoadProgram>;
  readonly inProcess: Child<InProcessProgram>;
  /** A client of our own server, which generates the keys for the calls to all servers. */
  readonly hsm: ck.Ep11;
  /** Sets the responses of the servers that send prepared responses. */
  reply(responses: readonly WireCall[]): Promise<void>;
  close(): Promise<void>;
}

/** The bearer token of calls whose principal does not matter. */
export const TOKEN = "bench";
/** The limits of the server `wide`. They allow 200 concurrent calls of 1 MiB, and a message of 3 MB in JSON. */
const WIDE = { maxPendingBytes: 2 ** 31, maxDataBytes: 2 ** 24, maxJsonBytes: 2 ** 24 };

export async function startTestbed(): Promise<Testbed> {
  const masterKey = randomBytes(MASTER_KEY_BYTES);
  const grep11 = {
    own: startChild<Grep11ServerProgram>("grep11-server"),
    node: startChild<Grep11ServerProgram>("grep11-server"),
    wide: startChild<Grep11ServerProgram>("grep11-server"),
  };
  const grpcJs = startChild<GrpcJsServerProgram>("grpc-js-server");
  const floor = startChild<FloorServerProgram>("floor-server");
  const layer = startChild<LayerServerProgram>("layer-server");
  const loader = startChild<LoadProgram>("load");
  const secondLoader = startChild<LoadProgram>("load");
  const inProcess = startChild<InProcessProgram>("in-process");
  async function start(
    child: Child<Grep11ServerProgram>,
    options: Omit<Grep11ServerPlan, "masterKey">,
  ): Promise<OwnTarget> {
    const { port, tlsPort, ca } = await child.invoke("start", { masterKey, ...options });
    return { pid: child.pid, port, tls: { pid: child.pid, port: tlsPort, ca } };
  }
  const servers = {
    own: await start(grep11.own, { http2: "own" }),
    node: await start(grep11.node, { http2: "node" }),
    wide: await start(grep11.wide, { http2: "own", ...WIDE }),
    grpcJs: { pid: grpcJs.pid, port: await grpcJs.invoke("start", undefined) },
    floor: { pid: floor.pid, port: await floor.invoke("start", undefined) },
    layer: { pid: layer.pid, port: await layer.invoke("start", undefined) },
  };
  const transport = createGrpcTransport({ address: `127.0.0.1:${servers.own.port}`, auth: TOKEN });
  return {
    servers,
    own: grep11.own,
    loader,
    secondLoader,
    inProcess,
    hsm: createGrep11Client(transport),
    async reply(responses) {
      await Promise.all([floor.invoke("reply", responses), layer.invoke("reply", responses)]);
    },
    async close() {
      transport.close();
      const children = [...Object.values(grep11), grpcJs, floor, layer, loader, secondLoader, inProcess];
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
