/** Makes one unary gRPC call on one HTTP/2 stream. It sends an encoded request and returns the encoded response. */
import { Code, ConnectError } from "@connectrpc/connect";
import { validateResponse, validateTrailer } from "@connectrpc/connect/protocol-grpc";
import * as ck from "@grep11/cryptoki";
import { ErrorCode, errorName, type Stream } from "@grep11/http2";
import { ENVELOPE_BYTES } from "@grep11/proto";
import type { Http2Connection, PendingRequest } from "./http2-connection.ts";
import { connectErrorOf, type Http2Socket } from "./http2-socket.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;
const NOTHING = new Uint8Array(0);

/** The response to a call. Names and values of the fields alternate. */
export interface UnaryResult {
  readonly message: Uint8Array;
  readonly head: readonly string[];
  readonly trailers: readonly string[];
}

/** The conditions that end a call before its response is complete. */
export interface UnaryLimits {
  readonly signal: AbortSignal | undefined;
  /** The time limit of the call in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** The maximum size of a response in bytes. */
  readonly readMaxBytes: number;
}

/** Converts milliseconds to the value of grpc-timeout, which may have at most 8 digits. */
export function grpcTimeout(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  return whole < 1e8 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(ms / 1000))}S`;
}

/** A call that is waiting for its stream or for its response. */
export class UnaryCall implements PendingRequest {
  readonly fields: readonly string[];
  /**
   * Resolves with the response. Rejects with a ConnectError:
   * - the server's status with its details;
   * - UNAVAILABLE if the connection broke or could not be established;
   * - INTERNAL if TLS refused the connection or the server violated the protocol;
   * - DEADLINE_EXCEEDED, CANCELED or RESOURCE_EXHAUSTED if the call exceeded its limits.
   * For a header field that HTTP forbids, rejects with the CkError CKR_ARGUMENTS_BAD.
   */
  readonly result: Promise<UnaryResult>;
  #resolve!: (result: UnaryResult) => void;
  #reject!: (error: unknown) => void;
  readonly #connection: Http2Connection;
  readonly #frame: Uint8Array;
  readonly #limits: UnaryLimits;
  readonly #onAbort: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #socket: Http2Socket | undefined;
  #stream: Stream | undefined;
  #isSettled = false;
  #wasRefused = false;

  #status = 0;
  #head: readonly string[] = [];
  #isGrpc = false;
  /** How many bytes of the 5-byte envelope have arrived. */
  #envelopeBytes = 0;
  #flags = 0;
  /** The length of the message in bytes, as declared by the envelope. */
  #declared = 0;
  /** The message, as far as it has arrived. */
  #response: Uint8Array = NOTHING;
  /** How many bytes of the message have arrived. This can be more than declared. */
  #received = 0;

  /** Sends a request on `connection`. `frame` is the message in its envelope. */
  constructor(connection: Http2Connection, fields: readonly string[], frame: Uint8Array, limits: UnaryLimits) {
    this.fields = fields;
    this.#connection = connection;
    this.#frame = frame;
    this.#limits = limits;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal, timeoutMs } = limits;
    if (timeoutMs !== undefined) {
      const late = (): void => this.#giveUp(new ConnectError("the deadline has passed", Code.DeadlineExceeded));
      this.#timer = setTimeout(late, Math.min(timeoutMs, MAX_TIMER_MS));
    }
    if (signal !== undefined) {
      this.#onAbort = () =>
        this.#giveUp(new ConnectError("the call was aborted", Code.Canceled, {}, [], signal.reason));
      signal.addEventListener("abort", this.#onAbort);
      if (signal.aborted) this.#onAbort();
    }
    if (!this.#isSettled) connection.send(this);
  }

  begun(stream: Stream, socket: Http2Socket): void {
    this.#stream = stream;
    this.#socket = socket;
    stream.end(this.#frame);
  }

  failed(error: unknown): void {
    if (this.#settle()) this.#reject(error instanceof TypeError ? ck.CkError.argumentsBad(error.message) : error);
  }

  head(fields: readonly string[], status: number): void {
    this.#head = fields;
    this.#status = status;
    this.#isGrpc = status === 200 && fieldValue(fields, "content-type")?.startsWith("application/grpc") === true;
  }

  data(piece: Uint8Array): void {
    this.#stream?.consume(piece.length);
    if (!this.#isGrpc) return;
    let at = 0;
    while (this.#envelopeBytes < ENVELOPE_BYTES && at < piece.length) {
      const byte = piece[at++]!;
      if (this.#envelopeBytes === 0) this.#flags = byte;
      else this.#declared = this.#declared * 256 + byte;
      if (++this.#envelopeBytes === ENVELOPE_BYTES && !this.#begin()) return;
    }
    const rest = at === 0 ? piece : piece.subarray(at);
    // Copies the piece, because it is a view of the whole read buffer, which would otherwise stay in memory.
    if (this.#received + rest.length <= this.#declared) this.#response.set(rest, this.#received);
    this.#received += rest.length;
  }

  end(trailers: readonly string[] | undefined): void {
    // If the server responds before the end of the request, the rest of the request is not sent.
    const stream = this.#stream;
    if (this.#settle()) {
      // A gRPC response without a body has its trailers in the head.
      this.#finish(trailers ?? (this.#envelopeBytes === 0 ? this.#head : []));
    }
    if (stream?.localEnded === false) stream.reset(ErrorCode.CANCEL);
  }

  closed(code: number | undefined, byPeer: boolean): void {
    if (this.#isSettled || code === undefined) return;
    const hasHead = this.#status !== 0;
    if (code === ErrorCode.REFUSED_STREAM && byPeer && !hasHead && !this.#wasRefused) {
      // The server has not processed the call (RFC 9113, section 8.7), so it can be repeated even if it is not idempotent.
      this.#wasRefused = true;
      this.#stream = undefined;
      this.#connection.send(this);
      return;
    }
    const violation = new ConnectError(`the response violates HTTP/2 (${errorName(code)})`, Code.Internal);
    this.failed(byPeer ? connectErrorOf(code) : (this.#socket?.failure ?? violation));
  }

  /** Allocates memory for the message. If the message is too large, gives up the call and returns false. */
  #begin(): boolean {
    const { readMaxBytes } = this.#limits;
    if (this.#declared <= readMaxBytes) {
      this.#response = new Uint8Array(this.#declared);
      return true;
    }
    const detail = `the response of ${this.#declared} bytes is larger than readMaxBytes, which is ${readMaxBytes}`;
    this.#giveUp(new ConnectError(detail, Code.ResourceExhausted));
    return false;
  }

  #finish(trailers: readonly string[]): void {
    try {
      this.#requireSuccess(trailers);
      this.#resolve({ message: this.#response, head: this.#head, trailers });
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Throws the ConnectError that the response describes. Returns if the call succeeded. */
  #requireSuccess(trailers: readonly string[]): void {
    const encoding = fieldValue(this.#head, "grpc-encoding") ?? "identity";
    if (!this.#isGrpc || fieldValue(trailers, "grpc-status") !== "0" || encoding !== "identity") {
      validateResponse(this.#status, webHeaders(this.#head));
      validateTrailer(webHeaders(trailers), webHeaders(this.#head));
      throw new ConnectError(
        "the response is compressed although the client did not ask for compression",
        Code.Internal,
      );
    }
    const isComplete = this.#envelopeBytes === ENVELOPE_BYTES && this.#received === this.#declared;
    if (!isComplete || this.#flags !== 0) {
      throw new ConnectError("the response is not exactly one message", Code.Internal);
    }
  }

  #giveUp(error: ConnectError): void {
    if (!this.#settle()) return;
    this.#reject(error);
    if (this.#stream === undefined) this.#connection.forget(this);
    else this.#stream.reset(ErrorCode.CANCEL);
  }

  /** Marks the call as settled and stops its timer. Returns false if the call was already settled. */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    if (this.#onAbort !== undefined) this.#limits.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }
}

/** Returns the value of the first field with this name. */
function fieldValue(fields: readonly string[], name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1];
  return undefined;
}

/** Converts alternating names and values to Headers. */
export function webHeaders(fields: readonly string[]): Headers {
  const web = new Headers();
  for (let at = 0; at < fields.length; at += 2) web.append(fields[at]!, fields[at + 1]!);
  return web;
}
