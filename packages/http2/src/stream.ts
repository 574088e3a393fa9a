/** One stream (RFC 9113, section 5): its state, its windows, and what waits to be sent on it. */
import { ErrorCode } from "./errors.ts";

/**
 * What is done with what arrives on a stream. Calls come in this order: head, data, end, closed; any may be the last before
 * closed. All may use the stream and the connection; what they throw ends the connection.
 */
export interface StreamReceiver {
  /** The head of a response; only for clients. */
  head?(fields: readonly string[], status: number): void;
  /**
   * A piece of the body, a view of what was read from the socket. Copy what is to be kept: a view of one byte keeps all of what
   * was read with it, which windows do not count. Call `Stream.consume` when the piece needs no more memory; what was not
   * consumed when the stream closes is returned to the connection then.
   */
  data(piece: Uint8Array): void;
  /** The peer has ended its side. */
  end(trailers: readonly string[] | undefined): void;
  /**
   * The stream is over. `code` is undefined when both ends have completed it, else the error code with which it was reset;
   * `byPeer` tells by whom. When the connection ends, so do its streams, by `code` of the connection.
   */
  closed(code: number | undefined, byPeer: boolean): void;
  /** All that was written is framed; only after some of it had to wait. */
  drained?(): void;
}

/** What a stream asks its connection for. */
export interface StreamActions {
  sendHead(stream: Stream, fields: readonly string[], end: boolean): void;
  sendData(stream: Stream, bytes: Uint8Array | undefined): void;
  sendEnd(stream: Stream, bytes: Uint8Array | undefined, trailers: readonly string[] | undefined): void;
  reset(stream: Stream, code: number): void;
  consume(stream: Stream, bytes: number): void;
}

/** A stream of a connection; both ends use the same class. */
export class Stream {
  readonly id: number;
  readonly #actions: StreamActions;
  /** Set before anything arrives. */
  receiver: StreamReceiver | undefined;
  /** What the peer has ended, what we have ended, and whether the stream is over. */
  remoteEnded = false;
  localEnded = false;
  isClosed = false;
  /** Bytes that we may still send. */
  sendWindow: number;
  /** Bytes that the peer may still send. */
  receiveWindow: number;
  /** What the head says that the body has, less what has arrived. */
  expectedBytes: number | undefined;
  /** The peer has sent its request, or the final head of its response. */
  hasHead = false;
  /** No body follows the head, whatever its content-length: the response to HEAD. */
  isHead = false;
  /** Bytes that the receiver has and has not consumed. */
  unconsumed = 0;
  /** Bytes that were consumed and that no WINDOW_UPDATE has returned yet. */
  unreturned = 0;
  /** What waits for a window or for the socket, its first bytes sent up to `sentOfFirst`. */
  readonly waiting: Uint8Array[] = [];
  sentOfFirst = 0;
  /** Our side ends after what waits, with `trailers` if any. */
  isEnding = false;
  trailers: readonly string[] | undefined;
  /** With which code the stream was reset. */
  resetCode: number | undefined;

  constructor(actions: StreamActions, id: number, sendWindow: number, receiveWindow: number) {
    this.#actions = actions;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** Sends the head of a response; `end` without a body. Does nothing when our side has ended. Errors: TypeError for a field that HTTP forbids. */
  respond(fields: readonly string[], end = false): void {
    this.#actions.sendHead(this, fields, end);
  }

  /** Sends `bytes`, which must not change until they are sent. */
  write(bytes: Uint8Array): void {
    this.#actions.sendData(this, bytes);
  }

  /** Sends `bytes` if any, then trailers if any, and ends our side. Errors: TypeError for a field that HTTP forbids. */
  end(bytes?: Uint8Array, trailers?: readonly string[]): void {
    this.#actions.sendEnd(this, bytes, trailers);
  }

  /** Ends the stream at once, in both directions. `closed` of the receiver is called. */
  reset(code: number = ErrorCode.CANCEL): void {
    this.#actions.reset(this, code);
  }

  /** Lets the peer send `bytes` more. */
  consume(bytes: number): void {
    this.#actions.consume(this, bytes);
  }

  /** Bytes that were written and have not been framed yet. */
  get waitingBytes(): number {
    let bytes = -this.sentOfFirst;
    for (const piece of this.waiting) bytes += piece.length;
    return bytes;
  }
}
