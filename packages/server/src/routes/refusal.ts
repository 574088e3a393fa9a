/** Responds to requests that are refused before they become a call, in the protocol of the request. */
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import * as ck from "@grep11/cryptoki";
import { MAX_HEAD_BYTES, MAX_HEAD_FIELDS } from "../limits/head-limit.ts";
import { busy, connectError, grpcTrailers } from "../status.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** The error with which a request is refused, and the corresponding HTTP status. */
interface Refusal {
  readonly error: ck.CkError;
  readonly status: number;
}

/** The refusal of an unknown path: gRPC code UNIMPLEMENTED, HTTP status 404. */
export const UNKNOWN_RPC: Refusal = {
  error: new ck.CkError(ck.CKR_FUNCTION_NOT_SUPPORTED, "there is no such RPC"),
  status: 404,
};

/** The refusal of too many health checks or watches: gRPC code RESOURCE_EXHAUSTED, HTTP status 429. */
export const TOO_MANY_PROBES: Refusal = { error: busy("too many health checks or watches at once"), status: 429 };

/** The refusal of too much metadata: gRPC code RESOURCE_EXHAUSTED, HTTP status 431. */
export const LARGE_HEAD: Refusal = {
  error: new ck.CkError(
    ck.CKR_IBM_TRANSPORT_LIMIT,
    `the metadata is larger than ${MAX_HEAD_BYTES} bytes, or more than ${MAX_HEAD_FIELDS} fields`,
  ),
  status: 431,
};

/** The refusal of a JSON request if the server does not accept JSON: gRPC code UNIMPLEMENTED, HTTP status 415. */
export const NO_JSON: Refusal = {
  error: new ck.CkError(
    ck.CKR_FUNCTION_NOT_SUPPORTED,
    "this server does not accept JSON; send binary messages, for example application/proto",
  ),
  status: 415,
};

/**
 * Sends the refusal. gRPC and gRPC-Web get `error` in the headers. All other protocols get it as JSON, with the HTTP
 * status `status`.
 */
export function refuse({ error, status }: Refusal, rpc: string, exchange: HttpExchange): void {
  const type = /^application\/grpc[\w+-]*/.exec(exchange.header("content-type") ?? "")?.[0];
  if (type !== undefined) {
    exchange.send({ status: 200, fields: ["content-type", type, ...grpcTrailers(error, rpc)] });
  } else {
    const body = errorToJsonBytes(connectError(error, rpc), undefined);
    exchange.send({ status, fields: ["content-type", "application/json"], body });
  }
}

/**
 * Responds with status 400, in every protocol, to a request with several Host lines, as RFC 9112 section 3.2 requires.
 */
export function refuseHosts(exchange: HttpExchange): void {
  exchange.send({
    status: 400,
    fields: ["content-type", "text/plain; charset=utf-8", "connection", "close"],
    body: Buffer.from("a request has one Host (RFC 9112 section 3.2)\n"),
  });
}
