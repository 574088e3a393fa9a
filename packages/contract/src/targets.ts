/** Opens the Ep11 instances that the suite tests. {@link TargetName} lists them. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport, iamTokenSource, type TlsOptions } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";
import { createEngine, type Engine, type EngineOptions, Keyring } from "@grep11/engine";
import { createGrep11Server, type Grep11ServerOptions } from "@grep11/grpc-server";
import { LoopReport, loopMeter } from "./event-loop.ts";
import { createInMemoryTransport } from "./in-memory.ts";

/**
 * The name of a target:
 * - `engine` is an engine in this process. If GREP11_LOOP_REPORT names a folder, the target writes there how long calls block the
 *   event loop.
 * - `in-memory` is an engine behind the codec, without a network.
 * - `grpc` is our server over gRPC.
 * - `two` is a pair of servers with the same keyring, which get the calls alternately. The second has no key cache and uses
 *   Connect's handlers.
 * - `remote` is the service at GREP11_ADDRESS.
 */
export type TargetName = "engine" | "in-memory" | "grpc" | "two" | "remote";

/** An Ep11 under test. */
export interface Target {
  readonly name: TargetName;
  readonly ep11: ck.Ep11;
  close(): Promise<void>;
}

/** A server on a free port that has its own engine. */
export interface ServedEngine {
  readonly engine: Engine;
  /** The address, `host:port`, for connections without TLS. */
  readonly address: string;
  close(): Promise<void>;
}

type ServerOptions = Omit<Grep11ServerOptions, "ep11">;

/** The available targets. `remote` is available only if GREP11_ADDRESS is set. */
export const TARGETS: readonly TargetName[] = [
  "engine",
  "in-memory",
  "grpc",
  "two",
  ...(process.env.GREP11_ADDRESS ? (["remote"] as const) : []),
];

/** Returns a keyring with a random master key. */
export function createKeyring(): Keyring {
  return Keyring.create((length) => new Uint8Array(randomBytes(length)));
}

/**
 * Opens a target. `options` are those of the engines of local targets. By default, such an engine has a new keyring and no limit
 * on failures, because the suites cause thousands of failures per minute on purpose. A `remote` target must be configured without
 * that limit too.
 */
export async function openTarget(name: TargetName, options: Partial<EngineOptions> = {}): Promise<Target> {
  const engineOptions = { keyring: createKeyring(), failuresPerMinute: false, ...options } as const;
  switch (name) {
    case "engine": {
      const engine = createEngine(engineOptions);
      const folder = process.env.GREP11_LOOP_REPORT;
      return folder ? await reporting(engine, folder) : { name, ep11: engine, close: () => engine.close() };
    }
    case "in-memory": {
      const engine = createEngine(engineOptions);
      return { name, ep11: createGrep11Client(createInMemoryTransport(engine)), close: () => engine.close() };
    }
    case "grpc":
      return { name, ...(await overGrpc([[engineOptions, {}]])) };
    case "two": {
      const plain = [{ ...engineOptions, keyCache: false }, { http2: "node" }] as const;
      return { name, ...(await overGrpc([[engineOptions, {}], plain])) };
    }
    case "remote":
      return { name, ...remote(process.env) };
  }
}

/** Returns the engine as a target that writes to `folder` how long the calls of each test block the event loop. */
async function reporting(engine: Engine, folder: string): Promise<Target> {
  const { expect } = await import("vitest");
  const report = new LoopReport(() => `${expect.getState().testPath} ${expect.getState().currentTestName}`);
  return {
    name: "engine",
    ep11: ck.instrument(
      engine,
      loopMeter((use) => report.add(use)),
    ),
    async close() {
      report.write(folder);
      await engine.close();
    },
  };
}

/** Starts a server with a new engine on a free port of 127.0.0.1. */
export async function serveEngine(options: EngineOptions, serverOptions: ServerOptions = {}): Promise<ServedEngine> {
  const engine = createEngine(options);
  const server = createGrep11Server({ ...serverOptions, ep11: engine });
  const { host, port } = await server.listen({ port: 0 });
  return {
    engine,
    address: `${host}:${port}`,
    async close() {
      await server.close({ graceMs: 0 });
      await engine.close();
    },
  };
}

async function overGrpc(replicas: readonly (readonly [EngineOptions, ServerOptions])[]): Promise<Omit<Target, "name">> {
  const servers = await Promise.all(replicas.map(([engine, server]) => serveEngine(engine, server)));
  const transports = servers.map(({ address }) => createGrpcTransport({ address }));
  return {
    ep11: alternating(transports.map((transport) => createGrep11Client(transport))),
    async close() {
      for (const transport of transports) transport.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** Returns an Ep11 that passes calls to each of `instances` in turn. */
export function alternating(instances: readonly ck.Ep11[]): ck.Ep11 {
  let calls = 0;
  const next = () => instances[calls++ % instances.length]!;
  return Object.fromEntries(
    ck.EP11_METHODS.map((method) => [
      method,
      (...request: never[]) => (next()[method] as CallableFunction)(...request),
    ]),
  ) as unknown as ck.Ep11;
}

/** Connects to the service that the CLI's environment variables describe: GREP11_ADDRESS, GREP11_CA_CERT and so on. */
function remote(environment: NodeJS.ProcessEnv): Omit<Target, "name"> {
  const pem = (file: string | undefined) => (file ? readFileSync(file) : undefined);
  const [ca, cert, key] = [
    pem(environment.GREP11_CA_CERT),
    pem(environment.GREP11_CLIENT_CERT),
    pem(environment.GREP11_CLIENT_KEY),
  ];
  const tls: TlsOptions = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const { GREP11_APIKEY: apiKey, GREP11_IAMENDPOINT: endpoint } = environment;
  const transport = createGrpcTransport({
    address: environment.GREP11_ADDRESS!,
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(apiKey && { auth: iamTokenSource({ apikey: apiKey, ...(endpoint && { endpoint }) }) }),
  });
  return { ep11: createGrep11Client(transport), close: async () => transport.close() };
}
