/** Passes DATA frames (RFC 9113, section 6.1) on to their streams, and checks the windows and the content-length. */
import type { Allowance } from "./allowance.ts";
import { ErrorCode, protocolError } from "./errors.ts";
import { Flag } from "./frame.ts";
import type { ReceiveWindows } from "./receive-windows.ts";
import type { Stream } from "./stream.ts";
import type { Streams } from "./streams.ts";

/** A frame with fewer bytes of data than this counts as useless, unless it ends the stream. */
const TINY_BYTES = 64;

/** Processes the DATA frames of one connection. Its fields describe the frame that is being read. */
export class DataFrames {
  readonly #streams: Streams;
  readonly #windows: ReceiveWindows;
  readonly #allowance: Allowance;
  /** The stream that receives the current frame's data. Undefined if the data is discarded. */
  #stream: Stream | undefined;
  #endsStream = false;
  #length = 0;
  #delivered = 0;

  constructor(streams: Streams, windows: ReceiveWindows, allowance: Allowance) {
    this.#streams = streams;
    this.#windows = windows;
    this.#allowance = allowance;
  }

  /** Begins a frame. `length` includes the padding, and `dataLength` does not. Throws ConnectionError. */
  begin(streamId: number, flags: number, length: number, dataLength: number): void {
    if (streamId === 0) throw protocolError("DATA without a stream");
    this.#windows.take(length);
    this.#endsStream = (flags & Flag.END_STREAM) !== 0;
    this.#length = length;
    this.#delivered = 0;
    if (dataLength < TINY_BYTES && !this.#endsStream) this.#allowance.spend();
    this.#stream = this.#receiving(streamId, length, dataLength);
  }

  piece(bytes: Uint8Array): void {
    const stream = this.#stream;
    if (stream === undefined || stream.isClosed) return;
    this.#delivered += bytes.length;
    stream.unconsumed += bytes.length;
    stream.receiver?.data(bytes);
  }

  end(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#allowance.transferred(this.#delivered);
    // Padding and discarded data need no memory, so the peer may send as many bytes again.
    const undelivered = this.#length - this.#delivered;
    if (undelivered > 0) this.#windows.give(undelivered);
    if (stream === undefined || stream.isClosed) return;
    if (this.#endsStream) this.#streams.remoteEnds(stream, undefined);
    else if (undelivered > 0) this.#windows.giveStream(stream, undelivered);
  }

  /**
   * Returns the stream that receives the frame. Returns undefined if the stream is closed, or if the frame is not
   * allowed and the stream is reset.
   */
  #receiving(streamId: number, length: number, dataLength: number): Stream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#streams.requireBegun(streamId);
      this.#streams.late(streamId, length);
      return undefined;
    }
    stream.receiveWindow -= length;
    if (stream.expectedBytes !== undefined) stream.expectedBytes -= dataLength;
    const code = breach(stream);
    if (code === undefined) return stream;
    this.#streams.resetByRule(stream, code);
    return undefined;
  }
}

/** Returns the error code if `stream` must not receive the current frame. Returns undefined if it may. */
function breach(stream: Stream): number | undefined {
  if (stream.remoteEnded) return ErrorCode.STREAM_CLOSED;
  if (!stream.hasHead) return ErrorCode.PROTOCOL_ERROR;
  if (stream.receiveWindow < 0) return ErrorCode.FLOW_CONTROL_ERROR;
  return stream.expectedBytes !== undefined && stream.expectedBytes < 0 ? ErrorCode.PROTOCOL_ERROR : undefined;
}
