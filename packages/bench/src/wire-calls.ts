/** Encodes calls as bytes that can be sent repeatedly. */
import { type DescMessage, type Message, toJsonString } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import type * as ck from "@grep11/cryptoki";
import { codecs, type Ep11Method, type RequestOf, type ResponseOf, wire } from "@grep11/proto";
import type { PreparedCall, Workload } from "grep11";
import type { WireCall } from "./grpc-load.ts";

/** Maps each protocol of the service to its content type, and to whether its messages have an envelope. */
const PROTOCOLS = {
  grpc: { contentType: "application/grpc", enveloped: true },
  web: { contentType: "application/grpc-web+proto", enveloped: true },
  connect: { contentType: "application/proto", enveloped: false },
  json: { contentType: "application/json", enveloped: false },
} as const;
export type Protocol = keyof typeof PROTOCOLS;

/** The encoded requests and responses of a workload. */
interface WireWorkload {
  readonly calls: readonly PreparedCall[];
  readonly requests: readonly WireCall[];
  readonly responses: readonly WireCall[];
}

/**
 * Lets `workload` generate its keys in `hsm` and makes each of its calls once. Returns the encoded requests and
 * responses.
 */
export async function wireWorkload(workload: Workload, hsm: ck.Ep11): Promise<WireWorkload> {
  const calls = await workload.prepare(hsm);
  const responses: WireCall[] = [];
  for (const prepared of calls) responses.push(responseOf(prepared, (await call(hsm, prepared)) as never));
  return { calls, requests: wireCallsOf(calls), responses };
}

/** Encodes the requests of `calls` for a protocol. */
export function wireCallsOf(calls: readonly PreparedCall[], protocol: Protocol = "grpc"): readonly WireCall[] {
  return calls.map((prepared) => requestOf(prepared, protocol));
}

/** Makes a prepared call and returns its response. */
export function call(hsm: ck.Ep11, { method, request }: PreparedCall): Promise<unknown> {
  return (hsm[method] as (request: PreparedCall["request"], options?: ck.CallOptions) => Promise<unknown>)(request);
}

function requestOf<M extends Ep11Method>(
  { method, request }: { method: M; request: RequestOf<M> },
  protocol: Protocol,
): WireCall {
  const codec = codecs[method];
  const message = codec.request.encode(request);
  const body = protocol === "json" ? jsonOf(method, message) : codec.request.serialise(message);
  const { contentType, enveloped } = PROTOCOLS[protocol];
  return { path: pathOf(codec.rpc), contentType, body: enveloped ? encodeEnvelope(0, body) : body };
}

function jsonOf(method: Ep11Method, message: Message): Uint8Array {
  return Buffer.from(toJsonString(wire.Crypto.method[method].input as DescMessage, message));
}

function responseOf<M extends Ep11Method>(
  { method, request }: { method: M; request: RequestOf<M> },
  response: ResponseOf<M>,
): WireCall {
  const codec = codecs[method];
  const message = codec.response.encode(response, codec.request.encode(request));
  const body = encodeEnvelope(0, codec.response.serialise(message));
  return { path: pathOf(codec.rpc), contentType: PROTOCOLS.grpc.contentType, body };
}

function pathOf(rpc: string): string {
  return `/grep11.Crypto/${rpc}`;
}
