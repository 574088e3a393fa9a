/** Answers for requests that Connect never sees, in their protocol. */
import { Code } from "@connectrpc/connect";
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { CKR_FUNCTION_NOT_SUPPORTED, CkError } from "@grep11/cryptoki";
import { headerOf, type NodeRequest, type NodeResponse, send } from "./node.ts";
import { busy, connectError, grpcTrailers } from "./status.ts";

/** For paths that are no RPC: UNIMPLEMENTED with CKR_FUNCTION_NOT_SUPPORTED, or 404. */
export function refuseUnknownRpc(path: string, request: NodeRequest, response: NodeResponse): void {
  const rpc = /^\/grep11\.Crypto\/(\w{1,64})$/.exec(path)?.[1] ?? "grep11.Crypto";
  refuse(new CkError(CKR_FUNCTION_NOT_SUPPORTED, "there is no such RPC"), rpc, request, response);
}

/** For too many health checks at once: RESOURCE_EXHAUSTED with CKR_DEVICE_MEMORY, or 429. */
export function refuseProbe(request: NodeRequest, response: NodeResponse): void {
  refuse(busy("too many health checks at once over this connection"), "Health", request, response);
}

/** In the headers for gRPC and gRPC-Web, as JSON for all others. */
function refuse(error: CkError, rpc: string, request: NodeRequest, response: NodeResponse): void {
  const type = headerOf(request, "content-type") ?? "";
  if (type.startsWith("application/grpc")) {
    response.setHeader("content-type", type);
    for (const [name, value] of Object.entries(grpcTrailers(error, rpc))) response.setHeader(name, value);
    send(request, response, 200);
  } else {
    const answer = connectError(error, rpc);
    response.setHeader("content-type", "application/json");
    send(request, response, answer.code === Code.Unimplemented ? 404 : 429, errorToJsonBytes(answer, undefined));
  }
}
