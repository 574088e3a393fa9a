/** Answers for requests that Connect never sees, in their protocol. */
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { CKR_FUNCTION_NOT_SUPPORTED, CKR_IBM_TRANSPORT_LIMIT, CkError } from "@grep11/cryptoki";
import { MAX_HEAD_BYTES, MAX_HEAD_FIELDS } from "../limits/head-limit.ts";
import { busy, connectError, grpcTrailers } from "../status.ts";
import { headerOf, type NodeRequest, type NodeResponse, pathOf, send } from "./node.ts";

/** For paths that are no RPC: UNIMPLEMENTED with CKR_FUNCTION_NOT_SUPPORTED, or 404. */
export function refuseUnknownRpc(request: NodeRequest, response: NodeResponse): void {
  refuse(new CkError(CKR_FUNCTION_NOT_SUPPORTED, "there is no such RPC"), 404, request, response);
}

/** For too many health checks at once: RESOURCE_EXHAUSTED with CKR_DEVICE_MEMORY, or 429. */
export function refuseProbe(request: NodeRequest, response: NodeResponse): void {
  refuse(busy("too many health checks or watches at once"), 429, request, response);
}

/** For several lines of Host: 400 in every protocol, as RFC 9112 section 3.2 demands. */
export function refuseHosts(request: NodeRequest, response: NodeResponse): void {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.setHeader("connection", "close");
  send(request, response, 400, Buffer.from("a request has one Host (RFC 9112 section 3.2)\n"));
}

/** For too much metadata: RESOURCE_EXHAUSTED with CKR_IBM_TRANSPORT_LIMIT, or 431. */
export function refuseLargeHead(request: NodeRequest, response: NodeResponse): void {
  const detail = `the metadata is larger than ${MAX_HEAD_BYTES} bytes, or more than ${MAX_HEAD_FIELDS} fields`;
  refuse(new CkError(CKR_IBM_TRANSPORT_LIMIT, detail), 431, request, response);
}

/** Where JSON is turned off: UNIMPLEMENTED with CKR_FUNCTION_NOT_SUPPORTED, or 415. */
export function refuseJson(request: NodeRequest, response: NodeResponse): void {
  const detail = "this server takes no JSON; send binary messages, for example application/proto";
  refuse(new CkError(CKR_FUNCTION_NOT_SUPPORTED, detail), 415, request, response);
}

/** Responds with `error`: in the headers for gRPC and gRPC-Web, as JSON with the HTTP status `status` for all others. */
export function refuse(error: CkError, status: number, request: NodeRequest, response: NodeResponse): void {
  const rpc = /^\/grep11\.Crypto\/(\w{1,64})$/.exec(pathOf(request))?.[1] ?? "grep11.Crypto";
  const type = /^application\/grpc[\w+-]*/.exec(headerOf(request, "content-type") ?? "")?.[0];
  if (type !== undefined) {
    response.setHeader("content-type", type);
    for (const [name, value] of Object.entries(grpcTrailers(error, rpc))) response.setHeader(name, value);
    send(request, response, 200);
  } else {
    response.setHeader("content-type", "application/json");
    send(request, response, status, errorToJsonBytes(connectError(error, rpc), undefined));
  }
}
