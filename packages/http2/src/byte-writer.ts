/**
 * Collects the bytes to be written to the socket: small writes are copied to shared buffers, large ones are passed on without a
 * copy.
 */

/** Size in bytes of the buffers that small writes share. */
const BUFFER_BYTES = 16 * 1024;
/** Up to this many bytes, copying costs less than passing one more buffer to the socket. */
const MAX_COPIED_BYTES = 4 * 1024;
/** Up to this many bytes, a loop is faster than creating a view of the source. */
const MAX_LOOPED_BYTES = 64;
const NOTHING: Uint8Array[] = [];
Object.freeze(NOTHING);

/** The buffer to which all writers append in turn, so that an idle connection needs none, and how much of it is used. */
let buffer = new Uint8Array(BUFFER_BYTES);
let at = 0;
/** The writer that appended last, with bytes in the buffer that are not in its chunks yet. */
let current: ByteWriter | undefined;

/** A queue of bytes that is written by appending and emptied as a whole. */
export class ByteWriter {
  #chunks: Uint8Array[] = [];
  /** How many bytes `#chunks` has, and where the bytes begin that follow them in the buffer. */
  #queued = 0;
  #start = 0;

  /** How many bytes are waiting to be taken. */
  get length(): number {
    return current === this ? this.#queued + at - this.#start : this.#queued;
  }

  /** Returns all bytes that were added since the last call, in order. They will not change any more. */
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

  /** Copies the bytes of `source` from `start` to `end`. They may change after this call. */
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

  /** Appends bytes that must not change until they are sent. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length <= MAX_COPIED_BYTES) {
      this.copy(bytes);
      return;
    }
    if (current === this) this.#endChunk();
    this.#chunks.push(bytes);
    this.#queued += bytes.length;
  }

  /** Makes this the current writer and provides space for `bytes` bytes in the buffer. */
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
