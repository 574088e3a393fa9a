/** Requests and responses of node:http and node:http2, which are served alike. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Stream } from "node:http2";

export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Scheme and authority of a target in absolute form, which every server has to accept (RFC 9112 section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/** The path of `request` without its query. */
export function pathOf(request: NodeRequest): string {
  const [path = ""] = (request.url ?? "").replace(ORIGIN, "").split("?", 1);
  return path === "" ? "/" : path;
}

/** The header `name`, the first one if it was sent twice. */
export function headerOf(request: { readonly headers: NodeRequest["headers"] }, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Whether `request` came over HTTP/1 with more than one line of Host (RFC 9112 section 3.2). */
export function hasSeveralHosts({ httpVersionMajor, rawHeaders }: NodeRequest): boolean {
  if (httpVersionMajor !== 1) return false;
  return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length > 1;
}

/** Whether nobody waits for the response any more. */
export function isGone({
  request,
  response,
}: {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
}): boolean {
  return "stream" in request ? request.stream.closed || request.stream.destroyed : response.destroyed;
}

/**
 * Stops reading a request that gets its response before it is complete: over HTTP/2 the caller is told to stop sending, over
 * HTTP/1.1 the rest has to be discarded, and the connection closed, within the time a request may take.
 */
export function abandonBody(request: NodeRequest, response: NodeResponse): void {
  if (request.readableEnded) return;
  if ("stream" in request) {
    abandonStream(request.stream, request);
  } else {
    if (!response.headersSent) response.setHeader("connection", "close");
    request.resume();
  }
}

/**
 * Tells the caller to stop sending once the response has left on `stream`, and discards what has arrived for `reader`, which has
 * read the body so far.
 */
export function abandonStream(
  stream: ServerHttp2Stream,
  reader: ServerHttp2Stream | Http2ServerRequest = stream,
): void {
  stream.once("wantTrailers", () => stopReading(stream, reader));
}

function stopReading(stream: ServerHttp2Stream, reader: ServerHttp2Stream | Http2ServerRequest): void {
  // Trailers leave in the next turn of the event loop.
  setImmediate(() => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    // A stream that is not read to its end is never destroyed.
    reader.resume();
  });
}

/** Discards a response that its caller does not read. */
export function abandonResponse(request: NodeRequest, response: NodeResponse): void {
  if ("stream" in request) resetStream(request.stream);
  else response.destroy();
}

/** Ends `stream` with CANCEL, whatever still waits to be sent over it. */
export function resetStream(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  stream.close(constants.NGHTTP2_CANCEL);
  stream.destroy();
}

/**
 * Responds with `status` and the headers that were set, to a request whose body is not read. Without a body the headers end the
 * HTTP/2 stream, as gRPC wants it.
 */
export function send(request: NodeRequest, response: NodeResponse, status: number, body?: Uint8Array): void {
  abandonBody(request, response);
  response.statusCode = status;
  if (body !== undefined && "stream" in response) response.end(body);
  else if (body !== undefined) response.end(body);
  else {
    response.end();
    // There are no trailers after headers that end the stream.
    if ("stream" in request && !request.readableEnded) stopReading(request.stream, request);
  }
}
