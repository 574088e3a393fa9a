/**
 * A request of node:http or node:http2 as Connect's handlers take it. They see nothing of its head but method and content type, so
 * that nothing else a client writes there can make them fail; this server handles compression and deadlines itself.
 */
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import type { NodeRequest, NodeResponse } from "../listener/node.ts";

/** Connect wants a whole URL, and reads nothing of it but the query of a GET, which no RPC of this server has. */
const BASE_URL = "http://localhost";

/** `request` for `path`, with `body` for its body; its signal fires when the caller is gone. */
export function universalRequest(
  request: NodeRequest,
  response: NodeResponse,
  path: string,
  contentType: string | undefined,
  body: AsyncIterable<Uint8Array>,
): UniversalServerRequest {
  const gone = new AbortController();
  // HTTP/1.1 closes a request when it has been read, and its response when the caller is gone.
  ("stream" in request ? request : response).once("close", () => gone.abort());
  return {
    httpVersion: request.httpVersion,
    method: request.method ?? "",
    url: BASE_URL + path,
    header: new Headers(contentType === undefined ? {} : { "content-type": contentType }),
    body,
    signal: gone.signal,
  };
}
