/** Finds out from the head of a request in which form its body is. */
import { contentTypeUnaryRegExp } from "@connectrpc/connect/protocol-connect";
import { contentTypeRegExp as grpcRegExp } from "@connectrpc/connect/protocol-grpc";
import { contentTypeRegExp as grpcWebRegExp } from "@connectrpc/connect/protocol-grpc-web";
import type { RequestHead } from "../call/exchange.ts";
import type { HttpExchange } from "./http-exchange.ts";

type Protocol = RequestHead["protocol"];

/** Protocol and encoding of a request. */
export interface RequestForm extends Pick<RequestHead, "protocol" | "json" | "enveloped"> {
  /** Whether the frames of gRPC-Web are sent in base64. */
  readonly text: boolean;
  /** The compression of messages whose flag says that they are compressed; undefined if there is none. */
  readonly encoding: string | undefined;
  /** The name of the header in which this protocol lists the encodings that the server accepts. */
  readonly acceptHeader: string;
}

/** The headers that name the encoding of the request and the accepted encodings: gRPC, Connect unary, Connect streaming. */
const GRPC_ENCODING = ["grpc-encoding", "grpc-accept-encoding"] as const;
const UNARY_ENCODING = ["content-encoding", "accept-encoding"] as const;
const STREAM_ENCODING = ["connect-content-encoding", "connect-accept-encoding"] as const;

/** The content types of unary RPCs in all protocols. */
const CONTENT_TYPES = [contentTypeUnaryRegExp, grpcRegExp, grpcWebRegExp];

/** Returns the protocol of a lower-case content type. Types that belong to neither gRPC nor gRPC-Web belong to Connect. */
function protocolOf(type: string): Protocol {
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}

/** Returns the form of `exchange`. `unary` tells whether the method is unary or streams its response. */
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
 * Returns the HTTP status for a request that no protocol sends to a unary RPC: 405 because of its method, 415 because of its
 * content type, 417 because of an expectation other than 100-continue (RFC 9110 section 10.1.1). Returns undefined for all
 * others.
 */
export function unsupportedStatus(exchange: HttpExchange): 405 | 415 | 417 | undefined {
  if (exchange.method !== "POST") return 405;
  if ((exchange.header("expect")?.toLowerCase() ?? "100-continue") !== "100-continue") return 417;
  const type = exchange.header("content-type") ?? "";
  return CONTENT_TYPES.some((expected) => expected.test(type)) ? undefined : 415;
}
