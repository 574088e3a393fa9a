/**
 * Manages the streams of one connection, from their beginning until they are closed. Only clients begin streams,
 * because server push is disabled.
 */
import type { Allowance } from "./allowance.ts";
import { ClosedStreams } from "./closed-streams.ts";
import { ConnectionError, ErrorCode, protocolError } from "./errors.ts";
import { requireSendable } from "./fields.ts";
import { FrameType } from "./frame.ts";
import type { ReceiveWindows } from "./receive-windows.ts";
import type { Sender } from "./sender.ts";
import { Stream, type StreamActions } from "./stream.ts";

/** The events of the streams. */
export interface StreamsEvents {
  /** Called when the peer sent something that made us refuse a stream without a receiver. */
  refused(code: number): void;
  /** Called when a stream was closed. */
  closed(): void;
}

/** The open and half-closed streams, and a record of recently closed streams. */
export class Streams implements StreamActions {
  readonly #open = new Map<number, Stream>();
  readonly #closed = new ClosedStreams();
  readonly #sender: Sender;
  readonly #windows: ReceiveWindows;
  readonly #allowance: Allowance;
  readonly #events: StreamsEvents;
  /** The highest number of a stream that the client has begun. */
  highest = 0;

  constructor(sender: Sender, windows: ReceiveWindows, allowance: Allowance, events: StreamsEvents) {
    this.#sender = sender;
    this.#windows = windows;
    this.#allowance = allowance;
    this.#events = events;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  all(): Iterable<Stream> {
    return this.#open.values();
  }

  /** Opens a stream. The caller must have checked that the limit allows one more. */
  begin(id: number): Stream {
    this.highest = id;
    const stream = new Stream(this, id, this.#sender.peer.initialWindowBytes, this.#windows.initialBytes);
    this.#open.set(id, stream);
    return stream;
  }

  /** Sends RST_STREAM for a stream without a receiver, because the peer broke a rule or exceeded a limit. */
  refuse(id: number, code: number): void {
    this.#allowance.spend();
    this.#closed.add(id, true, this.#windows.initialBytes);
    this.#sender.numberFrame(FrameType.RST_STREAM, id, code);
    this.#events.refused(code);
  }

  /**
   * Throws ConnectionError PROTOCOL_ERROR if a stream has not begun, because no frame is allowed for it yet (section
   * 5.1, "idle").
   */
  requireBegun(id: number): void {
    if (id % 2 === 0 || id > this.highest) throw protocolError("a frame on an idle stream");
  }

  /**
   * Handles HEADERS, or `dataBytes` of DATA, that arrive after the stream has closed.
   * - Each frame costs the peer one point of its budget, except DATA that the peer may have sent before it learned that
   *   we had reset the stream.
   * - Returns true if we had reset the stream, and undefined if the stream is not remembered.
   * - Throws ConnectionError STREAM_CLOSED if the peer must know that the stream is closed (section 5.1, "closed").
   */
  late(id: number, dataBytes = 0): true | undefined {
    if (dataBytes === 0 || !this.#closed.takeWindow(id, dataBytes)) this.#allowance.spend();
    const resetByUs = this.#closed.wasResetByUs(id);
    if (resetByUs === false) throw new ConnectionError(ErrorCode.STREAM_CLOSED, "a frame on a closed stream");
    return resetByUs;
  }

  /**
   * Resets a stream because the peer broke a rule on it (section 5.4.2). This costs the peer one point of its
   * connection's budget (see `Budget` in limits.ts).
   */
  resetByRule(stream: Stream, code: number): void {
    this.#allowance.spend();
    this.reset(stream, code);
  }

  /** Records that the peer has ended its side, with `trailers` if there are any. */
  remoteEnds(stream: Stream, trailers: readonly string[] | undefined): void {
    if (stream.expectedBytes !== undefined && stream.expectedBytes > 0) {
      this.resetByRule(stream, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    stream.remoteEnded = true;
    stream.receiver?.end(trailers);
    if (stream.localEnded && !stream.isClosed) this.#complete(stream);
  }

  /** Records that our side has ended. */
  localEnds(stream: Stream): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.#complete(stream);
  }

  /** Closes a stream that the peer has reset or will not serve. */
  resetByPeer(stream: Stream, code: number): void {
    this.#close(stream, code, true);
  }

  /** Closes all streams because the connection has ended. */
  closeAll(code: number): void {
    const thrown: unknown[] = [];
    for (const stream of [...this.#open.values()]) {
      try {
        this.#close(stream, code, false);
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  }

  sendHead(stream: Stream, fields: readonly string[], end: boolean): void {
    if (stream.isClosed || stream.localEnded || stream.isEnding) return;
    this.#sender.head(stream, this.#sender.encode(fields), end);
  }

  sendData(stream: Stream, bytes: Uint8Array | undefined): void {
    if (stream.isClosed || stream.localEnded || stream.isEnding) return;
    this.#sender.send(stream, bytes);
  }

  sendEnd(stream: Stream, bytes: Uint8Array | undefined, trailers: readonly string[] | undefined): void {
    if (stream.isClosed || stream.localEnded || stream.isEnding) return;
    // Checks the trailers now, so that the caller gets the error. They may be encoded later, after the waiting data.
    if (trailers !== undefined) requireSendable(trailers);
    stream.isEnding = true;
    stream.trailers = trailers;
    this.#sender.send(stream, bytes);
  }

  reset(stream: Stream, code: number): void {
    if (stream.isClosed) return;
    this.#sender.numberFrame(FrameType.RST_STREAM, stream.id, code);
    this.#close(stream, code, false);
  }

  consume(stream: Stream, bytes: number): void {
    const consumed = Math.min(bytes, stream.unconsumed);
    stream.unconsumed -= consumed;
    this.#windows.give(consumed);
    this.#windows.giveStream(stream, consumed);
  }

  #complete(stream: Stream): void {
    this.#allowance.completedStream();
    this.#close(stream, undefined, false);
  }

  #close(stream: Stream, code: number | undefined, byPeer: boolean): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    stream.resetCode = code;
    stream.waiting.length = 0;
    this.#open.delete(stream.id);
    this.#sender.forget(stream);
    this.#closed.add(stream.id, code !== undefined && !byPeer, stream.receiveWindow);
    this.#windows.give(stream.unconsumed);
    stream.unconsumed = 0;
    const { receiver } = stream;
    stream.receiver = undefined;
    receiver?.closed(code, byPeer);
    this.#events.closed();
  }
}
