/**
 * Collects the bytes to be written to the socket. Small pieces are copied to a shared buffer, and large pieces are not
 * copied.
 */

/** The size in bytes of the buffer that small pieces share. */
const BUFFER_BYTES = 16 * 1024;
/** Pieces up to this many bytes are copied, because that takes less time than passing one more buffer to the socket. */
const MAX_COPIED_BYTES = 4 * 1024;
/** Up to this many bytes are copied in a loop, because that is faster than creating a view of the source. */
const MAX_LOOPED_BYTES = 64;
const NOTHING: Uint8Array[] = [];
Object.freeze(NOTHING);

/** The buffer that all writers share, so that an idle connection needs no buffer of its own. */
let buffer = new Uint8Array(BUFFER_BYTES);
/** How many bytes of `buffer` are used. */
let at = 0;
/** The writer that wrote to `buffer` last. Its last bytes may be in `buffer` and not yet in its `#chunks`. */
let current: ByteWriter | undefined;

/** A queue of bytes. Callers append to it, and `take` empties it. */
export class ByteWriter {
  #chunks: Uint8Array[] = [];
  /** How many bytes `#chunks` has in total. */
  #queued = 0;
  /** Where in `buffer` the bytes begin that follow `#chunks`. */
  #start = 0;

  /** How many bytes are waiting to be taken. */
  get length(): number {
    return current === this ? this.#queued + at - this.#start : this.#queued;
  }

  /** Returns all bytes that were added since the last call, in order. The returned bytes never change. */
  take(): Uint8Array[] {
    if (current === this) this.#endChunk();
    if (this.#queued === 0) return NOTHING;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#queued = 0;
    return chunks;
  }

  uint16(value: number): void {
    this.#reserve(2);
    buffer[at++] = value >>> 8;
    buffer[at++] = value;
  }

  uint32(value: number): void {
    this.#reserve(4);
    buffer[at++] = value >>> 24;
    buffer[at++] = value >>> 16;
    buffer[at++] = value >>> 8;
    buffer[at++] = value;
  }

  /** Writes the header of a frame (RFC 9113, section 4.1). */
  frameHead(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(9);
    buffer[at++] = length >>> 16;
    buffer[at++] = length >>> 8;
    buffer[at++] = length;
    buffer[at++] = type;
    buffer[at++] = flags;
    this.uint32(streamId);
  }

  /** Appends a copy of the bytes of `source` from `start` to `end`. */
  copy(source: Uint8Array, start = 0, end = source.length): void {
    for (let from = start; from < end; ) {
      this.#reserve(1);
      const to = Math.min(end, from + BUFFER_BYTES - at);
      if (to - from <= MAX_LOOPED_BYTES) {
        while (from < to) buffer[at++] = source[from++]!;
      } else {
        buffer.set(from === 0 && to === source.length ? source : source.subarray(from, to), at);
        at += to - from;
        from = to;
      }
    }
  }

  /**
   * Appends `bytes`. They must not change until they are sent, because more than MAX_COPIED_BYTES are queued without a
   * copy.
   */
  bytes(bytes: Uint8Array): void {
    if (bytes.length <= MAX_COPIED_BYTES) {
      this.copy(bytes);
      return;
    }
    if (current === this) this.#endChunk();
    this.#chunks.push(bytes);
    this.#queued += bytes.length;
  }

  /** Makes this writer the current one, and makes sure that `buffer` has space for `bytes` more bytes. */
  #reserve(bytes: number): void {
    if (current === this && at + bytes <= BUFFER_BYTES) return;
    if (current !== undefined) current.#endChunk();
    if (at + bytes > BUFFER_BYTES) {
      buffer = new Uint8Array(BUFFER_BYTES);
      at = 0;
    }
    current = this;
    this.#start = at;
  }

  #endChunk(): void {
    current = undefined;
    if (at === this.#start) return;
    this.#chunks.push(buffer.subarray(this.#start, at));
    this.#queued += at - this.#start;
  }
}
