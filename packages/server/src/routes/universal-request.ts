/**
 * A request as Connect's handlers take it. They see nothing of its head but method and content type, so
 * that nothing else a client writes there can make them fail; this server handles compression and deadlines itself.
 */
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import type { HttpExchange } from "./http-exchange.ts";

/** Connect requires an absolute URL, but uses only the query of a GET, which no RPC of this server has. */
const BASE_URL = "http://localhost";

/**
 * Converts `exchange` to Connect's request type, with `body` as its body. Its signal is aborted when the client disconnects.
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
