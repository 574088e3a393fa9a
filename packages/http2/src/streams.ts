/** The streams of one connection, from begun to closed. Only clients begin streams, because push is never allowed. */
import type { Allowance } from "./allowance.ts";
import { ClosedStreams } from "./closed-streams.ts";
import { ConnectionError, ErrorCode, protocolError } from "./errors.ts";
import { requireSendable } from "./fields.ts";
import { FrameType } from "./frame.ts";
import type { ReceiveWindows } from "./receive-windows.ts";
import type { Sender } from "./sender.ts";
import { Stream, type StreamActions } from "./stream.ts";

/** What streams tell their connection. */
export interface StreamsEvents {
  /** The peer has made us refuse a stream that no receiver knows. */
  refused(code: number): void;
  /** One stream less is open. */
  closed(): void;
}

/** Streams that are open or half closed, and what is known about the others. */
export class Streams implements StreamActions {
  readonly #open = new Map<number, Stream>();
  readonly #closed = new ClosedStreams();
  readonly #sender: Sender;
  readonly #windows: ReceiveWindows;
  readonly #allowance: Allowance;
  readonly #events: StreamsEvents;
  /** The highest stream that the client has begun. */
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

  /** Opens a stream; the caller has checked that there may be one more. */
  begin(id: number): Stream {
    this.highest = id;
    const stream = new Stream(this, id, this.#sender.peer.initialWindowBytes, this.#windows.initialBytes);
    this.#open.set(id, stream);
    return stream;
  }

  /** Refuses a stream that nobody has seen, because of what the peer has sent. */
  refuse(id: number, code: number): void {
    this.#allowance.spend();
    this.#closed.add(id, true);
    this.#sender.numberFrame(FrameType.RST_STREAM, id, code);
    this.#events.refused(code);
  }

  /** Errors: ConnectionError PROTOCOL_ERROR if no frame may come for a stream because it has not begun (section 5.1, "idle"). */
  requireBegun(id: number): void {
    if (id % 2 === 0 || id > this.highest) throw protocolError("a frame on an idle stream");
  }

  /**
   * Counts HEADERS or DATA on a stream that is not open. Returns whether we have reset it, so that the peer may not know yet;
   * undefined if it is not remembered. Errors: ConnectionError STREAM_CLOSED if the peer knows (section 5.1, "closed").
   */
  late(id: number): true | undefined {
    this.#allowance.spend();
    const resetByUs = this.#closed.wasResetByUs(id);
    if (resetByUs === false) throw new ConnectionError(ErrorCode.STREAM_CLOSED, "a frame on a closed stream");
    return resetByUs;
  }

  /** Resets a stream because the peer broke a rule on it (section 5.4.2). */
  resetByRule(stream: Stream, code: number): void {
    this.#allowance.spend();
    this.reset(stream, code);
  }

  /** The peer has ended its side, with `trailers` if any. */
  remoteEnds(stream: Stream, trailers: readonly string[] | undefined): void {
    if (stream.expectedBytes !== undefined && stream.expectedBytes > 0) {
      this.resetByRule(stream, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    stream.remoteEnded = true;
    stream.receiver?.end(trailers);
    if (stream.localEnded && !stream.isClosed) this.#complete(stream);
  }

  /** Our side has ended. */
  localEnds(stream: Stream): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.#complete(stream);
  }

  /** The peer has reset a stream, or will not serve it. */
  resetByPeer(stream: Stream, code: number): void {
    this.#close(stream, code, true);
  }

  /** The connection has ended. */
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
    // Now, because they may have to wait.
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
    this.#closed.add(stream.id, code !== undefined && !byPeer);
    this.#windows.give(stream.unconsumed);
    stream.unconsumed = 0;
    const { receiver } = stream;
    stream.receiver = undefined;
    receiver?.closed(code, byPeer);
    this.#events.closed();
  }
}
