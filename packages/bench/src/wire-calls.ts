/** Encodes calls as bytes that can be sent repeatedly. */
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import type * as ck from "@grep11/cryptoki";
import { codecs, type Ep11Method, type RequestOf, type ResponseOf } from "@grep11/proto";
import type { PreparedCall, Workload } from "grep11";
import type { WireCall } from "./grpc-load.ts";

/** A workload whose calls and responses are encoded. */
interface WireWorkload {
  readonly requests: readonly WireCall[];
  /** The response of the HSM to each call. */
  readonly responses: readonly WireCall[];
}

/** Lets `workload` generate its keys in `hsm`, makes each of its calls once, and returns the encoded calls and responses. */
export async function wireWorkload(workload: Workload, hsm: ck.Ep11): Promise<WireWorkload> {
  const calls = await workload.prepare(hsm);
  const responses: WireCall[] = [];
  for (const prepared of calls) responses.push(responseOf(prepared, (await call(hsm, prepared)) as never));
  return { requests: wireCallsOf(calls), responses };
}

/** Encodes the requests of `calls`. */
export function wireCallsOf(calls: readonly PreparedCall[]): readonly WireCall[] {
  return calls.map(requestOf);
}

/** Makes a prepared call. */
export function call(hsm: ck.Ep11, { method, request }: PreparedCall): Promise<unknown> {
  return (hsm[method] as (request: PreparedCall["request"], options?: ck.CallOptions) => Promise<unknown>)(request);
}

function requestOf<M extends Ep11Method>({ method, request }: { method: M; request: RequestOf<M> }): WireCall {
  const codec = codecs[method];
  return { path: pathOf(codec.rpc), frame: encodeEnvelope(0, codec.request.serialise(codec.request.encode(request))) };
}

function responseOf<M extends Ep11Method>(
  { method, request }: { method: M; request: RequestOf<M> },
  response: ResponseOf<M>,
): WireCall {
  const codec = codecs[method];
  const message = codec.response.encode(response, codec.request.encode(request));
  return { path: pathOf(codec.rpc), frame: encodeEnvelope(0, codec.response.serialise(message)) };
}

function pathOf(rpc: string): string {
  return `/grep11.Crypto/${rpc}`;
}
