/** Adapts a request of node:http or node:http2 to the interface HttpExchange. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { BodyLimits } from "../call/exchange.ts";
import { isSmallHead } from "../limits/head-limit.ts";
import type { Connection } from "../listener/connection.ts";
import { readBody } from "./body.ts";
import { type HttpExchange, type HttpResponse, pathOf } from "./http-exchange.ts";

export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** One request of node:http or node:http2. */
export class NodeExchange implements HttpExchange {
  readonly connection: Connection;
  readonly method: string;
  readonly path: string;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;

  constructor(connection: Connection, request: NodeRequest, response: NodeResponse) {
    this.connection = connection;
    this.method = request.method ?? "";
    this.path = pathOf(request.url ?? "");
    this.#request = request;
    this.#response = response;
    request.on("error", () => undefined);
    response.on("error", () => undefined);
  }

  get hasLargeHead(): boolean {
    return !isSmallHead(this.#request.rawHeaders);
  }

  get hasSeveralHosts(): boolean {
    const { httpVersionMajor, rawHeaders } = this.#request;
    if (httpVersionMajor !== 1) return false;
    return rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length > 1;
  }

  get isGone(): boolean {
    const request = this.#request;
    return "stream" in request ? request.stream.closed || request.stream.destroyed : this.#response.destroyed;
  }

  get hasResponded(): boolean {
    return this.#response.headersSent;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  setHeader(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  closeAfterwards(): void {
    if (!("stream" in this.#response)) this.#response.shouldKeepAlive = false;
  }

  readBody(maxBytes: number, limits: Omit<BodyLimits, "maxBytes">): Promise<Uint8Array> {
    return readBody(this.#request, this.header("content-length"), maxBytes, limits);
  }

  send({ status, fields, body, trailers }: HttpResponse): void {
    if (this.isGone) return;
    const response = this.#response;
    this.#abandonBody();
    response.statusCode = status;
    for (let at = 0; at < fields.length; at += 2) response.setHeader(fields[at]!, fields[at + 1]!);
    if (trailers !== undefined) this.#addTrailers(trailers);
    if (body !== undefined && "stream" in response) response.end(body);
    else if (body !== undefined) response.end(body);
    else response.end();
    // Without body and trailers, the head ends the stream, so the event "wantTrailers" never occurs. Reading stops here
    // instead.
    if (body === undefined && trailers === undefined && "stream" in this.#request) this.#stopReading();
  }

  #addTrailers(trailers: readonly string[]): void {
    const response = this.#response;
    // If there are trailers, writes the head on its own, so that it does not end the stream even without a body.
    if ("stream" in response) response.writeHead(response.statusCode);
    for (let at = 0; at < trailers.length; at += 2) response.addTrailers({ [trailers[at]!]: trailers[at + 1]! });
  }

  async stream(universal: UniversalServerResponse): Promise<void> {
    this.#abandonBody();
    try {
      await universalResponseToNodeResponse(universal, this.#response);
    } catch (thrown) {
      // Errors are ignored if the caller has disconnected, because there is no response to complete.
      if (!this.isGone) throw thrown;
    }
  }

  discard(): void {
    if (!("stream" in this.#request)) {
      this.#response.destroy();
      return;
    }
    const { stream } = this.#request;
    if (stream.destroyed) return;
    stream.close(constants.NGHTTP2_CANCEL);
    stream.destroy();
  }

  onClose(listener: () => void): void {
    // Listens to the response. Over HTTP/1.1, the "close" event of the request only means that the request has been
    // read.
    this.#response.once("close", listener);
  }

  /**
   * Stops reading a request that gets its response before it has arrived completely. Over HTTP/2, the caller is told to
   * stop sending. Over HTTP/1.1, the rest is discarded, and the connection is closed after the time limit of a request.
   */
  #abandonBody(): void {
    const request = this.#request;
    if (request.readableEnded) return;
    if ("stream" in request) {
      request.stream.once("wantTrailers", () => this.#stopReading());
    } else {
      if (!this.#response.headersSent) this.#response.setHeader("connection", "close");
      request.resume();
    }
  }

  /** As soon as the response has been sent, tells the caller to stop sending. Discards what has arrived. */
  #stopReading(): void {
    const request = this.#request;
    if (request.readableEnded || !("stream" in request)) return;
    // Waits for the next turn of the event loop, in which node:http2 sends the trailers.
    setImmediate(() => {
      request.stream.close(constants.NGHTTP2_NO_ERROR);
      // Reads the rest of the request, because Node never destroys a stream that is not read to its end.
      request.resume();
    });
  }
}
