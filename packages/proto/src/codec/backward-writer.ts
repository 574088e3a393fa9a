/**
 * Writes protobuf's wire format from the last byte to the first. In the format, the length of a part precedes its
 * content. Because the content is written first here, its length is known in time. So one pass suffices, and no message
 * object is needed.
 */
import { WireType } from "@bufbuild/protobuf/wire";
import type { Allocate } from "./bytes-message.ts";

const FIRST_BYTES = 4096;
/**
 * Values longer than this are not copied to the buffer. They are copied only once, to the memory for the finished
 * message.
 */
const MAX_BUFFERED_BYTES = 4096;

/**
 * Writes one message at a time. Its fields must be written in descending order, and the header of each field after its content.
 */
export class BackwardWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  /** The offset in the buffer at which the written bytes begin. */
  #start = FIRST_BYTES;
  /** The long values, and how many bytes in the buffer follow each of them in the message. */
  readonly #long: { readonly value: Uint8Array; readonly followedBy: number }[] = [];
  #longBytes = 0;

  /**
   * How many bytes have been written. Read it before you write a part, and pass it to {@link BackwardWriter.close} after the
   * part.
   */
  get length(): number {
    return this.#buffered + this.#longBytes;
  }

  get #buffered(): number {
    return this.#bytes.length - this.#start;
  }

  /** Writes a bytes field. Throws TypeError if `value` is not a Uint8Array. */
  bytes(number: number, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw new TypeError("the value of a bytes field is not a Uint8Array");
    const before = this.length;
    if (value.length > MAX_BUFFERED_BYTES) {
      this.#long.push({ value, followedBy: this.#buffered });
      this.#longBytes += value.length;
    } else {
      this.#reserve(value.length);
      this.#start -= value.length;
      this.#bytes.set(value, this.#start);
    }
    this.close(number, before);
  }

  /** Writes an integer field: a number from 0 to 2^53 - 1, or 0 or 1 for a boolean. */
  integer(number: number, value: number): void {
    this.#varint(value);
    this.#varint(number * 8 + WireType.Varint);
  }

  /** Writes the header of a message or bytes field that contains everything written since `length` was `before`. */
  close(number: number, before: number): void {
    this.#varint(this.length - before);
    this.#varint(number * 8 + WireType.LengthDelimited);
  }

  /**
   * Copies the written bytes to the end of the memory from `allocate`, which by default has exactly the right size, and empties
   * the writer.
   */
  take(allocate: Allocate = (size) => new Uint8Array(size)): Uint8Array {
    const wire = allocate(this.length);
    let to = wire.length;
    let from = this.#bytes.length;
    const prepend = (bytes: Uint8Array): void => {
      to -= bytes.length;
      wire.set(bytes, to);
    };
    for (const { value, followedBy } of this.#long) {
      const start = this.#bytes.length - followedBy;
      prepend(this.#bytes.subarray(start, from));
      prepend(value);
      from = start;
    }
    prepend(this.#bytes.subarray(this.#start, from));
    this.clear();
    return wire;
  }

  /** Discards the written bytes, and frees the memory of a long message. */
  clear(): void {
    if (this.#bytes.length > 16 * FIRST_BYTES) this.#bytes = new Uint8Array(FIRST_BYTES);
    this.#start = this.#bytes.length;
    this.#long.length = 0;
    this.#longBytes = 0;
  }

  #varint(value: number): void {
    let size = 1;
    for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
    this.#reserve(size);
    this.#start -= size;
    const last = this.#start + size - 1;
    let rest = value;
    for (let at = this.#start; at < last; at++, rest = Math.floor(rest / 128)) this.#bytes[at] = (rest % 128) | 0x80;
    this.#bytes[last] = rest;
  }

  #reserve(length: number): void {
    if (length <= this.#start) return;
    const written = this.#bytes.subarray(this.#start);
    this.#bytes = new Uint8Array(2 * (written.length + length));
    this.#start = this.#bytes.length - written.length;
    this.#bytes.set(written, this.#start);
  }
}
