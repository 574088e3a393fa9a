/**
 * Targets P1, P12 and P14: measures EncryptSingle over each protocol, on each server, and with different numbers of
 * concurrent calls.
 */
import type { PreparedCall } from "grep11";
import { startGrpcGo } from "../grpc-go.ts";
import type { Plan } from "../plan.ts";
import { type CallRow, isSkipped, SERVERS, type ServerName, type Skipped } from "../results.ts";
import { inTurn, measureLoad, secondsOf } from "../rounds.ts";
import type { Target, Testbed } from "../testbed.ts";
import { type Protocol, wireCallsOf, wireWorkload } from "../wire-calls.ts";
import { workloadOf } from "../workloads.ts";

/** One combination of server, protocol and concurrency. */
interface Variant {
  readonly id: string;
  readonly server: ServerName;
  readonly protocol?: Protocol;
  readonly tls?: true;
  readonly inFlight: number;
  readonly connections: number;
  /** How many bytes are encrypted. The default is 1 KiB. */
  readonly bytes?: number;
}

const PROTOCOLS: Readonly<Record<Protocol, string>> = {
  grpc: "",
  web: ", gRPC-Web",
  connect: ", Connect",
  json: ", Connect JSON",
};
const KIB = 1024;
const MANY = { inFlight: 64, connections: 4 };
const LARGE = { bytes: 3_000_000, server: "wide", inFlight: 1, connections: 1 } as const;
const ECHOES = ["own", "node", "layer", "floor", "grpcJs", "grpcGo"] as const;
const FEW = [1, 16].flatMap((inFlight) =>
  (["own", "floor", "grpcJs", "grpcGo"] as const).map((server) => {
    return { id: `${server}-${inFlight}`, server, inFlight, connections: 1 };
  }),
);

const VARIANTS: readonly Variant[] = [
  ...ECHOES.map((server) => ({ id: server, server, ...MANY })),
  { id: "own-tls", server: "own", tls: true, ...MANY },
  { id: "node-tls", server: "node", tls: true, ...MANY },
  { id: "web", server: "own", protocol: "web", ...MANY },
  { id: "connect", server: "own", protocol: "connect", ...MANY },
  { id: "json", server: "own", protocol: "json", ...MANY },
  ...FEW,
  { id: "own-tls-1", server: "own", tls: true, inFlight: 1, connections: 1 },
  { id: "large", ...LARGE },
  { id: "large-json", protocol: "json", ...LARGE },
];

export async function measureCalls(testbed: Testbed, plan: Plan): Promise<CallRow[]> {
  const grpcGo = await startGrpcGo();
  try {
    const servers = { ...testbed.servers, ...(isSkipped(grpcGo) ? {} : { grpcGo: grpcGo.target }) };
    const { calls, responses } = await wireWorkload(workloadOf("aes-cbc"), testbed.hsm);
    await testbed.reply(responses);
    const measurable = VARIANTS.filter(({ server }) => server in servers);
    const figures = await inTurn(plan.rounds, measurable, (variant, isWarmUp) => {
      const { inFlight: concurrency, connections, protocol, bytes } = variant;
      const sized = wireCallsOf(
        calls.map((call) => withPlain(call, bytes)),
        protocol,
      );
      const load = { calls: sized, concurrency, connections, seconds: secondsOf(plan, isWarmUp) };
      return measureLoad(testbed.loader, targetOf(servers, variant), load);
    });
    return VARIANTS.map((variant) => {
      const { id, inFlight, connections, bytes = KIB } = variant;
      // Only grpc-go can have no figures, because Go may not be installed.
      const measured = figures[measurable.indexOf(variant)] ?? (grpcGo as Skipped);
      return { id, title: titleOf(variant), bytes, inFlight, connections, figures: measured };
    });
  } finally {
    if (!isSkipped(grpcGo)) grpcGo.stop();
  }
}

function targetOf(servers: Testbed["servers"] & { readonly grpcGo?: Target }, { server, tls }: Variant): Target {
  const target = servers[server]!;
  return tls && "tls" in target ? (target.tls as Target) : target;
}

function withPlain(call: PreparedCall, bytes: number | undefined): PreparedCall {
  if (call.method !== "encryptSingle" || bytes === undefined) return call;
  return { ...call, request: { ...call.request, plain: new Uint8Array(bytes) } };
}

function titleOf({ server, protocol = "grpc", tls, bytes }: Variant): string {
  const size = bytes === undefined ? "" : `, ${bytes / 1e6} MB`;
  return `${SERVERS[server]}${PROTOCOLS[protocol]}${tls ? ", TLS" : ""}${size}`;
}
