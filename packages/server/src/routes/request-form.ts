/** Finds out from the head of a request how its body is encoded. */
import { contentTypeUnaryRegExp } from "@connectrpc/connect/protocol-connect";
import { contentTypeRegExp as grpcRegExp } from "@connectrpc/connect/protocol-grpc";
import { contentTypeRegExp as grpcWebRegExp } from "@connectrpc/connect/protocol-grpc-web";
import type { RequestHead } from "../call/exchange.ts";
import type { HttpExchange } from "./http-exchange.ts";

type Protocol = RequestHead["protocol"];

/** The protocol and the encodings of a request. */
export interface RequestForm extends Pick<RequestHead, "protocol" | "json" | "enveloped"> {
  /** Whether the frames of gRPC-Web are sent in base64. */
  readonly text: boolean;
  /** The compression of messages whose flag says that they are compressed. Undefined if the head does not name one. */
  readonly encoding: string | undefined;
  /** The name of the header in which this protocol lists the encodings that the server accepts. */
  readonly acceptHeader: string;
}

/**
 * In gRPC, the first header names the encoding of the request, and the second lists the encodings that the server
 * accepts.
 */
const GRPC_ENCODING = ["grpc-encoding", "grpc-accept-encoding"] as const;
/** The same headers for unary RPCs in Connect. */
const UNARY_ENCODING = ["content-encoding", "accept-encoding"] as const;
/** The same headers for streaming RPCs in Connect. */
const STREAM_ENCODING = ["connect-content-encoding", "connect-accept-encoding"] as const;

/** The content types of unary RPCs in all protocols. */
const CONTENT_TYPES = [contentTypeUnaryRegExp, grpcRegExp, grpcWebRegExp];

/**
 * Returns the protocol of a lower-case content type. Types that do not belong to gRPC or gRPC-Web belong to Connect.
 */
function protocolOf(type: string): Protocol {
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}

/** Returns the form of `exchange`. `unary` is false if the method streams its response. */
export function formOf(exchange: HttpExchange, unary: boolean): RequestForm {
  const type = exchange.header("content-type")?.toLowerCase() ?? "";
  const protocol = protocolOf(type);
  const enveloped = protocol !== "connect" || !unary;
  const [header, acceptHeader] = protocol !== "connect" ? GRPC_ENCODING : unary ? UNARY_ENCODING : STREAM_ENCODING;
  const encoding = exchange.header(header)?.trim().toLowerCase();
  return {
    protocol,
    json: type.includes("json"),
    text: type.startsWith("application/grpc-web-text"),
    enveloped,
    encoding: encoding === "identity" ? undefined : encoding,
    acceptHeader,
  };
}

/**
 * Returns the HTTP status for a request that does not belong to any protocol for unary RPCs. Returns undefined for all
 * other requests.
 * - 405: the HTTP method is not supported.
 * - 415: the content type is not supported.
 * - 417: the request has an expectation other than 100-continue (RFC 9110 section 10.1.1).
 */
export function unsupportedStatus(exchange: HttpExchange): 405 | 415 | 417 | undefined {
  if (exchange.method !== "POST") return 405;
  if ((exchange.header("expect")?.toLowerCase() ?? "100-continue") !== "100-continue") return 417;
  const type = exchange.header("content-type") ?? "";
  return CONTENT_TYPES.some((expected) => expected.test(type)) ? undefined : 415;
}
