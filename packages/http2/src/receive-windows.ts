/** Our flow-control windows for the connection and its streams, which limit what the peer may send (RFC 9113, section 5.2). */
import { ConnectionError, ErrorCode } from "./errors.ts";
import { DEFAULT_WINDOW_BYTES, FrameType, Setting } from "./frame.ts";
import type { Limits } from "./limits.ts";
import type { Sender } from "./sender.ts";
import type { Stream } from "./stream.ts";

export class ReceiveWindows {
  readonly #sender: Sender;
  /**
   * The full size in bytes of the connection's window, when all received data has been consumed. It is at least the
   * default size.
   */
  #connectionBytes: number;
  /** The full size in bytes of a stream's window, when all received data has been consumed. */
  #streamBytes: number;
  /** How many bytes the peer may still send on the connection. */
  #left: number;
  /** How many bytes were consumed since the connection's last WINDOW_UPDATE. */
  #unreturned = 0;
  /**
   * How many bytes the peer may send beyond our window of a stream until it acknowledges our settings. Until then, it
   * may assume the default window. 0 if our window is not smaller than that.
   */
  #grace: number;

  constructor(sender: Sender, limits: Limits) {
    this.#sender = sender;
    this.#connectionBytes = Math.max(limits.connectionWindowBytes, DEFAULT_WINDOW_BYTES);
    this.#left = this.#connectionBytes;
    this.#streamBytes = limits.streamWindowBytes;
    this.#grace = Math.max(0, DEFAULT_WINDOW_BYTES - limits.streamWindowBytes);
  }

  /** The window, in bytes, of a stream that begins now. */
  get initialBytes(): number {
    return this.#streamBytes + this.#grace;
  }

  /** Announces the connection's window to the peer if it is larger than the default. */
  start(): void {
    const more = this.#connectionBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) this.#sender.numberFrame(FrameType.WINDOW_UPDATE, 0, more);
  }

  /** Removes the extra bytes from the windows of all open streams, because the peer has acknowledged our settings. */
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

  /** Counts a DATA frame of `bytes` bytes. Throws ConnectionError FLOW_CONTROL_ERROR if the window is too small. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than allowed");
  }

  /** Adds `bytes`, which were consumed or discarded, back to the connection's window. */
  give(bytes: number): void {
    this.#unreturned += bytes;
    if (this.#unreturned === 0 || this.#unreturned * 2 < this.#connectionBytes) return;
    this.#left += this.#unreturned;
    this.#sender.numberFrame(FrameType.WINDOW_UPDATE, 0, this.#unreturned);
    this.#unreturned = 0;
  }

  /** Adds `bytes`, which were consumed, back to a stream's window. */
  giveStream(stream: Stream, bytes: number): void {
    stream.unreturned += bytes;
    if (stream.remoteEnded || stream.isClosed) return;
    if (stream.unreturned === 0 || stream.unreturned * 2 < this.#streamBytes) return;
    stream.receiveWindow += stream.unreturned;
    this.#sender.numberFrame(FrameType.WINDOW_UPDATE, stream.id, stream.unreturned);
    stream.unreturned = 0;
  }
}
