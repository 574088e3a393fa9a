/** Our flow-control windows for the connection and its streams, which limit what the peer may send (RFC 9113, section 5.2). */
import { ConnectionError, ErrorCode } from "./errors.ts";
import { DEFAULT_WINDOW_BYTES, FrameType, Setting } from "./frame.ts";
import type { Limits } from "./limits.ts";
import type { Sender } from "./sender.ts";
import type { Stream } from "./stream.ts";

/** The flow-control windows of the receiving side. */
export class ReceiveWindows {
  readonly #sender: Sender;
  /**
   * The size of the windows in bytes when all received data has been consumed. That of the connection cannot be below the
   * default.
   */
  #connectionBytes: number;
  #streamBytes: number;
  /** How many bytes the peer may still send, and how many were consumed since the last WINDOW_UPDATE. */
  #left: number;
  #unreturned = 0;
  /**
   * How many bytes more a stream may receive until the peer has acknowledged our settings, if these reduce the default window.
   */
  #grace: number;

  constructor(sender: Sender, limits: Limits) {
    this.#sender = sender;
    this.#connectionBytes = Math.max(limits.connectionWindowBytes, DEFAULT_WINDOW_BYTES);
    this.#left = this.#connectionBytes;
    this.#streamBytes = limits.streamWindowBytes;
    this.#grace = Math.max(0, DEFAULT_WINDOW_BYTES - limits.streamWindowBytes);
  }

  /** The window in bytes of a stream that begins now. */
  get initialBytes(): number {
    return this.#streamBytes + this.#grace;
  }

  /** Announces the connection's window if it is larger than the default. */
  start(): void {
    const more = this.#connectionBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) this.#sender.numberFrame(FrameType.WINDOW_UPDATE, 0, more);
  }

  /** Ends the grace of all open streams, because the peer has acknowledged our settings. */
  settingsAcknowledged(streams: Iterable<Stream>): void {
    for (const stream of streams) stream.receiveWindow -= this.#grace;
    this.#grace = 0;
  }

  /** Enlarges the windows of the connection and of every stream. */
  widen(connectionBytes: number, streamBytes: number, streams: Iterable<Stream>): void {
    const more = connectionBytes - this.#connectionBytes;
    if (more > 0) {
      this.#connectionBytes = connectionBytes;
      this.#left += more;
      this.#sender.numberFrame(FrameType.WINDOW_UPDATE, 0, more);
    }
    const perStream = streamBytes - this.#streamBytes;
    if (perStream <= 0) return;
    this.#streamBytes = streamBytes;
    for (const stream of streams) stream.receiveWindow += perStream;
    this.#sender.settings([[Setting.INITIAL_WINDOW_SIZE, streamBytes]]);
  }

  /** Counts a DATA frame of `bytes` that has begun. Errors: ConnectionError FLOW_CONTROL_ERROR. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than allowed");
  }

  /** Returns `bytes`, which need no more memory, to the connection's window. */
  give(bytes: number): void {
    this.#unreturned += bytes;
    if (this.#unreturned === 0 || this.#unreturned * 2 < this.#connectionBytes) return;
    this.#left += this.#unreturned;
    this.#sender.numberFrame(FrameType.WINDOW_UPDATE, 0, this.#unreturned);
    this.#unreturned = 0;
  }

  /** Returns `bytes` to the window of a stream. */
  giveStream(stream: Stream, bytes: number): void {
    stream.unreturned += bytes;
    if (stream.remoteEnded || stream.isClosed) return;
    if (stream.unreturned === 0 || stream.unreturned * 2 < this.#streamBytes) return;
    stream.receiveWindow += stream.unreturned;
    this.#sender.numberFrame(FrameType.WINDOW_UPDATE, stream.id, stream.unreturned);
    stream.unreturned = 0;
  }
}
