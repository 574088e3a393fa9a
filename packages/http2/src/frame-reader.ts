/**
 * Splits a stream of bytes into frames (RFC 9113, section 4.1). The data of DATA frames is passed on as it arrives. All
 * other frames are passed on when they are complete.
 */
import { frameSizeError, protocolError } from "./errors.ts";
import { DEFAULT_FRAME_BYTES, Flag, FRAME_HEAD_BYTES, FrameType, MAX_STREAM_ID, uint32 } from "./frame.ts";

/** Receives the frames from a FrameReader. */
export interface FrameSink {
  /**
   * Receives a frame other than DATA. The payload is in `bytes` from `start` to `end`. It is only valid during the
   * call.
   */
  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void;
  /** Called when a DATA frame begins. `length` includes the padding, and `dataLength` does not. */
  dataBegins(streamId: number, flags: number, length: number, dataLength: number): void;
  /** Receives at least one byte of the current DATA frame's data. `piece` is a view of the bytes that were read. */
  data(piece: Uint8Array): void;
  /** Called when the current DATA frame is complete. */
  dataEnds(): void;
}

const NOTHING = new Uint8Array(0);

/** Reads the frames of one connection. */
export class FrameReader {
  readonly #sink: FrameSink;
  /** The first bytes of an incomplete frame. For a DATA frame, these are only bytes of the frame header. */
  #held: Uint8Array = NOTHING;
  #heldBytes = 0;
  /** How many bytes of data are still missing from the current DATA frame. */
  #dataLeft = 0;
  #paddingLeft = 0;
  #inData = false;
  #stopped = false;
  #paused = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** How many bytes are held back because their frame is incomplete. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Stops reading. The rest of the bytes that `read` is processing is ignored. */
  stop(): void {
    this.#stopped = true;
  }

  /** Makes the current call of `read` return before the next HEADERS frame. */
  pause(): void {
    this.#paused = true;
  }

  /**
   * Reads `bytes`. Returns how many of them were read. That is less than all of them only if reading was paused. Throws
   * ConnectionError FRAME_SIZE_ERROR or PROTOCOL_ERROR, and what the sink throws.
   */
  read(bytes: Uint8Array): number {
    this.#paused = false;
    let at = this.#heldBytes > 0 ? this.#completeHeld(bytes) : 0;
    while (at < bytes.length && !this.#stopped) {
      if (this.#inData) {
        at = this.#readData(bytes, at);
        continue;
      }
      const needed = neededBytes(bytes, at, bytes.length - at);
      if (needed > bytes.length - at) {
        this.#hold(bytes, at, bytes.length, needed);
        return bytes.length;
      }
      if (this.#paused && bytes[at + 3] === FrameType.HEADERS) return at;
      this.#dispatch(bytes, at, at + needed);
      at += needed;
    }
    return this.#stopped ? bytes.length : at;
  }

  /** Appends bytes to the incomplete frame until it is complete. Returns how many bytes were appended. */
  #completeHeld(bytes: Uint8Array): number {
    let at = 0;
    for (;;) {
      const needed = neededBytes(this.#held, 0, this.#heldBytes);
      if (needed === this.#heldBytes) break;
      if (at === bytes.length) return at;
      const end = Math.min(bytes.length, at + needed - this.#heldBytes);
      this.#hold(bytes, at, end, needed);
      at = end;
    }
    const frame = this.#held;
    this.#held = NOTHING;
    this.#heldBytes = 0;
    this.#dispatch(frame, 0, frame.length);
    return at;
  }

  #hold(bytes: Uint8Array, start: number, end: number, needed: number): void {
    if (this.#held.length < needed) {
      const larger = new Uint8Array(needed);
      larger.set(this.#held);
      this.#held = larger;
    }
    this.#held.set(bytes.subarray(start, end), this.#heldBytes);
    this.#heldBytes += end - start;
  }

  /** Passes on the frame that is in `bytes` from `at` to `end`. For a DATA frame, these bytes are only its header. */
  #dispatch(bytes: Uint8Array, at: number, end: number): void {
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const streamId = uint32(bytes, at + 5) & MAX_STREAM_ID;
    if (type !== FrameType.DATA) {
      this.#sink.frame(type, flags, streamId, bytes, at + FRAME_HEAD_BYTES, end);
      return;
    }
    const length = payloadBytes(bytes, at);
    const padded = (flags & Flag.PADDED) !== 0;
    this.#paddingLeft = padded ? bytes[at + FRAME_HEAD_BYTES]! : 0;
    this.#dataLeft = length - this.#paddingLeft - (padded ? 1 : 0);
    if (this.#dataLeft < 0) throw protocolError("more padding than payload");
    this.#inData = true;
    this.#sink.dataBegins(streamId, flags, length, this.#dataLeft);
    if (this.#dataLeft + this.#paddingLeft === 0) this.#endData();
  }

  #readData(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#dataLeft > 0) {
      const end = Math.min(bytes.length, at + this.#dataLeft);
      this.#dataLeft -= end - at;
      // Does not call `subarray`, which takes several times as long if `bytes` is a Buffer.
      this.#sink.data(new Uint8Array(bytes.buffer, bytes.byteOffset + at, end - at));
      at = end;
    }
    const padding = this.#dataLeft > 0 ? 0 : Math.min(this.#paddingLeft, bytes.length - at);
    this.#paddingLeft -= padding;
    if (this.#dataLeft + this.#paddingLeft === 0) this.#endData();
    return at + padding;
  }

  #endData(): void {
    this.#inData = false;
    this.#sink.dataEnds();
  }
}

/**
 * Returns how many bytes of the frame at `at` are needed before it can be passed on. `available` is how many have
 * arrived.
 */
function neededBytes(bytes: Uint8Array, at: number, available: number): number {
  if (available < FRAME_HEAD_BYTES) return FRAME_HEAD_BYTES;
  const length = payloadBytes(bytes, at);
  if (length > DEFAULT_FRAME_BYTES) throw frameSizeError("a frame is too large");
  if (bytes[at + 3] !== FrameType.DATA) return FRAME_HEAD_BYTES + length;
  if ((bytes[at + 4]! & Flag.PADDED) === 0) return FRAME_HEAD_BYTES;
  if (length === 0) throw frameSizeError("padding without its length");
  return FRAME_HEAD_BYTES + 1;
}

function payloadBytes(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}
