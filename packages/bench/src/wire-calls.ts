/** Calls as bytes, ready to be sent again and again. */
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import type * as ck from "@grep11/cryptoki";
import { codecs, type Ep11Method, type RequestOf, type ResponseOf } from "@grep11/proto";
import type { PreparedCall, Workload } from "grep11";
import type { WireCall } from "./grpc-load.ts";

/** A workload ready for the wire. */
export interface WireWorkload {
  readonly requests: readonly WireCall[];
  /** What the HSM answered to each. */
  readonly answers: readonly WireCall[];
}

/** Prepares `workload` with `hsm` and makes each of its calls once. */
export async function wireWorkload(workload: Workload, hsm: ck.Ep11): Promise<WireWorkload> {
  const calls = await workload.prepare(hsm);
  const answers: WireCall[] = [];
  for (const prepared of calls) answers.push(answerOf(prepared, (await call(hsm, prepared)) as never));
  return { requests: wireCallsOf(calls), answers };
}

/** The requests of `calls` on the wire. */
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

function answerOf<M extends Ep11Method>(
  { method, request }: { method: M; request: RequestOf<M> },
  answer: ResponseOf<M>,
): WireCall {
  const codec = codecs[method];
  const message = codec.response.encode(answer, codec.request.encode(request));
  return { path: pathOf(codec.rpc), frame: encodeEnvelope(0, codec.response.serialise(message)) };
}

function pathOf(rpc: string): string {
  return `/grep11.Crypto/${rpc}`;
}
