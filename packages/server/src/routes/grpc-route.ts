/**
 * The fast way of most calls: gRPC with binary messages, straight from the streams of node:http2 to admission and codec.
 * It takes what well-behaved gRPC clients send; whatever differs in the head of the request is left to Connect's route,
 * which answers alike and costs several times as much.
 */
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import type { Ep11Method } from "@grep11/proto";
import type { Admission, Call, Outcome } from "../call/admission.ts";
import type { Entrance } from "../listener/listener-context.ts";
import { METHODS_BY_PATH } from "../services/paths.ts";
import { grpcTrailers, unread } from "../status.ts";
import { bodyLimit, readBody } from "./body.ts";
import { abandonStream, resetStream } from "./node.ts";

/** Names and values in turn, which node:http2 neither copies nor adds a date to. */
const ANSWER = [":status", "200", "content-type", "application/grpc+proto"];
const ANSWER_OPTIONS = { waitForTrailers: true, sendDate: false };
const SUCCESS = { "grpc-status": "0" };
const NOTHING = Buffer.alloc(0);

/** Serves unary gRPC on HTTP/2; one for a server, whatever the number of its listeners. */
export class GrpcRoute {
  readonly #admission: Admission;

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** Answers the call that `stream` carries, or answers false without having touched it. */
  handle(entrance: Entrance, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const method = METHODS_BY_PATH.get(headers[":path"] ?? "");
    const timeout = parseTimeout(headers["grpc-timeout"]?.toString() ?? null, Number.MAX_SAFE_INTEGER);
    if (method === undefined || timeout.error !== undefined || !isPlainGrpc(headers)) return false;
    const call = this.#admission.begin(method, {
      protocol: "grpc",
      connection: entrance.connectionOf(stream),
      authorization: headers.authorization,
      bearer: entrance.bearer,
      timeoutMs: timeout.timeoutMs,
      foreignOrigin: false,
      json: false,
    });
    void serve(call, stream, headers["content-length"], this.#admission.options.bodyTimeoutMs);
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

async function serve(
  call: Call<Ep11Method>,
  stream: ServerHttp2Stream,
  announced: string | undefined,
  bodyTimeoutMs: number | undefined,
): Promise<void> {
  let outcome: Outcome | undefined;
  stream.on("error", ignore);
  stream.once("close", () => call.end(outcome));
  try {
    const envelope = await call.untilStopped(answer(call, stream, announced, bodyTimeoutMs));
    outcome = "answered";
    reply(stream, envelope, SUCCESS);
  } catch (thrown) {
    const error = call.failure(thrown);
    outcome = error;
    reply(stream, NOTHING, grpcTrailers(error, call.rpc));
  }
  call.expectReader(() => {
    outcome = call.failure(unread());
    resetStream(stream);
  });
}

async function answer(
  call: Call<Ep11Method>,
  stream: ServerHttp2Stream,
  announced: string | undefined,
  bodyTimeoutMs: number | undefined,
): Promise<Uint8Array> {
  await call.admit();
  const body = await readBody(stream, announced, bodyLimit(call.maxBytes, true), bodyTimeoutMs, call);
  return await call.runEnvelope(body);
}

function ignore(): void {}

/** Sends headers, one frame and trailers, and tells a caller who still sends that nobody listens. */
function reply(stream: ServerHttp2Stream, envelope: Uint8Array, trailers: Readonly<Record<string, string>>): void {
  if (stream.destroyed || stream.closed) return;
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  if (!stream.readableEnded) abandonStream(stream);
  stream.respond(ANSWER, ANSWER_OPTIONS);
  stream.end(envelope);
}
