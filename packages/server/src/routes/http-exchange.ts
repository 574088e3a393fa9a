/** One request and its response, whatever carries them: HTTP/1.1, our HTTP/2 or that of Node. */
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { BodyLimits } from "../call/exchange.ts";
import type { Connection } from "../listener/connection.ts";

/** Names in lower case and values, alternating. */
export type Fields = readonly string[];

/** A response that is known as a whole. */
export interface HttpResponse {
  readonly status: number;
  readonly fields: Fields;
  /** Undefined: the response has no body, and without trailers its head ends it, as gRPC wants it. */
  readonly body?: Uint8Array | undefined;
  readonly trailers?: Fields;
}

/** The head of a request, and what can be done about it. */
export interface HttpExchange {
  readonly connection: Connection;
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  /** The head exceeds the limits of head-limit.ts. */
  readonly hasLargeHead: boolean;
  /** It came over HTTP/1 with more than one line of Host (RFC 9112 section 3.2). */
  readonly hasSeveralHosts: boolean;
  /** Whether nobody waits for the response any more. */
  readonly isGone: boolean;
  /** Whether a response has begun. */
  readonly hasResponded: boolean;
  /** The header of this name in lower case, the first one if it was sent twice. */
  header(name: string): string | undefined;
  /** Adds a header to the response, whichever that will be. */
  setHeader(name: string, value: string): void;
  /**
   * The whole body, of at most `maxBytes`. Errors: CKR_IBM_TRANSPORT_LIMIT beyond that, as soon as it is known; CKR_DEVICE_MEMORY
   * with `retry` when `limits` refuse to reserve its bytes; CKR_IBM_REQ_TIMEOUT when it takes too long; CKR_FUNCTION_CANCELED
   * when the caller hangs up.
   */
  readBody(maxBytes: number, limits: Omit<BodyLimits, "maxBytes">): Promise<Uint8Array>;
  /** Responds, and asks a caller that is still sending to stop. Does nothing if the caller is gone. */
  send(response: HttpResponse): void;
  /** Responds with a body that arrives in pieces. */
  stream(response: UniversalServerResponse): Promise<void>;
  /** Over HTTP/1.1: closes the connection after the response. */
  closeAfterwards?(): void;
  /** Discards a response that the caller does not read. */
  discard(): void;
  /** `listener` is called once, when nothing more can be received or sent. */
  onClose(listener: () => void): void;
}

/** The path in a request target, which may be in absolute form (RFC 9112 section 3.2.2), without its query. */
export function pathOf(target: string): string {
  if (target.startsWith("/") && !target.includes("?")) return target;
  const [path = ""] = target.replace(/^https?:\/\/[^/?#]*/i, "").split("?", 1);
  return path === "" ? "/" : path;
}
