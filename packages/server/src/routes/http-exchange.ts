/** One request and its response, over HTTP/1.1, our own HTTP/2 layer or node:http2. */
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { BodyLimits } from "../call/exchange.ts";
import type { Connection } from "../listener/connection.ts";

/** Alternating lower-case names and values. */
export type Fields = readonly string[];

/** A response that is sent as a whole. */
export interface HttpResponse {
  readonly status: number;
  readonly fields: Fields;
  /**
   * The body of the response. If it is undefined and there are no trailers, the head ends the stream, as gRPC requires.
   */
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
  /** Whether the request is an HTTP/1 request with more than one Host line (RFC 9112 section 3.2). */
  readonly hasSeveralHosts: boolean;
  /** Whether the caller has disconnected. */
  readonly isGone: boolean;
  /** Whether a response has begun. */
  readonly hasResponded: boolean;
  /**
   * Returns the value of the header with this lower-case name. If the header was sent more than once, returns the first
   * value.
   */
  header(name: string): string | undefined;
  /** Adds a header to the response that will be sent later. */
  setHeader(name: string, value: string): void;
  /**
   * Returns the whole body, which may have at most `maxBytes` bytes. Throws:
   * - CKR_IBM_TRANSPORT_LIMIT as soon as the body is known to be larger;
   * - CKR_DEVICE_MEMORY with `retry` if `limits` do not allow more memory;
   * - CKR_IBM_REQ_TIMEOUT if the body takes too long;
   * - CKR_FUNCTION_CANCELED if the caller disconnects.
   */
  readBody(maxBytes: number, limits: Omit<BodyLimits, "maxBytes">): Uint8Array | Promise<Uint8Array>;
  /**
   * Sends the response. If the caller is still sending the request, asks it to stop. Does nothing if the caller has
   * disconnected.
   */
  send(response: HttpResponse): void;
  /** Sends a response whose body arrives in pieces. */
  stream(response: UniversalServerResponse): Promise<void>;
  /** Closes the connection after the response. Exists only over HTTP/1.1. */
  closeAfterwards?(): void;
  /** Discards a response that the caller does not read. */
  discard(): void;
  /** Registers a listener that is called once, when nothing more can be received or sent. */
  onClose(listener: () => void): void;
}

/** Returns the path of a request target, without its query. The target may be in absolute form (RFC 9112 section 3.2.2). */
export function pathOf(target: string): string {
  if (target.startsWith("/") && !target.includes("?")) return target;
  const [path = ""] = target.replace(/^https?:\/\/[^/?#]*/i, "").split("?", 1);
  return path === "" ? "/" : path;
}
