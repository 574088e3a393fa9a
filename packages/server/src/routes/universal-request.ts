/**
 * Converts a request to the type that Connect's handlers take. The handlers see only its method and content type, so
 * that no other header can make them fail. This server handles compression and deadlines itself.
 */
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import type { HttpExchange } from "./http-exchange.ts";

/** Connect requires an absolute URL, but only uses the query of GET requests. No RPC of this server supports GET. */
const BASE_URL = "http://localhost";

/**
 * Converts `exchange` and `body` to Connect's request type. The signal of the result is aborted when the client
 * disconnects.
 */
export function universalRequest(
  exchange: HttpExchange,
  contentType: string | undefined,
  body: AsyncIterable<Uint8Array>,
): UniversalServerRequest {
  const gone = new AbortController();
  exchange.onClose(() => gone.abort());
  return {
    httpVersion: "2",
    method: exchange.method,
    url: BASE_URL + exchange.path,
    header: new Headers(contentType === undefined ? {} : { "content-type": contentType }),
    body,
    signal: gone.signal,
  };
}
