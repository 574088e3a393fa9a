/** What the peer may send: our windows for the connection and its streams (RFC 9113, section 5.2). */
import { ConnectionError, ErrorCode } from "./errors.ts";
import { DEFAULT_WINDOW_BYTES, FrameType, Setting } from "./frame.ts";
import type { Limits } from "./limits.ts";
import type { Sender } from "./sender.ts";
import type { Stream } from "./stream.ts";

/** The windows of the receiving half of a connection. */
export class ReceiveWindows {
  readonly #sender: Sender;
  /** How large the windows are when nothing waits. The connection's cannot be smaller than the default. */
  #connectionBytes: number;
  #streamBytes: number;
  /** What the peer may still send, and what was consumed since the last WINDOW_UPDATE. */
  #left: number;
  #unreturned = 0;
  /** How much more a stream may receive until the peer has acknowledged our settings, if they reduce the default. */
  #grace: number;

  constructor(sender: Sender, limits: Limits) {
    this.#sender = sender;
    this.#connectionBytes = Math.max(limits.connectionWindowBytes, DEFAULT_WINDOW_BYTES);
    this.#left = this.#connectionBytes;
    this.#streamBytes = limits.streamWindowBytes;
    this.#grace = Math.max(0, DEFAULT_WINDOW_BYTES - limits.streamWindowBytes);
  }

  /** The window of a stream that begins now. */
  get initialBytes(): number {
    return this.#streamBytes + this.#grace;
  }

  /** Announces a window larger than the default. */
  start(): void {
    const more = this.#connectionBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) this.#sender.numberFrame(FrameType.WINDOW_UPDATE, 0, more);
  }

  /** The peer has acknowledged our settings. */
  settingsAcknowledged(streams: Iterable<Stream>): void {
    for (const stream of streams) stream.receiveWindow -= this.#grace;
    this.#grace = 0;
  }

  /** Lets the peer send more ahead, on the connection and on every stream. */
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

  /** A DATA frame of `bytes` has begun. Errors: ConnectionError FLOW_CONTROL_ERROR. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than allowed");
  }

  /** `bytes` need no memory any more: the peer may send as many again, on the connection. */
  give(bytes: number): void {
    this.#unreturned += bytes;
    if (this.#unreturned === 0 || this.#unreturned * 2 < this.#connectionBytes) return;
    this.#left += this.#unreturned;
    this.#sender.numberFrame(FrameType.WINDOW_UPDATE, 0, this.#unreturned);
    this.#unreturned = 0;
  }

  /** The same, on a stream. */
  giveStream(stream: Stream, bytes: number): void {
    stream.unreturned += bytes;
    if (stream.remoteEnded || stream.isClosed) return;
    if (stream.unreturned === 0 || stream.unreturned * 2 < this.#streamBytes) return;
    stream.receiveWindow += stream.unreturned;
    this.#sender.numberFrame(FrameType.WINDOW_UPDATE, stream.id, stream.unreturned);
    stream.unreturned = 0;
  }
}
