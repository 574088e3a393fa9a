/** One unary gRPC call on one HTTP/2 stream, from request bytes to the bytes of the answer. */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { validateResponse, validateTrailer } from "@connectrpc/connect/protocol-grpc";
import * as ck from "@grep11/cryptoki";
import { ENVELOPE_BYTES } from "@grep11/proto";
import { isConnectionError } from "./call-error.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

/** The head of an answer. */
type ResponseHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** What came back for a call. */
export interface UnaryAnswer {
  readonly message: Uint8Array;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

/** How a call may end before its answer. */
export interface UnaryLimits {
  readonly signal: AbortSignal | undefined;
  /** Time for the call in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Most bytes of the answer. */
  readonly readMaxBytes: number;
}

/** `ms` as the value of grpc-timeout, which has 8 digits at most. */
export function grpcTimeout(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  return whole < 1e8 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(ms / 1000))}S`;
}

/**
 * Sends `message` on `stream` and waits for the answer. Errors, all of them ConnectErrors: the status of the server with
 * its details; UNAVAILABLE for a connection that broke or never came about, INTERNAL for one that TLS refused or a
 * server that breaks the protocol; DEADLINE_EXCEEDED, CANCELED, RESOURCE_EXHAUSTED as `limits` say.
 */
export function callUnary(stream: ClientHttp2Stream, message: Uint8Array, limits: UnaryLimits): Promise<UnaryAnswer> {
  const { signal, timeoutMs, readMaxBytes } = limits;
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    let headers: ResponseHeaders = {};
    let trailers: IncomingHttpHeaders | undefined;
    let timer: NodeJS.Timeout | undefined;

    const giveUp = (error: ConnectError): void => {
      reject(error);
      stream.close(constants.NGHTTP2_CANCEL);
    };
    const onAbort = (): void => giveUp(new ConnectError("the call was aborted", Code.Canceled, {}, [], signal?.reason));
    const release = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };

    stream.once("response", (received, flags) => {
      headers = received;
      // An answer without a body has its trailers in its headers.
      if (flags & constants.NGHTTP2_FLAG_END_STREAM) trailers = received;
    });
    stream.once("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > readMaxBytes + ENVELOPE_BYTES) {
        giveUp(tooLarge(readMaxBytes));
      }
    });
    stream.once("end", () => {
      if (trailers === undefined) return;
      release();
      try {
        requireSuccess(headers, trailers);
        resolve({ message: onlyMessage(chunks), headers, trailers });
      } catch (error) {
        reject(error);
      }
      // A server that answers early need not read the rest.
      if (!stream.writableFinished) stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.once("error", (error) => reject(brokenBy(error, stream.rstCode)));
    stream.once("close", () => {
      release();
      if (trailers === undefined) reject(reset(stream.rstCode));
    });

    if (timeoutMs !== undefined) {
      const late = (): void => giveUp(new ConnectError("the deadline has passed", Code.DeadlineExceeded));
      timer = setTimeout(late, Math.min(timeoutMs, MAX_TIMER_MS));
    }
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort);
    stream.end(encodeEnvelope(0, message));
  });
}

function tooLarge(readMaxBytes: number): ConnectError {
  const detail = `the answer is larger than the ${readMaxBytes} bytes that this client takes (readMaxBytes)`;
  const error = new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, detail);
  return new ConnectError(detail, Code.ResourceExhausted, undefined, undefined, error);
}

/** Errors: the ConnectError that head or trailers of an answer state. */
function requireSuccess(headers: ResponseHeaders, trailers: IncomingHttpHeaders): void {
  const plain = headers["grpc-encoding"] === undefined || headers["grpc-encoding"] === "identity";
  if (
    headers[":status"] === 200 &&
    headers["content-type"]?.startsWith("application/grpc") &&
    trailers["grpc-status"] === "0" &&
    plain
  ) {
    return;
  }
  validateResponse(Number(headers[":status"]), webHeaders(headers));
  validateTrailer(webHeaders(trailers), webHeaders(headers));
  throw new ConnectError("the answer is compressed, which was not asked for", Code.Internal);
}

function onlyMessage(chunks: readonly Uint8Array[]): Uint8Array {
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const declared = body.length < ENVELOPE_BYTES ? -1 : new DataView(body.buffer, body.byteOffset).getUint32(1);
  if (body[0] !== 0 || body.length !== ENVELOPE_BYTES + declared) {
    throw new ConnectError("the answer is not one message", Code.Internal);
  }
  // Not a view of the Buffer's class, whose slice() does not copy.
  return new Uint8Array(body.buffer, body.byteOffset + ENVELOPE_BYTES, declared);
}

/** Headers of node:http2 without its pseudo-headers. */
export function webHeaders(headers: IncomingHttpHeaders): Headers {
  const web = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) web.append(name, one);
  }
  return web;
}

const RESET_NAME =
  /^NGHTTP2_(NO_ERROR|PROTOCOL_ERROR|INTERNAL_ERROR|FLOW_CONTROL_ERROR|SETTINGS_TIMEOUT|STREAM_CLOSED|FRAME_SIZE_ERROR|REFUSED_STREAM|CANCEL|COMPRESSION_ERROR|CONNECT_ERROR|ENHANCE_YOUR_CALM|INADEQUATE_SECURITY|HTTP_1_1_REQUIRED)$/;

function brokenBy(error: Error & { readonly code?: unknown }, rstCode: number): ConnectError {
  if (error.code === "ERR_HTTP2_STREAM_ERROR") return reset(rstCode);
  // Streams that waited for a connection get the reason of its failure as a cause.
  const reason = error.cause instanceof Error ? error.cause : error;
  const code = "code" in reason && isConnectionError(String(reason.code)) ? Code.Unavailable : Code.Internal;
  return new ConnectError(reason.message, code, undefined, undefined, reason);
}

/** Names of the codes of RFC 9113, section 7, by their numbers. */
const RESET_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants)
    .filter(([name]) => RESET_NAME.test(name))
    .map(([name, code]) => [code as number, name.slice("NGHTTP2_".length)]),
);

/**
 * What RST_STREAM with `rstCode` means (gRPC over HTTP/2, "Errors"); codes that are not here are INTERNAL. Node gives streams of
 * a connection that was lost the code CANCEL, so here it says nothing about the server.
 */
function reset(rstCode: number): ConnectError {
  const name = RESET_NAMES.get(rstCode) ?? `code ${rstCode}`;
  switch (rstCode) {
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      return overloaded(`the other end of the connection asks for fewer calls at once (HTTP/2 ${name})`);
    case constants.NGHTTP2_REFUSED_STREAM:
      return new ConnectError(`the server did not begin the call (HTTP/2 ${name})`, Code.Unavailable);
    case constants.NGHTTP2_CANCEL:
      return new ConnectError(`the server closed the connection before it answered (HTTP/2 ${name})`, Code.Unavailable);
    case constants.NGHTTP2_INADEQUATE_SECURITY:
      return new ConnectError(`the stream was reset with ${name}`, Code.PermissionDenied);
    default:
      return new ConnectError(`the stream was reset with ${name}`, Code.Internal);
  }
}

/** RESOURCE_EXHAUSTED that passes, unlike that for a request which is too large. */
function overloaded(detail: string): ConnectError {
  const error = new ck.CkError(ck.CKR_DEVICE_MEMORY, detail, { retry: true });
  return new ConnectError(detail, Code.ResourceExhausted, undefined, undefined, error);
}
