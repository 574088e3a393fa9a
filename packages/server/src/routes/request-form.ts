/** What the head of a request says about the form of its body. */

import type { CallRecord } from "../options.ts";
import { headerOf, type NodeRequest } from "./node.ts";

type Protocol = CallRecord["protocol"];

/** Protocol and encoding of a request. */
export interface RequestForm {
  readonly protocol: Protocol;
  /** Messages are JSON, otherwise binary protobuf. */
  readonly json: boolean;
  /** The frames of gRPC-Web are sent in base64. */
  readonly text: boolean;
  /** Every message is preceded by an envelope of five bytes; the unary calls of Connect have none. */
  readonly enveloped: boolean;
  /** The compression that messages may have; undefined: none. */
  readonly encoding: string | undefined;
  /** Name of the header in which this protocol lists the encodings that the server understands. */
  readonly acceptHeader: string;
}

/** Headers of the request's encoding and of those that are understood: gRPC, Connect unary, Connect streaming. */
const GRPC_ENCODING = ["grpc-encoding", "grpc-accept-encoding"] as const;
const UNARY_ENCODING = ["content-encoding", "accept-encoding"] as const;
const STREAM_ENCODING = ["connect-content-encoding", "connect-accept-encoding"] as const;

/** The protocol that a content type (in lower case) belongs to; Connect is the rest. */
function protocolOf(type: string): Protocol {
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}

/** The form of `request`, for a method that is `unary` or streams its answer. */
export function formOf(request: NodeRequest, unary: boolean): RequestForm {
  const type = headerOf(request, "content-type")?.toLowerCase() ?? "";
  const protocol = protocolOf(type);
  const enveloped = protocol !== "connect" || !unary;
  const [header, acceptHeader] = protocol !== "connect" ? GRPC_ENCODING : unary ? UNARY_ENCODING : STREAM_ENCODING;
  const encoding = headerOf(request, header)?.trim().toLowerCase();
  return {
    protocol,
    json: type.includes("json"),
    text: type.startsWith("application/grpc-web-text"),
    enveloped,
    encoding: encoding === "identity" ? undefined : encoding,
    acceptHeader,
  };
}
