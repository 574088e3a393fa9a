/** Answers for paths that are no RPC, in the protocol of the request. */
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { CKR_FUNCTION_NOT_SUPPORTED, CkError } from "@grep11/cryptoki";
import { headerOf, type NodeRequest, type NodeResponse, send } from "./node.ts";
import { connectError, grpcTrailers } from "./status.ts";

/** UNIMPLEMENTED with CKR_FUNCTION_NOT_SUPPORTED: in the headers for gRPC and gRPC-Web, as 404 and JSON for all others. */
export function refuseUnknownRpc(path: string, request: NodeRequest, response: NodeResponse): void {
  const rpc = /^\/grep11\.Crypto\/(\w{1,64})$/.exec(path)?.[1] ?? "grep11.Crypto";
  const error = new CkError(CKR_FUNCTION_NOT_SUPPORTED, "there is no such RPC");
  const type = headerOf(request, "content-type") ?? "";
  if (type.startsWith("application/grpc")) {
    response.setHeader("content-type", type);
    for (const [name, value] of Object.entries(grpcTrailers(error, rpc))) response.setHeader(name, value);
    send(request, response, 200);
  } else {
    response.setHeader("content-type", "application/json");
    send(request, response, 404, errorToJsonBytes(connectError(error, rpc), undefined));
  }
}
