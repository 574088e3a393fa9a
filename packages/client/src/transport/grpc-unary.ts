/** Makes one unary gRPC call on one HTTP/2 stream, from the bytes of the request to the bytes of the response. */
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { validateResponse, validateTrailer } from "@connectrpc/connect/protocol-grpc";
import * as ck from "@grep11/cryptoki";
import { ENVELOPE_BYTES } from "@grep11/proto";
import { isConnectionError } from "./call-error.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

/** The headers of a response. */
type ResponseHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** The response to a call. */
export interface UnaryResult {
  readonly message: Uint8Array;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

/** The limits that may end a call before its response is complete. */
export interface UnaryLimits {
  readonly signal: AbortSignal | undefined;
  /** Time limit of the call in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Maximum size of a response in bytes. */
  readonly readMaxBytes: number;
}

/** Returns `ms` as the value of grpc-timeout, which has at most 8 digits. */
export function grpcTimeout(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  return whole < 1e8 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(ms / 1000))}S`;
}

/**
 * Sends `message` on `stream` and waits for the response. Errors, all of them ConnectErrors: the server's status with its
 * details; UNAVAILABLE when the connection broke or could not be established; INTERNAL when TLS refused the connection or
 * the server violated the protocol; DEADLINE_EXCEEDED, CANCELED and RESOURCE_EXHAUSTED according to `limits`.
 */
export function callUnary(stream: ClientHttp2Stream, message: Uint8Array, limits: UnaryLimits): Promise<UnaryResult> {
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
      // A response without a body carries its trailers in its headers.
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
      // A server that responds before the end of the request need not read the rest of it.
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
  const detail = `the response is larger than the ${readMaxBytes} bytes that this client accepts (readMaxBytes)`;
  const error = new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, detail);
  return new ConnectError(detail, Code.ResourceExhausted, undefined, undefined, error);
}

/** Throws the ConnectError that the headers or trailers of a response describe, unless the call succeeded. */
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
  throw new ConnectError("the response is compressed although the client did not ask for compression", Code.Internal);
}

function onlyMessage(chunks: readonly Uint8Array[]): Uint8Array {
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const declared = body.length < ENVELOPE_BYTES ? -1 : new DataView(body.buffer, body.byteOffset).getUint32(1);
  if (body[0] !== 0 || body.length !== ENVELOPE_BYTES + declared) {
    throw new ConnectError("the response is not exactly one message", Code.Internal);
  }
  // Returns a plain Uint8Array, because slice() of a Buffer does not copy.
  return new Uint8Array(body.buffer, body.byteOffset + ENVELOPE_BYTES, declared);
}

/** Converts headers of node:http2, leaving out pseudo-headers. */
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
  // If a connection could not be established, the streams that waited for it have the reason as the cause of their error.
  const reason = error.cause instanceof Error ? error.cause : error;
  const code = "code" in reason && isConnectionError(String(reason.code)) ? Code.Unavailable : Code.Internal;
  return new ConnectError(reason.message, code, undefined, undefined, reason);
}

/** The names of the error codes in RFC 9113, section 7, by number. */
const RESET_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants)
    .filter(([name]) => RESET_NAME.test(name))
    .map(([name, code]) => [code as number, name.slice("NGHTTP2_".length)]),
);

/**
 * Returns the error for RST_STREAM with `rstCode` (gRPC over HTTP/2, "Errors"). Codes that are not listed become INTERNAL. Node
 * gives the streams of a lost connection the code CANCEL, so that code says nothing about the server.
 */
function reset(rstCode: number): ConnectError {
  const name = RESET_NAMES.get(rstCode) ?? `code ${rstCode}`;
  switch (rstCode) {
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      return overloaded(`the other end of the connection asks for fewer calls at once (HTTP/2 ${name})`);
    case constants.NGHTTP2_REFUSED_STREAM:
      return new ConnectError(`the server did not begin the call (HTTP/2 ${name})`, Code.Unavailable);
    case constants.NGHTTP2_CANCEL:
      return new ConnectError(
        `the server closed the connection before it responded (HTTP/2 ${name})`,
        Code.Unavailable,
      );
    case constants.NGHTTP2_INADEQUATE_SECURITY:
      return new ConnectError(`the stream was reset with ${name}`, Code.PermissionDenied);
    default:
      return new ConnectError(`the stream was reset with ${name}`, Code.Internal);
  }
}

/** Returns a RESOURCE_EXHAUSTED error that is temporary, unlike the one for a request that is too large. */
function overloaded(detail: string): ConnectError {
  const error = new ck.CkError(ck.CKR_DEVICE_MEMORY, detail, { retry: true });
  return new ConnectError(detail, Code.ResourceExhausted, undefined, undefined, error);
}
