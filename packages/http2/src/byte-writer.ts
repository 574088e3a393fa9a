/** Bytes on their way to the socket: small ones collected in shared buffers, large ones left where they are. */

/** Small writes share buffers of this size. */
const BUFFER_BYTES = 16 * 1024;
/** Copying costs less than one more buffer for the socket up to here. */
const MAX_COPIED_BYTES = 4 * 1024;
/** A loop is faster than a view of the source up to here. */
const MAX_LOOPED_BYTES = 64;
const NOTHING: Uint8Array[] = [];
Object.freeze(NOTHING);

/** The buffer that all writers append to in turn, so that an idle connection holds none, and up to where it is used. */
let buffer = new Uint8Array(BUFFER_BYTES);
let at = 0;
/** The writer whose bytes are the last in the buffer and not among its chunks yet. */
let current: ByteWriter | undefined;

/** A queue of bytes that is written by appending and emptied as a whole. */
export class ByteWriter {
  #chunks: Uint8Array[] = [];
  /** The bytes of `#chunks`, and where those begin that follow them in the buffer. */
  #queued = 0;
  #start = 0;

  /** Bytes that wait to be taken. */
  get length(): number {
    return current === this ? this.#queued + at - this.#start : this.#queued;
  }

  /** All bytes since the last call, in order; they do not change any more. */
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

  /** The head of a frame (RFC 9113, section 4.1). */
  frameHead(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(9);
    buffer[at++] = length >>> 16;
    buffer[at++] = length >>> 8;
    buffer[at++] = length;
    buffer[at++] = type;
    buffer[at++] = flags;
    this.uint32(streamId);
  }

  /** Bytes of `source` from `start` to `end`, which may change as soon as this returns. */
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

  /** Bytes that do not change until they are sent. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length <= MAX_COPIED_BYTES) {
      this.copy(bytes);
      return;
    }
    if (current === this) this.#endChunk();
    this.#chunks.push(bytes);
    this.#queued += bytes.length;
  }

  /** Makes this the current writer, with so many bytes left in the buffer. */
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
