/**
 * Fast path for most calls: gRPC with binary messages, straight from the streams of node:http2. It serves what well-behaved
 * gRPC clients send; whatever differs in the head of the request is left to connect-route.ts, which responds alike and costs
 * several times as much.
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import * as ck from "@grep11/cryptoki";
import type { Calls } from "../call/call.ts";
import { ENVELOPE_BYTES } from "../call/envelope.ts";
import { abandonStream, headerOf, resetStream } from "../listener/node.ts";
import type { ServiceRegistry } from "../services/service.ts";
import { grpcTrailers } from "../status.ts";
import { readBody } from "./body.ts";
import type { ListenerContext } from "./listener-context.ts";

/** Names and values in turn, which node:http2 neither copies nor adds a date to. */
const RESPONSE_HEAD = [":status", "200", "content-type", "application/grpc+proto"];
const RESPONSE_OPTIONS = { waitForTrailers: true, sendDate: false };
const NOTHING = Buffer.alloc(0);

/** Serves unary gRPC on HTTP/2; one for a server, whatever the number of its listeners. */
export class GrpcRoute {
  readonly #calls: Calls;
  readonly #services: ServiceRegistry;

  constructor(calls: Calls, services: ServiceRegistry) {
    this.#calls = calls;
    this.#services = services;
  }

  /** Serves the call that `stream` carries, or returns false and leaves the stream untouched. */
  handle(listener: ListenerContext, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const method = this.#services.method(headers[":path"] ?? "");
    const timeout = parseTimeout(headers["grpc-timeout"]?.toString() ?? null, Number.MAX_SAFE_INTEGER);
    if (method === undefined || timeout.error !== undefined || !isPlainGrpc(headers)) return false;
    stream.on("error", ignore);
    const call = this.#calls.begin(method, {
      protocol: "grpc",
      connection: listener.connectionOf(stream),
      bearer: listener.bearer,
      timeoutMs: timeout.timeoutMs,
      foreignOrigin: false,
      json: false,
      enveloped: true,
      header: (name) => headerOf({ headers }, name),
      onClose: (closed) => stream.once("close", closed),
    });
    void call.serve({
      read: (limits) => readBody(stream, headers["content-length"], limits.maxBytes + ENVELOPE_BYTES, limits),
      reply: (result) => {
        send(stream, result instanceof ck.CkError ? NOTHING : result, grpcTrailers(result, method.descriptor.name));
        return () => resetStream(stream);
      },
    });
    return true;
  }
}

/** Whether nothing in the head of a request asks for more than the simplest form of gRPC. */
function isPlainGrpc(headers: IncomingHttpHeaders): boolean {
  const type = headers["content-type"];
  return (
    headers[":method"] === "POST" &&
    (type === "application/grpc" || type === "application/grpc+proto") &&
    headers["grpc-encoding"] === undefined &&
    headers.origin === undefined &&
    headers.expect === undefined
  );
}

function ignore(): void {}

/** Sends headers, one frame and trailers, and asks a caller that is still sending to stop. */
function send(stream: ServerHttp2Stream, envelope: Uint8Array, trailers: Readonly<Record<string, string>>): void {
  if (stream.destroyed || stream.closed) return;
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  if (!stream.readableEnded) abandonStream(stream);
  stream.respond(RESPONSE_HEAD, RESPONSE_OPTIONS);
  stream.end(envelope);
}
