/** One stream (RFC 9113, section 5): its state, its windows, and the data that is waiting to be sent. */
import { ErrorCode } from "./errors.ts";

/**
 * Receives what arrives on a stream. The methods are called in this order: head, data, end, closed. `closed` may also
 * be called earlier, as the last call. The methods may use the stream and the connection. If a method throws, the
 * connection ends.
 */
export interface StreamReceiver {
  /** Receives the head of a response. Only called on clients. */
  head?(fields: readonly string[], status: number): void;
  /**
   * Receives a piece of the body, as a view of the bytes that were read from the socket.
   * - Copy what must be kept. Even a view of one byte keeps the whole read buffer in memory, which the windows do not
   *   count.
   * - Call `Stream.consume` when the piece needs no more memory. When the stream closes, bytes that were not consumed
   *   are returned to the connection's window.
   */
  data(piece: Uint8Array): void;
  /** Called when the peer has ended its side of the stream. */
  end(trailers: readonly string[] | undefined): void;
  /**
   * Called when the stream is closed. `code` is undefined if both sides completed the stream. Otherwise it is the error
   * code of the reset, and `byPeer` says whether the peer sent the reset. When the connection ends, all its streams are
   * closed with its error code.
   */
  closed(code: number | undefined, byPeer: boolean): void;
  /** Called when all waiting data has been put into frames. It is not called if no data had to wait. */
  drained?(): void;
}

/** The operations that a stream requests from its connection. */
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
  /** Receives the stream's events. It is set before any data arrives. */
  receiver: StreamReceiver | undefined;
  /** Whether the peer has ended its side of the stream. */
  remoteEnded = false;
  /** Whether we have ended our side of the stream. */
  localEnded = false;
  isClosed = false;
  /** How many bytes of data we may still send on this stream. */
  sendWindow: number;
  /** How many bytes of data the peer may still send on this stream. */
  receiveWindow: number;
  /** The content-length minus the bytes that have arrived. Undefined if the head has no content-length. */
  expectedBytes: number | undefined;
  /** Whether the peer has sent its request, or the final head of its response. */
  hasHead = false;
  /** Whether this is a HEAD request. Its response has no body, even if it has a content-length. */
  isHead = false;
  /** How many bytes the receiver has received but not consumed. */
  unconsumed = 0;
  /** How many bytes were consumed since the stream's last WINDOW_UPDATE. */
  unreturned = 0;
  /**
   * The data that waits for a window or for the socket. The first `sentOfFirst` bytes of the first element have already
   * been sent.
   */
  readonly waiting: Uint8Array[] = [];
  sentOfFirst = 0;
  /** Whether our side ends after the waiting data. If `trailers` is set, they are sent last. */
  isEnding = false;
  trailers: readonly string[] | undefined;
  /** The error code with which the stream was reset. Undefined if it was not reset. */
  resetCode: number | undefined;

  constructor(actions: StreamActions, id: number, sendWindow: number, receiveWindow: number) {
    this.#actions = actions;
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /**
   * Sends the head of a response. `end` means that there is no body. Does nothing if our side has ended. Throws
   * TypeError for a field that HTTP forbids.
   */
  respond(fields: readonly string[], end = false): void {
    this.#actions.sendHead(this, fields, end);
  }

  /** Sends `bytes`, which must not change until they are sent. */
  write(bytes: Uint8Array): void {
    this.#actions.sendData(this, bytes);
  }

  /**
   * Sends `bytes` and `trailers`, if they are given, and ends our side. Throws TypeError for a field that HTTP forbids.
   */
  end(bytes?: Uint8Array, trailers?: readonly string[]): void {
    this.#actions.sendEnd(this, bytes, trailers);
  }

  /** Resets the stream, which closes both sides at once. Calls `closed` of the receiver. */
  reset(code: number = ErrorCode.CANCEL): void {
    this.#actions.reset(this, code);
  }

  /** Allows the peer to send `bytes` more bytes, because the receiver needs no more memory for as many. */
  consume(bytes: number): void {
    this.#actions.consume(this, bytes);
  }

  /** How many bytes were written to the stream but are not in a frame yet. */
  get waitingBytes(): number {
    let bytes = -this.sentOfFirst;
    for (const piece of this.waiting) bytes += piece.length;
    return bytes;
  }
}
