/** One request and its response, over HTTP/1.1, our own HTTP/2 layer or node:http2. */
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { BodyLimits } from "../call/exchange.ts";
import type { Connection } from "../listener/connection.ts";

/** Lower-case names and values, alternating. */
export type Fields = readonly string[];

/** A response that is sent as a whole. */
export interface HttpResponse {
  readonly status: number;
  readonly fields: Fields;
  /** Undefined means that the response has no body. Without trailers, its head then ends the stream, as gRPC requires. */
  readonly body?: Uint8Array | undefined;
  readonly trailers?: Fields;
}

/** The head of a request, and the methods to read its body and to respond. */
export interface HttpExchange {
  readonly connection: Connection;
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** Whether the head exceeds the limits of head-limit.ts. */
  readonly hasLargeHead: boolean;
  /** Whether it is an HTTP/1 request with more than one Host line (RFC 9112 section 3.2). */
  readonly hasSeveralHosts: boolean;
  /** Whether the caller has disconnected. */
  readonly isGone: boolean;
  /** Whether a response has begun. */
  readonly hasResponded: boolean;
  /** Returns the header with this lower-case name; if it was sent more than once, the first one. */
  header(name: string): string | undefined;
  /** Adds a header to the response, whatever the response will be. */
  setHeader(name: string, value: string): void;
  /**
   * Returns the whole body, of at most `maxBytes` bytes. Errors: CKR_IBM_TRANSPORT_LIMIT for a larger one, as soon as that is
   * known; CKR_DEVICE_MEMORY with `retry` when `limits` refuse to reserve memory; CKR_IBM_REQ_TIMEOUT when it takes too long;
   * CKR_FUNCTION_CANCELED when the caller disconnects.
   */
  readBody(maxBytes: number, limits: Omit<BodyLimits, "maxBytes">): Uint8Array | Promise<Uint8Array>;
  /** Sends the response, and asks a caller that is still sending to stop. Does nothing if the caller has disconnected. */
  send(response: HttpResponse): void;
  /** Sends a response whose body arrives in pieces. */
  stream(response: UniversalServerResponse): Promise<void>;
  /** Closes the connection after the response; only over HTTP/1.1. */
  closeAfterwards?(): void;
  /** Discards a response that the caller does not read. */
  discard(): void;
  /** `listener` is called once, when nothing more can be received or sent. */
  onClose(listener: () => void): void;
}

/** Returns the path of a request target, without its query. The target may be in absolute form (RFC 9112 section 3.2.2). */
export function pathOf(target: string): string {
  if (target.startsWith("/") && !target.includes("?")) return target;
  const [path = ""] = target.replace(/^https?:\/\/[^/?#]*/i, "").split("?", 1);
  return path === "" ? "/" : path;
}
