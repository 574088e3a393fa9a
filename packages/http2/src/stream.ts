/** One stream (RFC 9113, section 5): its state, its windows, and the data that is waiting to be sent. */
import { ErrorCode } from "./errors.ts";

/**
 * Receives what arrives on a stream. The methods are called in this order: head, data, end, closed. `closed` may follow any of
 * them. All of them may use the stream and the connection; an exception in one of them ends the connection.
 */
export interface StreamReceiver {
  /** Receives the head of a response; only called on clients. */
  head?(fields: readonly string[], status: number): void;
  /**
   * Receives a piece of the body, a view of what was read from the socket. Copy what must be kept: even a view of one byte keeps
   * the whole buffer in memory, which the windows do not count. Call `Stream.consume` when the piece needs no more memory. What
   * has not been consumed when the stream closes is then returned to the connection's window.
   */
  data(piece: Uint8Array): void;
  /** The peer has ended its side of the stream. */
  end(trailers: readonly string[] | undefined): void;
  /**
   * The stream is closed. `code` is undefined if both sides completed it, else it is the error code of the reset, and `byPeer`
   * tells who sent it. When the connection ends, all its streams are closed with its error code.
   */
  closed(code: number | undefined, byPeer: boolean): void;
  /** All data has been framed. Only called if some of it had to wait. */
  drained?(): void;
}

/** The operations of a stream that its connection performs. */
export interface StreamActions {
  sendHead(stream: Stream, fields: readonly string[], end: boolean): void;
  sendData(stream: Stream, bytes: Uint8Array | undefined): void;
  sendEnd(stream: Stream, bytes: Uint8Array | undefined, trailers: readonly string[] | undefined): void;
  reset(stream: Stream, code: number): void;
  consume(stream: Stream, bytes: number): void;
}

/** One stream of a connection, on either side. */
export class Stream {
  readonly id: number;
  readonly #actions: StreamActions;
  /** Set before anything arrives. */
  receiver: StreamReceiver | undefined;
  /** Whether the peer has ended its side, whether we have ended ours, and whether the stream is closed. */
  remoteEnded = false;
  localEnded = false;
  isClosed = false;
  /** How many bytes we may still send. */
  sendWindow: number;
  /** How many bytes the peer may still send. */
  receiveWindow: number;
  /** The content-length in the head, minus the bytes that have arrived; undefined if the head has none. */
  expectedBytes: number | undefined;
  /** Whether the peer has sent its request, or the final head of its response. */
  hasHead = false;
  /** Whether this is a HEAD request, whose response has no body, whatever its content-length. */
  isHead = false;
  /** How many bytes the receiver has received and not consumed. */
  unconsumed = 0;
  /** How many bytes were consumed that no WINDOW_UPDATE has returned yet. */
  unreturned = 0;
  /** Data that waits for a window or for the socket. The first `sentOfFirst` bytes of its first element have been sent. */
  readonly waiting: Uint8Array[] = [];
  sentOfFirst = 0;
  /** Whether our side ends after the waiting data, with `trailers` if there are any. */
  isEnding = false;
  trailers: readonly string[] | undefined;
  /** The code with which the stream was reset; undefined if it was not. */
  resetCode: number | undefined;

  constructor(actions: StreamActions, id: number, sendWindow: number, receiveWindow: number) {
    this.#actions = actions;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /**
   * Sends the head of a response. `end` means that there is no body. Does nothing if our side has ended. Errors: TypeError for a
   * field that HTTP forbids.
   */
  respond(fields: readonly string[], end = false): void {
    this.#actions.sendHead(this, fields, end);
  }

  /** Sends `bytes`, which must not change until they are sent. */
  write(bytes: Uint8Array): void {
    this.#actions.sendData(this, bytes);
  }

  /** Sends `bytes` and trailers, if given, and ends our side. Errors: TypeError for a field that HTTP forbids. */
  end(bytes?: Uint8Array, trailers?: readonly string[]): void {
    this.#actions.sendEnd(this, bytes, trailers);
  }

  /** Closes the stream at once, in both directions. `closed` of the receiver is called. */
  reset(code: number = ErrorCode.CANCEL): void {
    this.#actions.reset(this, code);
  }

  /** Allows the peer to send `bytes` more. */
  consume(bytes: number): void {
    this.#actions.consume(this, bytes);
  }

  /** How many bytes were written that have not been framed yet. */
  get waitingBytes(): number {
    let bytes = -this.sentOfFirst;
    for (const piece of this.waiting) bytes += piece.length;
    return bytes;
  }
}
