/** Responses of unary RPCs, in the protocol of their request. */
import { createAsyncIterable, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import * as ck from "@grep11/cryptoki";
import { encloseMessage } from "../call/envelope.ts";
import { abandonBody, isGone } from "../listener/node.ts";
import { connectError, grpcTrailers } from "../status.ts";
import type { Incoming } from "./listener-context.ts";
import type { RequestForm } from "./request-form.ts";
import { asText, wantsText } from "./web-text.ts";

/** `result` of a call of `rpc`: the message, in an envelope where the protocol has them, or the error. */
export function responseOf(
  { protocol, json }: RequestForm,
  result: Uint8Array | ck.CkError,
  rpc: string,
): UniversalServerResponse {
  const format = json ? "json" : "proto";
  if (protocol !== "connect") return grpcResponse(`application/${protocol}+${format}`, result, rpc);
  if (!(result instanceof ck.CkError)) return connectResponse(200, `application/${format}`, result);
  const error = connectError(result, rpc);
  return connectResponse(codeToHttpStatus(error.code), "application/json", errorToJsonBytes(error, undefined));
}

function connectResponse(status: number, type: string, body: Uint8Array): UniversalServerResponse {
  const header = new Headers({ "content-type": type, "content-length": String(body.length) });
  return { status, header, body: createAsyncIterable([body]) };
}

/** gRPC-Web sends its trailers as a last frame of the body (gRPC's PROTOCOL-WEB.md). */
function grpcResponse(type: string, result: Uint8Array | ck.CkError, rpc: string): UniversalServerResponse {
  const trailer = new Headers(grpcTrailers(result, rpc));
  const header = new Headers({ "content-type": type });
  const frames = result instanceof ck.CkError ? [] : [result];
  if (!type.includes("web")) return { status: 200, header, body: createAsyncIterable(frames), trailer };
  frames.push(encloseMessage(trailerSerialize(trailer), trailerFlag));
  return { status: 200, header, body: createAsyncIterable([Buffer.concat(frames)]) };
}

/** Sends `response`, as text if a caller of gRPC-Web wants that (`streams`: frame by frame), unless the caller is gone. */
export async function sendResponse(
  response: UniversalServerResponse,
  form: RequestForm,
  incoming: Incoming,
  streams = false,
): Promise<void> {
  const { request } = incoming;
  if (isGone(incoming)) return;
  abandonBody(request, incoming.response);
  try {
    const framed = wantsText(request, form) ? asText(response, streams) : response;
    await universalResponseToNodeResponse(framed, incoming.response);
  } catch (thrown) {
    if (!isGone(incoming)) throw thrown;
  }
}
