/** Encodes the responses of unary RPCs in the protocol of the request. */
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import * as ck from "@grep11/cryptoki";
import { encloseMessage } from "../call/envelope.ts";
import { connectError, grpcTrailers } from "../status.ts";
import type { HttpResponse } from "./http-exchange.ts";
import type { RequestForm } from "./request-form.ts";

/**
 * Returns the response to a call of `rpc`. `result` is the error or the encoded message, which is in an envelope if the
 * protocol uses envelopes.
 */
export function responseOf(
  { protocol, json }: RequestForm,
  result: Uint8Array | ck.CkError,
  rpc: string,
): HttpResponse {
  const format = json ? "json" : "proto";
  if (protocol !== "connect") return grpcResponse(`application/${protocol}+${format}`, result, rpc);
  if (!(result instanceof ck.CkError)) return connectResponse(200, `application/${format}`, result);
  const error = connectError(result, rpc);
  return connectResponse(codeToHttpStatus(error.code), "application/json", errorToJsonBytes(error, undefined));
}

function connectResponse(status: number, type: string, body: Uint8Array): HttpResponse {
  return { status, fields: ["content-type", type, "content-length", String(body.length)], body };
}

/**
 * Returns a response of gRPC or gRPC-Web. In gRPC-Web, the trailers are the last frame of the body (gRPC's
 * PROTOCOL-WEB.md).
 */
function grpcResponse(type: string, result: Uint8Array | ck.CkError, rpc: string): HttpResponse {
  const trailers = grpcTrailers(result, rpc);
  const fields = ["content-type", type];
  const body = result instanceof ck.CkError ? undefined : result;
  if (!type.includes("web")) return { status: 200, fields, body, trailers };
  const frame = encloseMessage(trailerSerialize(new Headers(pairsOf(trailers))), trailerFlag);
  return { status: 200, fields, body: body === undefined ? frame : Buffer.concat([body, frame]) };
}

function pairsOf(fields: readonly string[]): [string, string][] {
  return Array.from({ length: fields.length / 2 }, (_, at) => [fields[2 * at]!, fields[2 * at + 1]!]);
}
