/**
 * Joins HEADERS and CONTINUATION frames into header blocks (RFC 9113, sections 4.3, 6.2 and 6.10). The size of a block
 * and the number of its frames are limited.
 */
import { excessError, frameSizeError, protocolError } from "./errors.ts";
import { Flag, FrameType, MAX_STREAM_ID, uint32 } from "./frame.ts";
import type { Limits } from "./limits.ts";

const PRIORITY_BYTES = 5;
const NOTHING = new Uint8Array(0);

/** Holds the header block that is being read, or the last complete one until it is released. */
export class HeaderBlocks {
  readonly #limits: Limits;
  /** Copies of the payloads of the block's earlier frames. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  /** Whether a block is incomplete. If so, only a CONTINUATION frame of the same stream may follow. */
  isOpen = false;
  /** The stream of the block. */
  streamId = 0;
  endsStream = false;
  /** Whether the priority of the stream depends on the stream itself, which is an error. */
  dependsOnItself = false;
  /** After `add` has returned true and until `release`, the block is in `bytes` from `start` to `end`. */
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Adds a HEADERS or CONTINUATION frame whose payload is in `bytes` from `start` to `end`. Returns whether the block
   * is complete. Throws ConnectionError PROTOCOL_ERROR or FRAME_SIZE_ERROR for an invalid frame, and ENHANCE_YOUR_CALM
   * if the block exceeds a limit.
   */
  add(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    if (type === FrameType.HEADERS) this.#begin(flags, streamId);
    else if (!this.isOpen || streamId !== this.streamId) throw protocolError("CONTINUATION without HEADERS");
    const total = this.#pieceBytes + this.end - this.start;
    if (total > this.#limits.maxHeaderBlockBytes || this.#pieces.length > this.#limits.maxContinuations) {
      throw excessError("a header block is too large");
    }
    this.isOpen = (flags & Flag.END_HEADERS) === 0;
    if (this.isOpen || this.#pieces.length > 0) this.#assemble(total);
    return !this.isOpen;
  }

  /** Releases the bytes of the block. They are a view of the read buffer, which would otherwise stay in memory. */
  release(): void {
    this.bytes = NOTHING;
  }

  #begin(flags: number, streamId: number): void {
    if (streamId === 0) throw protocolError("HEADERS without a stream");
    this.streamId = streamId;
    this.endsStream = (flags & Flag.END_STREAM) !== 0;
    this.dependsOnItself = false;
    const payloadEnd = this.end;
    if ((flags & Flag.PADDED) !== 0) {
      if (this.start === payloadEnd) throw frameSizeError("padding without its length");
      this.end -= this.bytes[this.start++]!;
    }
    if ((flags & Flag.PRIORITY) !== 0) {
      if (payloadEnd < this.start + PRIORITY_BYTES) throw frameSizeError("HEADERS of a wrong size");
      this.dependsOnItself = (uint32(this.bytes, this.start) & MAX_STREAM_ID) === streamId;
      this.start += PRIORITY_BYTES;
    }
    if (this.start > this.end) throw protocolError("more padding than payload");
  }

  /**
   * Keeps a copy of the current frame, because its payload is only valid during the call. When the block is complete,
   * joins all frames.
   */
  #assemble(total: number): void {
    const piece = this.bytes.slice(this.start, this.end);
    this.#pieces.push(piece);
    this.#pieceBytes = total;
    if (this.isOpen) return;
    this.bytes = new Uint8Array(total);
    this.start = 0;
    this.end = total;
    let at = 0;
    for (const each of this.#pieces) {
      this.bytes.set(each, at);
      at += each.length;
    }
    this.#pieces = [];
    this.#pieceBytes = 0;
  }
}
